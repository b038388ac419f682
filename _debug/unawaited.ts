/**
 * Coroutines that nobody has awaited: debug mode tells of each once, with its place, when it
 * is collected or at the latest when its loop is closed.
 *
 * @module
 */
import type { Scheduler } from "../handle.ts";
import type { Unawaited } from "../_base/roles.ts";
import { creationStack } from "../_base/repr.ts";

const collected = new FinalizationRegistry<CoroutineRecord>((record) =>
  record.tell()
);

/** What debug mode knows of one coroutine. It must not reach it, or that is never collected. */
export class CoroutineRecord implements Unawaited {
  /** The stack of the call that made it, as far as it is the user's. */
  readonly frames: string = creationStack();
  #name = "";
  // None once somebody has taken it, or it was told.
  #scheduler: Scheduler | undefined;

  /**
   * Makes one.
   *
   * @param coroutine The coroutine.
   * @param nameOf Gives its name, once it has one: that comes from a subclass, whose fields
   * are not set yet.
   * @param scheduler The loop that runs now.
   */
  constructor(
    coroutine: object,
    nameOf: () => string,
    scheduler: Scheduler,
  ) {
    this.#scheduler = scheduler;
    queueMicrotask(() => this.#name = nameOf());
    scheduler._addUnawaited(this);
    collected.register(coroutine, this);
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
      message: `Coroutine ${this.#name} was never awaited`,
      ...frames === "" ? {} : { sourceTraceback: frames },
    });
  }
}
