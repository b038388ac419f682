/**
 * Fills a reader's buffer from a stream or an async iterable of the host.
 *
 * @module
 */
import { describeKind, isBytes, isInstance } from "../_base/repr.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { CancelledError } from "../errors.ts";
import { HostContext } from "../_host/async_context.ts";
import { type Resource, resourcesOf } from "../_loop/resources.ts";
import { Task, type TaskScheduler } from "../task.ts";
import {
  askForEnd,
  askForEndAfter,
  askForNext,
  closeAndTell,
  closeForgotten,
  closeInTask,
  closeUnwatched,
  closeWithLoop,
  HostItems,
  type HostIterable,
  type SourceOwner,
} from "./host_items.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import type { ByteSource } from "./transport.ts";

// A reader that was left half-way, such as that of a request that was cancelled, can be
// collected: then nobody closes its source, and the loop would keep it.
const collected = new FinalizationRegistry<HostSource>((source) =>
  source.closeForgotten()
);

/**
 * Asks for the next piece when someone waits, in a task: what the source waits for is no
 * matter of the one that reads just now. The loop closes it at the end.
 */
export class HostSource implements ByteSource, Resource, SourceOwner {
  // That is asked of the task.
  readonly ofHost = false;
  readonly _isClosing = false;
  readonly #items: HostItems<Uint8Array>;
  readonly #buffer: WeakRef<ReceiveBuffer>;
  // While it asks: whoever waits may be held by that alone.
  #held: ReceiveBuffer | undefined = undefined;
  readonly loop: TaskScheduler;
  readonly context = new HostContext();
  // While it asks.
  #asking: Asking | undefined = undefined;
  // Once who reads has left.
  #closing: Task<void> | undefined = undefined;
  #reason: unknown = undefined;
  #isLeft = false;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param buffer The buffer to fill.
   * @throws {TypeError} If it is none, or in use already.
   */
  constructor(source: HostIterable<Uint8Array>, buffer: ReceiveBuffer) {
    this.#items = new HostItems(source, "read");
    this.#buffer = new WeakRef(buffer);
    this.loop = buffer.loop as TaskScheduler;
    resourcesOf(this.loop)?.add(this);
    buffer.attach(this);
    collected.register(buffer, this);
  }

  get hasFailed(): boolean {
    return this.#items.hasFailed;
  }

  pull(): void {
    if (this.#asking !== undefined || this.#items.isOver) return;
    const loop = this.loop;
    this.#held = this.#buffer.deref();
    this.#asking = new Asking(this.#ask(), { loop, name: `${this}` });
  }

  /** Closes the source, and waits for its clean-up; what is there can still be read. */
  cancel(reason?: unknown): PromiseLike<void> | void {
    if (this.#closing !== undefined) return this.#closing;
    const asking = this.#asking;
    this.#end();
    if (asking === undefined && this.#items.isOver) return;
    if (!this.loop.isRunning()) {
      return closeUnwatched(this.#items, this.loop, reason);
    }
    this.#reason = reason;
    // The end of a run has cancelled it before: once more would leave its clean-up half done.
    if (asking?.cancelling() === 0) asking.cancel();
    return this.#closing = closeInTask(this, () => this.#close(asking));
  }

  /** Closes the source: nobody can read it any more. */
  closeForgotten(): void {
    if (this.#items.isOver) return;
    this.#end();
    if (!this.loop.isRunning()) closeUnwatched(this.#items, this.loop);
    else closeInTask(this, () => closeForgotten(this.#items, this));
  }

  _endWithLoop(): Promise<void> | void {
    this.#cutOff();
    if (!this.#items.isOver) return closeWithLoop(this.#items, this);
  }

  _abandon(): void {
    this.#cutOff();
    closeUnwatched(this.#items, this.loop);
  }

  toString(): string {
    return "source of a StreamReader";
  }

  *#ask(): Coro<void> {
    try {
      while (yield* this.#takeNext());
      this.#rest();
    } catch (error) {
      const asking = this.#asking;
      const buffer = this.#rest();
      const isCancel = isInstance(error, CancelledError) &&
        asking !== undefined && asking.cancelling() > 0;
      // After the end it is of the source's clean-up, for whoever has closed it.
      if (isCancel || buffer?.eof) {
        this.#cutOff();
        throw error;
      }
      resourcesOf(this.loop)?.delete(this);
      buffer?.fail(error);
    }
  }

  // Says whether more is wanted: an empty piece is not the end.
  *#takeNext(): Coro<boolean> {
    const what = "the next piece of a source";
    const question = askForNext<unknown>(this.#items, this, what);
    let step: IteratorResult<unknown, undefined>;
    try {
      step = yield* question.future;
    } catch (error) {
      this.#isLeft = question.isLeft;
      const reason = this.#reason ?? error;
      const end = askForEndAfter(this.#items, this, question, reason);
      if (end !== undefined) {
        yield* end.future;
        this.#isLeft ||= end.isLeft;
      }
      throw error;
    }
    // Closed meanwhile.
    if (this.#held?.eof) return false;
    const { done, value } = step;
    if (done) this.#end();
    else if (isBytes(value)) {
      if (value.length === 0) return true;
      // Whoever reads may ask for more at once.
      this.#rest()?.feed(value);
    } else {
      const error = new TypeError(
        `Cannot read: the source must give Uint8Arrays, gave ${
          describeKind(value)
        }, encode text with a TextEncoderStream`,
      );
      yield* closeAndTell(this.#items, this, error);
      throw error;
    }
    return false;
  }

  *#close(asking: Task<void> | undefined): Coro<void> {
    try {
      if (asking !== undefined) yield* asking;
    } catch (error) {
      // A second cancel comes here, too, and leaves it.
      if (!asking!.cancelled() || this.#closing?.cancelling()) throw error;
    }
    if (this.#isLeft) return;
    // It may have been cancelled before it had begun.
    yield* askForEnd(this.#items, this, this.#reason).future;
  }

  // Gives the buffer, if somebody can read it yet.
  #rest(): ReceiveBuffer | undefined {
    this.#asking = this.#held = undefined;
    return this.#buffer.deref();
  }

  #end(): void {
    resourcesOf(this.loop)?.delete(this);
    this.#buffer.deref()?.feedEof();
  }

  #cutOff(): void {
    this.#buffer.deref()?.noteCutOff();
    this.#end();
  }
}

/**
 * Asks for one piece. A source may work ahead, as a stream of Node does: what it has begun
 * meanwhile is for the next piece, and does not end with this one.
 */
class Asking extends Task<void> {
  /** @internal */
  override _mayHaveHelpers(): boolean {
    return this.cancelling() > 0 && super._mayHaveHelpers();
  }
}
