/**
 * The connections that a server has taken: each has a task that runs its handler, and is
 * closed with it.
 *
 * @module
 */
import {
  type Coro,
  Coroutine,
  refuseAsyncGenerator,
} from "../_coroutine/coroutine.ts";
import { isGenerator } from "../_coroutine/generators.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import type { InContext } from "../_task/function_coroutine.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import type { HostTransport } from "../_net/network.ts";
import type { EventLoop } from "../loop.ts";
import type { ClientConnected } from "../server.ts";
import type { StreamReader } from "../stream_reader.ts";
import type { StreamWriter } from "../stream_writer.ts";
import type { Task } from "../task.ts";
import { openStreams } from "./open_streams.ts";

/** How connections are served. */
export interface ClientParts {
  readonly loop: EventLoop;
  /** Is called for each connection. */
  readonly clientConnected: ClientConnected;
  /** Calls a function in the host's async context of who has started the server. */
  readonly inContext: InContext;
  /** The limit of the readers. */
  readonly limit: number;
}

/** A connection of a server. */
interface Client {
  readonly writer: StreamWriter;
  readonly task: Task<unknown>;
}

/** Calls the handler for each connection, and knows which connections are open. */
export class ServerClients {
  readonly #parts: ClientParts;
  readonly #onEnd: () => void;
  readonly #clients = new Set<Client>();
  // Whose handler runs: it may go on when its connection is over.
  readonly #running = new Set<Client>();
  #isEnding = false;

  /**
   * Makes an empty set.
   *
   * @param parts How connections are served.
   * @param onEnd Called when one is over, or its handler has ended.
   */
  constructor(parts: ClientParts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
  }

  /** Whether none is open and no handler runs. */
  get areIdle(): boolean {
    return this.#clients.size === 0 && this.#running.size === 0;
  }

  /** Whether all are over. Handlers that were cancelled with them have to end first. */
  get areOver(): boolean {
    return this.#isEnding ? this.areIdle : this.#clients.size === 0;
  }

  /** Takes a connection, which is not started. */
  serve(transport: HostTransport): void {
    const { inContext, loop, limit } = this.#parts;
    // It may be over before its task is made: who waits to be taken can go.
    let client: Client | undefined = undefined;
    let isLost = false;
    const [reader, writer] = openStreams({
      loop,
      limit,
      transport,
      reached: undefined,
      onLost: () => {
        isLost = true;
        if (client !== undefined) this.#clients.delete(client);
        this.#onEnd();
      },
    });
    const work = { keepsOpen: false };
    const task = inContext(() =>
      loop.createTask(
        () => this.#call(reader, writer, work),
        { name: `${transport}` },
      )
    );
    const served = client = { writer, task };
    if (!isLost) this.#clients.add(served);
    this.#running.add(served);
    task.addDoneCallback(() => {
      this.#running.delete(served);
      this.#report(task);
      if (this.#isEnding) writer.abort();
      else if (!work.keepsOpen || task.cancelled()) writer.close();
      this.#onEnd();
    }, NO_CONTEXT);
  }

  /** Closes all, after what was written is sent. */
  close(): void {
    for (const { writer } of [...this.#clients]) writer.close();
  }

  /** Closes all now. */
  abort(): void {
    for (const { writer } of [...this.#clients]) writer.abort();
  }

  /** Cancels all handlers, and closes each connection when its handler has ended. */
  end(): void {
    this.#isEnding = true;
    for (const { task } of this.#running) task.cancel("The server has ended");
    for (const { writer, task } of [...this.#clients]) {
      if (task.done()) writer.abort();
    }
  }

  #call(
    reader: StreamReader,
    writer: StreamWriter,
    work: { keepsOpen: boolean },
  ): Coro<unknown> | Coroutine<unknown> | PromiseLike<unknown> {
    const running: unknown = this.#parts.clientConnected(reader, writer);
    if (
      isGenerator(running) || running instanceof Coroutine ||
      isThenable(running)
    ) return running as Coro<unknown>;
    refuseAsyncGenerator(running, "serve a connection");
    work.keepsOpen = true;
    return nothing();
  }

  #report(task: Task<unknown>): void {
    const exception = task.cancelled() ? undefined : task.exception();
    if (exception === undefined) return;
    this.#parts.loop.callExceptionHandler({
      message: "Unhandled exception in clientConnected",
      exception,
      task,
    });
  }
}

// A plain function has done its part.
function* nothing(): Coro<void> {}
