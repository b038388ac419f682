/**
 * Coroutines that nobody has awaited, and what else does nothing by itself: debug mode tells of
 * each once, with its place, when it is collected or at the latest when its loop is closed.
 *
 * @module
 */
import type { Scheduler } from "../handle.ts";
import type { Unawaited } from "../_base/roles.ts";
import { creationStack } from "../_base/creation.ts";

const collected = new FinalizationRegistry<UnawaitedRecord>((record) =>
  record.tell()
);

/** What debug mode knows of one. It must not reach it, or that is never collected. */
export class UnawaitedRecord implements Unawaited {
  /** The stack of the call that made it, as far as it is the user's. */
  readonly frames: string = creationStack();
  #message = "";
  // None once somebody has taken it, or it was told.
  #scheduler: Scheduler | undefined;

  /**
   * Makes one.
   *
   * @param made What was made.
   * @param describe Gives what is to be told of it, once it has a name: that comes from a
   * subclass, whose fields are not set yet.
   * @param scheduler The loop that runs now.
   */
  constructor(
    made: object,
    describe: () => string,
    scheduler: Scheduler,
  ) {
    this.#scheduler = scheduler;
    queueMicrotask(() => this.#message = describe());
    scheduler._addUnawaited(this);
    collected.register(made, this);
  }

  /** Notes that somebody has taken or closed it. */
  settle(): void {
    this.#scheduler?._deleteUnawaited(this);
    this.#scheduler = undefined;
  }

  tell(): void {
    const scheduler = this.#scheduler;
    if (scheduler === undefined) return;
    this.settle();
    const { frames } = this;
    scheduler.callExceptionHandler({
      message: this.#message,
      ...frames === "" ? {} : { sourceTraceback: frames },
    });
  }
}
