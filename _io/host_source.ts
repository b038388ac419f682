/**
 * Fills a reader's buffer from a stream or an async iterable of the host.
 *
 * @module
 */
import { describeKind, isInstance } from "../_base/repr.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { CancelledError } from "../errors.ts";
import type { Scheduler } from "../handle.ts";
import { HostContext } from "../_host/async_context.ts";
import type { Resource, Resources } from "../_loop/resources.ts";
import { Task, type TaskScheduler } from "../task.ts";
import { SourceQuestion } from "../_task/source_question.ts";
import {
  closeInTask,
  closeWithLoop,
  HostItems,
  type HostIterable,
  type SourceOwner,
  tellFailedLate,
} from "./host_items.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import type { ByteSource } from "./transport.ts";

/**
 * Asks for the next piece when someone waits, in a task: what the source waits for is no
 * matter of the one that reads just now. The loop closes it at the end.
 */
export class HostSource implements ByteSource, Resource, SourceOwner {
  // That is asked of the task.
  readonly ofHost = false;
  readonly _isClosing = false;
  readonly #items: HostItems<Uint8Array>;
  readonly #buffer: ReceiveBuffer;
  readonly loop: TaskScheduler;
  readonly context = new HostContext();
  // While it asks.
  #task: Task<void> | undefined = undefined;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param buffer The buffer to fill.
   * @param loop The loop of who reads.
   * @throws {TypeError} If it is none, or in use already.
   */
  constructor(
    source: HostIterable<Uint8Array>,
    buffer: ReceiveBuffer,
    loop: Scheduler,
  ) {
    this.#items = new HostItems(source, "read");
    this.#buffer = buffer;
    this.loop = loop as TaskScheduler;
    resourcesOf(loop)?.add(this);
    buffer.attach(this);
  }

  pull(): void {
    if (this.#task !== undefined || this.#items.isOver) return;
    const loop = this.loop;
    this.#task = new Task(this.#ask(), { loop, name: `${this}` });
  }

  /** Closes the source; what is there can still be read. */
  cancel(reason?: unknown): void {
    const task = this.#task;
    this.#task = undefined;
    if (task === undefined && this.#mayCleanUp()) {
      closeInTask(this.#items, this, reason);
    } else this.#close(reason);
    this.#end();
    task?.cancel();
  }

  _endWithLoop(): Promise<void> | void {
    // A task was cancelled by the run, which has waited for it.
    if (this.#task !== undefined || !this.#mayCleanUp()) return this.cancel();
    this.#end();
    return closeWithLoop(this.#items, this);
  }

  _abandon(): void {
    this.cancel();
  }

  toString(): string {
    return "source of a StreamReader";
  }

  #mayCleanUp(): boolean {
    const { isOver, isStream } = this.#items;
    return !isOver && !isStream && this.loop.isRunning();
  }

  // Not waited for: an async generator may never come to it.
  #close(reason: unknown): void {
    this.#items.close(reason).catch(this.failed);
  }

  *#ask(): Coro<void> {
    try {
      while (this.#take(yield* this.#question()));
      this.#task = undefined;
    } catch (error) {
      const task = this.#task;
      this.#task = undefined;
      if (this.#buffer.eof) this.failed(error);
      else if (!isInstance(error, CancelledError) || !task?.cancelling()) {
        this.#fail(error);
      } else this.cancel(error);
    }
  }

  #question(): SourceQuestion<IteratorResult<unknown, undefined>> {
    return new SourceQuestion(
      this.loop,
      "the next piece of a source",
      () => this.#items.next(),
      this.failed,
      this.context,
    );
  }

  // Says whether more is wanted: an empty piece is not the end.
  #take({ done, value }: IteratorResult<unknown, undefined>): boolean {
    // Closed meanwhile.
    if (this.#buffer.eof) return false;
    if (done) this.#end();
    else if (value instanceof Uint8Array) {
      if (value.length === 0) return true;
      // Who reads may ask for more at once.
      this.#task = undefined;
      this.#buffer.feed(value);
    } else {
      const error = new TypeError(
        `Cannot read: the source must give Uint8Arrays, gave ${
          describeKind(value)
        }, encode text with a TextEncoderStream`,
      );
      this.#close(error);
      this.#fail(error);
    }
    return false;
  }

  readonly failed = (error: unknown): void =>
    tellFailedLate(this.#items, this.loop, error);

  #end(): void {
    resourcesOf(this.loop)?.delete(this);
    this.#buffer.feedEof();
  }

  #fail(error: unknown): void {
    resourcesOf(this.loop)?.delete(this);
    this.#buffer.fail(error);
  }
}

// A loop of somebody else may keep no list.
function resourcesOf(loop: Scheduler): Resources | undefined {
  return (loop as { readonly _resources?: Resources })._resources;
}
