/**
 * What `StreamWriter` promises: the sending half of a connection or a pipe.
 *
 * `openConnection()`, `startServer()` and `createSubprocessExec()` give one.
 *
 * ```ts
 * import { openConnection, run, startServer, type StreamWriter } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet(writer: StreamWriter) {
 *   await writer.write(new TextEncoder().encode("hello\n"));
 * }
 *
 * await run(async () => {
 *   await using server = await startServer((_, writer) => greet(writer), "127.0.0.1", 0);
 *   const { port } = server.sockets[0]!;
 *   const [reader, writer] = await openConnection("127.0.0.1", port);
 *   await using _ = writer;
 *   assertEquals(new TextDecoder().decode(await reader.readline()), "hello\n");
 * });
 * ```
 *
 * @module
 */
import type { Delay } from "./clock.ts";
import type { Coroutine } from "./_coroutine/coroutine.ts";
import type { Future } from "./future.ts";

/** The address of one end of a connection over TCP. */
export interface InternetAddress {
  /** An IP address, or a name where one was given. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** It has no path. */
  readonly path?: undefined;
}

/** The address of one end of a connection over a Unix socket. */
export interface UnixAddress {
  /** The path; empty for an end that has none. */
  readonly path: string;
  /** It has no hostname. */
  readonly hostname?: undefined;
  /** It has no port. */
  readonly port?: undefined;
}

/** The address of one end of a connection. */
export type Address = InternetAddress | UnixAddress;

/** What was agreed on in a TLS handshake. */
export interface TlsInfo {
  /** The version of the protocol, such as `"TLSv1.3"`, where the host tells it. */
  readonly protocol: string | undefined;
  /** The application protocol that both sides have chosen, if any. */
  readonly alpn: string | undefined;
}

/** What `writer.getExtraInfo()` can tell. */
export interface ExtraInfo {
  /** The address of the other end. */
  readonly peername: Address;
  /** The address of this end. */
  readonly sockname: Address;
  /** What TLS has agreed on; `undefined` where the connection is plain. */
  readonly tls: TlsInfo;
  /** The host's own object: a `Deno.Conn`, or a `net.Socket`. */
  readonly transport: unknown;
}

/** How TLS is done. */
export interface TlsOptions {
  /**
   * The name that the server's certificate must have.
   *
   * @default {the host that was connected to}
   */
  readonly serverHostname?: string | undefined;
  /** Certificates, as PEM, to trust instead of those that the host trusts. For clients. */
  readonly ca?: string | readonly string[] | undefined;
  /** The own certificate, as PEM. A server needs one. */
  readonly cert?: string | undefined;
  /** The key of the own certificate, as PEM. */
  readonly key?: string | undefined;
  /** The application protocols to offer, the best one first. */
  readonly alpn?: readonly string[] | undefined;
  /**
   * How long the handshake may take, in seconds or with units. `openConnection()` counts the
   * time to connect in.
   *
   * @default {60}
   */
  readonly handshakeTimeout?: Delay | undefined;
  /**
   * How long a close waits for the other end to close its side too, in seconds or with units.
   *
   * @default {30}
   */
  readonly shutdownTimeout?: Delay | undefined;
}

/**
 * The sending half of a connection or a pipe.
 *
 * - **Order**: bytes are sent in the order of the calls, as soon as the host takes them.
 * - **Pressure**: what `write()` gives is done at once while less than 64 KiB wait to be
 *   sent, and else when that has become less. Wait for it, and a slow peer slows you down.
 * - **Errors**: what these futures hold is not reported if nobody looks at it.
 *
 * Differs from CPython: `write()` and `close()` give futures, so `await writer.write(x)`
 * is `writer.write(x); await writer.drain()`, and `await writer.close()` is
 * `writer.close(); await writer.wait_closed()`. Python's form works too. Writing after
 * `close()` is refused at once. Bytes are not copied: do not change them before the wait
 * has ended.
 *
 * @example Write lines
 * ```ts
 * import { run, type StreamWriter } from "@asyncio/asyncio";
 * import { connectionPair } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function writeLines(writer: StreamWriter, lines: string[]) {
 *   for (const line of lines) {
 *     await writer.write(new TextEncoder().encode(`${line}\n`));
 *   }
 *   await writer.close();
 * }
 *
 * await run(async () => {
 *   const [[reader], [, writer]] = connectionPair();
 *   await writeLines(writer, ["a", "b"]);
 *   assertEquals(new TextDecoder().decode(await reader.read()), "a\nb\n");
 * });
 * ```
 */
