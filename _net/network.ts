/**
 * What the streams ask of a host's network: connections, and listeners that give them.
 *
 * @module
 */
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import type {
  ByteSource,
  Transport,
  TransportOwner,
} from "../_io/transport.ts";
import type { Address, TlsOptions } from "../stream_writer.ts";
import type { HeldSocket } from "./node_host.ts";

/** A connection of the host. Before {@linkcode HostTransport.start} nobody uses it. */
export interface HostTransport extends Transport, ByteSource {
  /** Begins to read into a buffer, and to tell its owner what happens. */
  start(buffer: ReceiveBuffer, owner: TransportOwner): void;
  /**
   * Hands the connection out, once all is sent, and does nothing any more.
   *
   * @returns A promise of a `stream.Duplex` of Node; it rejects if the connection is lost.
   */
  detach(): Promise<HeldSocket>;
  /** Whether it is TLS. */
  readonly isTls: boolean;
}

/** How TLS is done, on which side. */
export interface TlsRequest extends TlsOptions {
  /** Whether this is the server's side. */
  readonly isServer: boolean;
  /** In seconds. */
  readonly handshakeTimeout: number;
  /** In seconds. */
  readonly shutdownTimeout: number;
}

/** Where to connect to, and how. */
export interface ConnectRequest {
  /** Where to. */
  readonly address: Address;
  /** The address to connect from. */
  readonly localAddress: string | undefined;
  /** How long to wait for one address before the next one is tried, in ms. */
  readonly attemptDelay: number | undefined;
}

/** Where to listen, and how. */
export interface ListenRequest {
  /** Where. */
  readonly address: Address;
  /** How many connections may wait to be accepted. */
  readonly backlog: number | undefined;
  /** Whether others may listen at the same port. */
  readonly reusePort: boolean | undefined;
}

/** Whom a listener tells what happens. */
export interface ListenerOwner {
  /** There is a connection, not started. */
  connected(transport: HostTransport): void;
  /** No connection could be accepted; the listener tries again later. */
  acceptFailed(error: unknown): void;
  /** Calls a function later, on the loop's clock; the result calls it off. */
  later(seconds: number, callback: () => void): Disposable;
}

/** What accepts connections. */
export interface HostListener {
  /** Where it listens. */
  readonly address: Address;
  /** Begins to accept. */
  start(): void;
  /**
   * Stops: a client that is not accepted yet is refused.
   *
   * @returns A promise that settles when nobody can connect any more.
   */
  close(): Promise<void>;
}

/** The network of a host. */
export interface Network {
  /**
   * Connects.
   *
   * @param request Where to, and how.
   * @param signal Gives it up; what is open by then is closed.
   */
  connect(request: ConnectRequest, signal: AbortSignal): Promise<HostTransport>;
  /** Listens. Nothing is accepted before the listener is started. */
  listen(request: ListenRequest, owner: ListenerOwner): Promise<HostListener>;
}

/** Shows an address: `127.0.0.1:80`, `[::1]:80`, or a path. */
export function showAddress(address: Address): string {
  if (address.path !== undefined) return address.path;
  const { hostname, port } = address;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
