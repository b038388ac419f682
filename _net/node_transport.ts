/**
 * A connection of `node:net` or `node:tls`.
 *
 * It reads by itself, up to twice the reader's limit.
 *
 * @module
 */
import { linkSignal } from "../_host/abort_signal.ts";
import { TimeoutError } from "../errors.ts";
import { withSubject } from "../_host/errors.ts";
import { hostTimer } from "../_host/turn.ts";
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type { TransportOwner } from "../_io/transport.ts";
import type { ExtraInfo, TlsInfo } from "../stream_writer.ts";
import { findDeno } from "./deno_host.ts";
import { HIGH_WATER } from "../_io/limits.ts";
import { type HostTransport, showAddress } from "./network.ts";
import { heldDuplexOf } from "./node_duplex.ts";
import type { HeldSocket, NodeSocket } from "./node_host.ts";

/** The addresses of the two ends of a connection. */
export type Ends = Pick<ExtraInfo, "peername" | "sockname">;

/** What TLS has more than a plain connection. */
export interface TlsParts {
  /** What it gets its bytes from. */
  readonly inside: HeldSocket;
  /** How long a close waits for the other end to close its side too, in seconds. */
  readonly shutdownTimeout: number;
}

/** Hands the events of a socket on. */
export class NodeTransport implements HostTransport {
  readonly ofHost = true;
  readonly #socket: NodeSocket;
  readonly #tlsParts: TlsParts | undefined;
  // Kept, since a closed socket has none.
  readonly #ends: Ends;
  readonly #tls: TlsInfo | undefined;
  #buffer: ReceiveBuffer | undefined;
  #owner: TransportOwner | undefined;
  #error: unknown;
  #backlogged = false;
  #closed = false;
  #hasEnded = false;
  #callOffLinger: (() => void) | undefined;
  readonly #listeners = {
    data: (chunk: Uint8Array) => this.#buffer!.feed(plain(chunk)),
    end: () => {
      this.#hasEnded = true;
      this.#buffer!.feedEof();
    },
    drain: () => this.#drained(),
    // What became of the other end after all was sent is not what it was lost by.
    close: () => this.#lose(this.#isLingering() ? undefined : this.#error),
  };

  /**
   * Makes one of a socket that is connected.
   *
   * @param socket The socket.
   * @param ends The addresses of its two ends, if the socket can't tell them.
   * @param tls What it has beside the socket, if that is one of TLS.
   */
  constructor(socket: NodeSocket, ends?: Ends, tls?: TlsParts) {
    this.#socket = socket;
    this.#tlsParts = tls;
    this.#ends = ends ?? endsOf(socket);
    this.#tls = tlsInfo(socket);
    // Never taken off: an error that nobody listens to ends the program.
    socket.on("error", (error: unknown) => {
      this.#error ??= withSubject(error, `Lost the ${this}`);
    });
  }

  get isTls(): boolean {
    return this.#socket.encrypted === true;
  }

  start(buffer: ReceiveBuffer, owner: TransportOwner): void {
    this.#buffer = buffer;
    this.#owner = owner;
    buffer.attach(this);
    for (const [event, listener] of Object.entries(this.#listeners)) {
      this.#socket.on(event, listener);
    }
    // It may have ended, or been closed, before anybody listened.
    if (this.#socket.readableEnded) this.#listeners.end();
    if (this.#socket.destroyed) this.#lose(this.#error);
    else this.#socket.resume();
  }

  pull(): void {}

  // Deno's TLS loses the end of a connection that comes while it is paused.
  pauseReading(): void {
    const inside = this.#tlsParts?.inside;
    if (inside?.hold === undefined) this.#socket.pause();
    else inside.hold();
  }

  resumeReading(): void {
    const inside = this.#tlsParts?.inside;
    if (inside?.release === undefined) this.#socket.resume();
    else inside.release();
  }

  write(bytes: Uint8Array): boolean {
    this.#socket.write(bytes);
    if (this.#socket.writableLength > HIGH_WATER) this.#backlogged = true;
    return !this.#backlogged;
  }

  isBacklogged(): boolean {
    return this.#backlogged;
  }

  writeEof(): void {
    this.#socket.end();
  }

  close(): void {
    const socket = this.#socket;
    if (!this.isTls) return socket.destroySoon();
    this.#limitShutdown();
    if (this.#hasEnded) return socket.destroySoon();
    // TLS has more to say than what is read here, such as tickets for another session: who
    // closes before the other end has done so resets the connection, and what is still on
    // its way there is lost.
    socket.off("data", this.#listeners.data);
    socket.on("data", () => {});
    socket.on("end", () => socket.destroySoon());
    this.resumeReading();
    socket.end();
  }

  abort(): void {
    this.#socket.destroy();
    this.#lose(undefined);
  }

  extraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined {
    const info: { readonly [Name in keyof ExtraInfo]: () => unknown } = {
      peername: () => this.#ends.peername,
      sockname: () => this.#ends.sockname,
      tls: () => this.#tls,
      transport: () => this.#socket,
    };
    // Of a name such as "toString" it has more than its own.
    return Object.hasOwn(info, name) ? info[name]() as ExtraInfo[K] : undefined;
  }

  async detach(): Promise<HeldSocket> {
    const socket = this.#socket;
    socket.pause();
    if (socket.writableLength > 0) {
      await new Promise<void>((resolve, reject) => {
        socket.on("close", () => reject(this.#error));
        socket.write(new Uint8Array(0), resolve);
      });
    }
    this.#closed = true;
    for (const [event, listener] of Object.entries(this.#listeners)) {
      socket.off(event, listener);
    }
    // What came already belongs to the handshake.
    const bytes = this.#buffer?.bytes;
    if (bytes !== undefined && bytes.size > 0) {
      socket.unshift(bytes.take(bytes.size));
    }
    return findDeno() === undefined ? socket : heldDuplexOf(socket);
  }

  toString(): string {
    return `connection to ${showAddress(this.#ends.peername)}`;
  }

  // As CPython, also where the other end has closed its side, but takes in nothing.
  #limitShutdown(): void {
    const { shutdownTimeout } = this.#tlsParts!;
    const socket = this.#socket;
    this.#callOffLinger = hostTimer(shutdownTimeout, () => {
      if (!socket.writableFinished) {
        this.#error ??= new TimeoutError(
          `Lost the ${this}: the other end took in less than was written within the shutdownTimeout, ${shutdownTimeout} s`,
        );
      }
      socket.destroy();
    });
  }

  #isLingering(): boolean {
    return this.#callOffLinger !== undefined && this.#socket.writableFinished;
  }

  #drained(): void {
    if (!this.#backlogged) return;
    this.#backlogged = false;
    this.#owner!.resumeWriting();
  }

  #lose(error: unknown): void {
    this.#callOffLinger?.();
    if (this.#closed) return;
    this.#closed = true;
    this.#owner?.connectionLost(error);
  }
}

function endsOf(socket: NodeSocket): Ends {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return {
    peername: { hostname: remoteAddress ?? "", port: remotePort ?? 0 },
    sockname: { hostname: localAddress ?? "", port: localPort ?? 0 },
  };
}

// Of a Buffer, `slice()` would be no copy.
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function tlsInfo(socket: NodeSocket): TlsInfo | undefined {
  if (socket.encrypted !== true) return undefined;
  return {
    protocol: socket.getProtocol?.() ?? undefined,
    alpn: socket.alpnProtocol || undefined,
  };
}

/** Waits until a socket is what it shall be; closes it if that fails. */
export function settled(
  socket: NodeSocket,
  event: "connect" | "secure" | "secureConnect",
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let error: unknown;
    const closed = (): void =>
      onError(new Error("The connection was closed by the other end"));
    const listeners: Record<string, (argument: never) => void> = {
      [event]: () => {
        end();
        socket.off("error", onError);
        resolve();
      },
      close: closed,
      // Before the end of a handshake nothing can be read but the end, and a server's side
      // tells that only to one that reads: it would wait for whoever has gone.
      ...(event !== "connect" &&
        { readable: () => void socket.read(0), end: closed }),
    };
    const end = (): void => {
      unlink();
      for (const [name, listener] of Object.entries(listeners)) {
        socket.off(name, listener);
      }
    };
    // It stays, since an error that nobody listens to ends the program.
    const onError = (cause: unknown): void => {
      error ??= cause;
      end();
      socket.destroy();
      reject(error);
    };
    socket.on("error", onError);
    for (const [name, listener] of Object.entries(listeners)) {
      socket.on(name, listener);
    }
    let unlink = (): void => {};
    unlink = linkSignal(signal, {
      cancel: () => {
        onError(signal.reason);
        return true;
      },
    });
  });
}
