/**
 * The Server over a listener of the host.
 *
 * @module
 */
import { isInstance } from "../_base/repr.ts";
import { IoWaits, isBeingCancelled } from "../_io/io_wait.ts";
import { warn } from "../_loop/report.ts";
import type { Resource } from "../_loop/resources.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { shutdownOf } from "../_run/shutdown.ts";
import type { Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { MethodCoroutine } from "../_task/function_coroutine.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import type { Future } from "../future.ts";
import type { EventLoop } from "../loop.ts";
import type { Server } from "../server.ts";
import { sleep } from "../sleep.ts";
import type { Address } from "../stream_writer.ts";
import { handshakeOf } from "./handshake.ts";
import { HostCall } from "./host_call.ts";
import {
  type HostListener,
  type HostTransport,
  type ListenerOwner,
  showAddress,
  type TlsRequest,
} from "../_net/network.ts";
import { type ClientParts, ServerClients } from "./server_clients.ts";

/** What a server is made of. */
export interface ServerParts extends ClientParts {
  /** How the connections do TLS, if they do. */
  readonly tls: TlsRequest | undefined;
  /** How long handlers may go on after `close()`, in seconds. */
  readonly grace: number | undefined;
}

/** Accepts connections, and ends when those that it has taken have. */
export class SocketServer implements Server, ListenerOwner, Resource {
  readonly #parts: ServerParts;
  #listener: HostListener | undefined;
  #serving = false;
  #closed = false;
  // Settles when nobody can connect any more: Deno needs a turn of its own for that.
  #listenerEnd: Promise<void> = Promise.resolve();
  #isListenerOpen = false;
  readonly #clients: ServerClients;
  readonly #handshakes = new Set<HostCall<HostTransport>>();
  readonly #closes: IoWaits<void>;
  #forever: Future<never> | undefined;
  #graceTimer: Disposable | undefined;
  #leaveShutdown: (() => void) | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#closes = new IoWaits(parts.loop, "the end of a Server", true);
    this.#clients = new ServerClients(parts, () => this.#checkEnd());
  }

  /** Takes the listener, which was made for this server. */
  attach(listener: HostListener): void {
    this.#listener = listener;
    this.#isListenerOpen = true;
    const { loop } = this.#parts;
    loop._resources.add(this);
    const name = `server at ${showAddress(listener.address)}`;
    this.#leaveShutdown = shutdownOf(loop).addService(name, () => {
      this.close();
      return this.waitClosed();
    });
  }

  get sockets(): readonly Address[] {
    return this.#listener === undefined ? [] : [this.#listener.address];
  }

  get _isClosing(): boolean {
    return this.#closed;
  }

  getLoop(): EventLoop {
    return this.#parts.loop;
  }

  isServing(): boolean {
    return this.#serving;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#serving = false;
    this.#leaveShutdown?.();
    const listener = this.#listener!;
    this.#listener = undefined;
    // As in CPython, only the file of a Unix socket is worth a wait.
    this.#isListenerOpen = listener.address.path !== undefined;
    this.#listenerEnd = listener.close().then(() => {
      this.#parts.loop._resources.delete(this);
      this.#isListenerOpen = false;
      this.#checkEnd();
    });
    this.#parts.loop._resources.noteClosing(this.#listenerEnd);
    for (const handshake of [...this.#handshakes]) handshake.cancel();
    this.#forever?.cancel();
    const { grace } = this.#parts;
    if (grace !== undefined && !this.#clients.areIdle) {
      this.#graceTimer = this.later(grace, () => this.#clients.end());
    }
    this.#checkEnd();
  }

  closeClients(): void {
    this.#clients.close();
  }

  abortClients(): void {
    this.#clients.abort();
  }

  startServing(): Coroutine<void> {
    return new MethodCoroutine("startServing", () => this.#startServing());
  }

  serveForever(): Coroutine<never> {
    return new MethodCoroutine("serveForever", () => this.#serveForever());
  }

  waitClosed(): Future<void> {
    const wait = this.#closes.wait();
    if (this.#hasEnded) this.#closes.release(undefined);
    return wait;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    if (isBeingCancelled()) this.#endClientsWithoutGrace();
    try {
      await this.waitClosed();
    } catch (error) {
      if (isInstance(error, CancelledError)) this.#endClientsWithoutGrace();
      throw error;
    }
    await this.#listenerEnd;
  }

  connected(transport: HostTransport): void {
    const { tls, loop } = this.#parts;
    if (this.#takesNobody) return transport.abort();
    if (tls === undefined) return this.#serve(transport);
    const handshake = new HostCall(loop, handshakeOf(transport, tls));
    this.#handshakes.add(handshake);
    const timer = handshake.limit(tls.handshakeTimeout);
    handshake.addDoneCallback(() => {
      timer.cancel();
      this.#handshakes.delete(handshake);
      if (handshake.cancelled()) return;
      const error = handshake.exception();
      if (error === undefined) this.#serve(handshake.result());
      else this.#handshakeFailed(error);
    }, NO_CONTEXT);
  }

  acceptFailed(error: unknown): void {
    this.#parts.loop.callExceptionHandler({
      message: `${this} could not accept a connection`,
      exception: error,
    });
  }

  later(seconds: number, callback: () => void): Disposable {
    return this.#parts.loop.callLater(seconds, callback, NO_CONTEXT);
  }

  async _endWithLoop(): Promise<void> {
    this.close();
    await this.#listenerEnd;
  }

  _abandon(): void {
    this.close();
  }

  toString(): string {
    return `<Server sockets=[${this.sockets.map(showAddress).join(", ")}]>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Begins to accept. */
  start(): void {
    if (this.#serving) return;
    this.#serving = true;
    this.#listener!.start();
  }

  get #takesNobody(): boolean {
    return this.#closed || this.#parts.loop._resources.isEnding;
  }

  get #hasEnded(): boolean {
    return this.#closed && !this.#isListenerOpen && this.#clients.areOver;
  }

  *#startServing(): Coro<void> {
    this.#checkOpen("start serving");
    this.start();
    // As in CPython: whoever was waiting is accepted after this.
    yield* sleep(0);
  }

  *#serveForever(): Coro<never> {
    if (this.#forever !== undefined) {
      throw new RuntimeError(
        `Cannot serve: ${this} is already being awaited on serveForever()`,
      );
    }
    this.#checkOpen("serve");
    this.start();
    const forever = new IoWaits<never>(
      this.#parts.loop,
      "the end of serveForever()",
      true,
    ).wait();
    this.#forever = forever;
    try {
      return yield* forever;
    } catch (error) {
      if (isInstance(error, CancelledError)) {
        this.close();
        // close() ends it by a cancel too, and lets the connections go on.
        if (isBeingCancelled()) this.#endClientsWithoutGrace();
        yield* this.waitClosed();
      }
      throw error;
    } finally {
      this.#forever = undefined;
    }
  }

  #checkOpen(action: string): void {
    if (this.#closed) {
      throw new RuntimeError(`Cannot ${action}: ${this} is closed`);
    }
  }

  #serve(transport: HostTransport): void {
    if (this.#takesNobody) transport.abort();
    else this.#clients.serve(transport);
  }

  #handshakeFailed(error: unknown): void {
    // As CPython: anybody can connect and talk nonsense, so it is no news.
    if (this.#parts.loop.getDebug()) {
      warn(`${this}: a TLS handshake failed: ${error}`);
    }
  }

  // For a task that is cancelled: clients may stay for ever.
  #endClientsWithoutGrace(): void {
    if (this.#parts.grace === undefined) this.#clients.end();
  }

  #checkEnd(): void {
    if (!this.#hasEnded) return;
    if (this.#clients.areIdle) this.#graceTimer?.[Symbol.dispose]();
    this.#closes.release(undefined);
  }
}
