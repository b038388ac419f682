/**
 * The network of Deno.
 *
 * @module
 */
import { linkSignal } from "../_host/abort_signal.ts";
import { hostTurn } from "../_host/turn.ts";
import type { Address, InternetAddress } from "../stream_writer.ts";
import {
  closeQuietly,
  type DenoConn,
  denoHost,
  type DenoListener,
} from "./deno_host.ts";
import { addressOf, DenoTransport } from "./deno_transport.ts";
import {
  type ConnectRequest,
  type HostListener,
  type HostTransport,
  type ListenerOwner,
  type ListenRequest,
  type Network,
  showAddress,
} from "./network.ts";
import { NODE_NETWORK } from "./node_network.ts";

// As CPython: how long a listener rests after it could not accept, in seconds.
const ACCEPT_RETRY = 1;
// A client that has gone before it was accepted: Deno asks it for its address.
const GONE: ReadonlySet<unknown> = new Set([
  "ENOTCONN",
  "ECONNABORTED",
  "ECONNRESET",
]);

/**
 * Connects and listens by way of `Deno.connect()` and `Deno.listen()`; by `node:net` where
 * those can't do it.
 */
export const DENO_NETWORK: Network = {
  async connect(request, signal): Promise<HostTransport> {
    const { address, localAddress } = request;
    if (localAddress !== undefined) {
      checkNetPermission(address);
      return await NODE_NETWORK.connect(request, signal);
    }
    const conn = address.path !== undefined
      ? await denoHost().connect({ transport: "unix", path: address.path })
      : await connectTcp(address, request, signal);
    return new DenoTransport(conn);
  },

  // Async, so that what Deno throws at once comes as a rejection.
  async listen(request, owner): Promise<HostListener> {
    if (request.reusePort && endsProgramForReusePort()) {
      checkNetPermission(request.address);
      return await NODE_NETWORK.listen(request, owner);
    }
    return new Listener(openListener(request), owner);
  },
};

async function connectTcp(
  { hostname, port }: InternetAddress,
  { attemptDelay }: ConnectRequest,
  signal: AbortSignal,
): Promise<DenoConn> {
  // Aborted in the turn in which it has connected, Deno throws, and the connection stays
  // open with nobody who has it. In a turn of its own nothing is half-way.
  const late = new AbortController();
  const unlink = linkSignal(signal, {
    cancel: () => {
      hostTurn().then(() => late.abort(signal.reason));
      return true;
    },
  });
  try {
    const conn = await denoHost().connect({
      hostname,
      port,
      signal: late.signal,
      ...attemptDelay === undefined
        ? {}
        : { autoSelectFamilyAttemptDelay: attemptDelay },
    });
    sendAtOnce(conn);
    return conn;
  } finally {
    unlink();
  }
}

// As CPython: small messages are not held back.
function sendAtOnce(conn: DenoConn): void {
  try {
    conn.setNoDelay?.(true);
  } catch {
    // The other end has gone already, as the first read will tell.
  }
}

// Deno's own `reusePort` without `--unstable-net`, of which `listenDatagram` is a part.
function endsProgramForReusePort(): boolean {
  return denoHost().listenDatagram === undefined;
}

// Without the permission `node:net` ends the program.
function checkNetPermission(address: Address): void {
  const { permissions, errors } = denoHost();
  const host = showAddress(address);
  if (permissions.requestSync({ name: "net", host }).state === "granted") {
    return;
  }
  throw new errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}

function openListener(
  { address, backlog, reusePort }: ListenRequest,
): DenoListener {
  if (address.path !== undefined) {
    return denoHost().listen({ transport: "unix", path: address.path });
  }
  return denoHost().listen({
    hostname: address.hostname,
    port: address.port,
    ...backlog === undefined ? {} : { tcpBacklog: backlog },
    ...reusePort === undefined ? {} : { reusePort },
  });
}

/** Accepts one connection after the other. */
class Listener implements HostListener {
  readonly address: Address;
  readonly #listener: DenoListener;
  readonly #owner: ListenerOwner;
  #retry: Disposable | undefined;
  #closed = false;
  // Deno closes only when the accept that is under way has ended.
  #accepting: PromiseWithResolvers<void> | undefined;

  constructor(listener: DenoListener, owner: ListenerOwner) {
    this.address = addressOf(listener.addr);
    this.#listener = listener;
    this.#owner = owner;
  }

  start(): void {
    this.#acceptNext();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.[Symbol.dispose]();
    closeQuietly(this.#listener);
    await this.#accepting?.promise;
  }

  // By callbacks, so that the loop is not lent the context of an async function.
  #acceptNext(): void {
    this.#accepting ??= Promise.withResolvers();
    this.#listener.accept().then(
      (conn) => this.#accepted(conn),
      (error) => this.#failed(error),
    );
  }

  #accepted(conn: DenoConn): void {
    if (this.#closed) {
      this.#accepting!.resolve();
      return closeQuietly(conn);
    }
    this.#acceptNext();
    sendAtOnce(conn);
    this.#owner.connected(new DenoTransport(conn));
  }

  #failed(error: unknown): void {
    this.#accepting!.resolve();
    this.#accepting = undefined;
    if (this.#closed) return;
    if (GONE.has((error as { readonly code?: string }).code)) {
      return this.#acceptNext();
    }
    this.#owner.acceptFailed(error);
    this.#retry = this.#owner.later(ACCEPT_RETRY, () => this.#acceptNext());
  }
}
