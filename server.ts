/**
 * What `Server` promises: it accepts connections, and calls a handler for each.
 *
 * `startServer()` and `startUnixServer()` give one.
 *
 * ```ts
 * import { run, startServer } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(async () => {
 *   const server = await startServer(async (reader, writer) => {
 *     for await (const line of reader) await writer.write(line);
 *   }, "127.0.0.1", 0);
 *   assert(server.isServing());
 *   server.close();
 *   await server.waitClosed();
 * });
 * ```
 *
 * @module
 */
import type { Coroutine } from "./_coroutine/coroutine.ts";
import type { Future, Wait } from "./future.ts";
import type { EventLoop } from "./loop.ts";
import type { StreamReader } from "./stream_reader.ts";
import type { Address, StreamWriter } from "./stream_writer.ts";

/**
 * Is called for each connection of a server.
 *
 * An async or generator function is run as a task; when it ends, its connection is closed.
 * A plain function, which gives nothing, keeps the connection open: it must see to it.
 */
export type ClientConnected = (
  reader: StreamReader,
  writer: StreamWriter,
) =>
  | void
  | PromiseLike<void>
  | Generator<Wait | undefined, void, never>;

/**
 * Accepts connections, and calls a handler for each.
 *
 * - **Handlers**: one that fails is reported to the loop's exception handler, one that is
 *   cancelled to nobody. Both times its connection is closed.
 * - **End**: after `close()` nobody new comes, and the connections go on. `waitClosed()`
 *   waits for the last of them; the option `grace` says for how long.
 * - **Shutdown**: the first signal of a `run()` closes it; its connections have the grace of
 *   the run to end.
 *
 * Differs from CPython: the connection of an async or generator handler is closed when the
 * handler ends. With `startServing: false` clients are not refused before the start, but
 * wait.
 *
 * @typeParam A The type of its addresses.
 *
 * @example Serve until the task is cancelled
 * ```ts
 * import { run, startServer, TimeoutError, timeout } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * async function serve() {
 *   await using server = await startServer(async (_reader, writer) => {
 *     await writer.write(new TextEncoder().encode("hello\n"));
 *   }, "127.0.0.1", 0);
 *   await server.serveForever();
 * }
 *
 * await assertRejects(() => run(() => timeout(0.01, serve)), TimeoutError);
 * ```
 */
export interface Server<A extends Address = Address> extends AsyncDisposable {
  /**
   * Stops accepting; connections that there are go on. Closing twice does nothing. A
   * `serveForever()` under way ends with a CancelledError.
   */
  close(): void;
  /** Closes all connections, after what was written is sent. */
  closeClients(): void;
  /** Closes all connections now. */
  abortClients(): void;
  /**
   * Begins to accept, if that was left out at first.
   *
   * @returns A coroutine.
   * @throws {RuntimeError} If the server is closed.
   */
  startServing(): Coroutine<void>;
  /**
   * Accepts until the task is cancelled or the server is closed.
   *
   * A cancel closes the server and cancels its handlers, at the end of the option `grace`
   * if that is given: CPython waits for as long as the clients stay.
   *
   * @returns A coroutine that ends with a CancelledError, when all connections are closed and
   * the handlers that it has cancelled have ended.
   * @throws {RuntimeError} If the server is closed, or another task does this already.
   */
  serveForever(): Coroutine<never>;
  /** Whether it accepts connections. */
  isServing(): boolean;
  /**
   * Waits until the server is closed and all its connections are.
   *
   * @returns A future.
   */
  waitClosed(): Future<void>;
  /** The loop that it was started in. */
  getLoop(): EventLoop;
  /** Where it listens; nowhere once it is closed. */
  readonly sockets: readonly A[];
  /**
   * Closes it and waits until all its connections are closed.
   *
   * While its task is being cancelled, it cancels the handlers, as `serveForever()` does.
   */
  [Symbol.asyncDispose](): Promise<void>;
  /** Returns `<Server sockets=…>`. */
  toString(): string;
}