export interface StreamWriter extends AsyncDisposable {
  /**
   * Sends bytes.
   *
   * @param data The bytes. They must not be changed before the wait has ended.
   * @returns A future that is done when more may be written.
   * @throws {TypeError} If `data` are no bytes.
   * @throws {RuntimeError} After `writeEof()`.
   * @throws {Error} After `close()`: the host's error for a reset connection.
   */
  write(data: Uint8Array): Future<void>;
  /**
   * Sends several pieces of bytes as one.
   *
   * @param parts The pieces.
   * @returns A future that is done when more may be written.
   * @throws {TypeError} If one of them is no bytes.
   * @throws {RuntimeError} After `writeEof()`.
   * @throws {Error} After `close()`: the host's error for a reset connection.
   */
  writelines(parts: Iterable<Uint8Array>): Future<void>;
  /**
   * Waits until more may be written.
   *
   * @returns A future. It fails if the connection is closed or lost.
   */
  drain(): Future<void>;
  /**
   * Whether the connection has a half to end by {@linkcode StreamWriter.writeEof}: each has,
   * over TLS too, where CPython has none.
   */
  canWriteEof(): boolean;
  /**
   * Ends the sending half, after what was written; reading goes on. Twice does nothing.
   *
   * Over TLS too, where CPython refuses it.
   *
   * @throws {RuntimeError} During `startTls()`.
   */
  writeEof(): void;
  /**
   * Closes the connection, after what was written is sent. Closing twice does nothing.
   *
   * Over TLS it is closed when the other end has closed its side too, since what is on its
   * way would be lost, or after the `shutdownTimeout`: with a TimeoutError, as in CPython, if
   * not all that was written had been sent by then.
   *
   * @returns A future as of {@linkcode StreamWriter.waitClosed}.
   */
  close(): Future<void>;
  /** Whether it is closed, or about to be. */
  isClosing(): boolean;
  /**
   * Waits until the connection is closed.
   *
   * @returns A future. It fails with the error that the connection was lost by, if so.
   */
  waitClosed(): Future<void>;
  /**
   * Closes the connection now: what is not sent is lost. What waits for it fails.
   *
   * At the stdin of a process Deno and Bun still hand over what they were given last: the
   * process gets its end when it has read that.
   */
  abort(): void;
  /**
   * Tells about the connection.
   *
   * @param name What to tell.
   * @returns That, or `undefined` if there is no such thing here.
   */
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined;
  /**
   * Goes over to TLS, once what was written is sent. Nobody may read or write meanwhile.
   * A handshake that fails, or whose wait is cancelled, closes the connection.
   *
   * @param options How; a server needs its certificate and key.
   * @returns A coroutine that ends after the handshake.
   * @throws {TypeError} If an option is of the wrong type, or is the other side's.
   * @throws {RangeError} If an option can't be.
   * @throws {RuntimeError} If it is TLS already, if somebody reads, or if the host can't.
   * @throws {TimeoutError} If the handshake takes too long.
   */
  startTls(options?: TlsOptions): Coroutine<void>;
  /**
   * Closes the connection, at the end of an `await using` block; its errors are passed over.
   *
   * While its task is being cancelled, the other end has 1 s to take what was written.
   */
  [Symbol.asyncDispose](): Promise<void>;
  /** Returns `<StreamWriter transport=… reader=…>`. */
  toString(): string;
}
