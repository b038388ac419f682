/**
 * Workers that are none: their jobs run in the loop of who submits them.
 *
 * @module
 */
import type { EventLoop } from "../loop.ts";
import { getRunningLoop } from "../running_loop.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { FromWorker, ToWorker, type WorkerStart } from "../_executor/wire.ts";
import { JobRunner } from "../_worker/job_runner.ts";
import { checkReadable } from "../_worker/readable.ts";
import { SharedMarks } from "../_worker/marks.ts";
import type { Jobs } from "../_worker/state.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";
import type { Movable } from "../_executor/job_types.ts";

/** Makes workers that run jobs in the loop. */
export class InlineFactory implements ChannelFactory {
  readonly kills = false;
  readonly isReal = false;
  readonly copies: boolean;
  readonly moves = true;
  readonly #jobs: Jobs;

  constructor(jobs: object, copies: boolean) {
    this.#jobs = jobs as Jobs;
    this.copies = copies;
  }

  open(start: WorkerStart, events: ChannelEvents): Channel {
    return new InlineChannel(this.#jobs, this.copies, start, events);
  }
}

class InlineChannel implements Channel {
  readonly marks: SharedMarks;
  readonly #runner: JobRunner;
  readonly #copies: boolean;
  readonly #events: ChannelEvents;
  // Whoever submits a job may run in another one.
  readonly #loop: EventLoop = getRunningLoop();
  #isGone = false;

  constructor(
    jobs: Jobs,
    copies: boolean,
    start: WorkerStart,
    events: ChannelEvents,
  ) {
    this.#copies = copies;
    this.#events = events;
    this.marks = SharedMarks.make(start.slots, false);
    this.#runner = new JobRunner(
      jobs,
      start.concurrency,
      this.marks,
      (message, transfer) => {
        this.#deliver(message, transfer, (data) => events.message(data));
      },
      () => this.#loop,
      // No order may hang on how fast the machine is.
      Infinity,
    );
    this.#soon(() => events.message([FromWorker.Ready, true]));
  }

  post(message: unknown, transfer: readonly Movable[]): void {
    const [kind] = message as [number];
    if (kind === ToWorker.Stop) {
      // No job is left, and the loop of those that were may never run again.
      return this.#soon(
        () => this.#events.message([FromWorker.Stopped]),
        getRunningLoop(),
      );
    }
    this.#deliver(message, transfer, (data) => this.#runner.take(data));
  }

  end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.exit(undefined);
  }

  kill(): void {
    if (this.#isGone) return;
    // As far as that can be: its jobs clean up, and what they give is dropped.
    this.#runner.abandon();
    this.end();
  }

  ref(): void {}

  unref(): void {}

  #deliver(
    message: unknown,
    transfer: readonly Movable[],
    take: (data: unknown) => void,
  ): void {
    if (!this.#copies) return this.#soon(() => take(message));
    checkReadable(message, false);
    const data = structuredClone(message, {
      transfer: transfer as Transferable[],
    });
    this.#soon(() => take(data));
  }

  #soon(callback: () => void, loop: EventLoop = this.#loop): void {
    loop.callSoon(() => {
      if (!this.#isGone) callback();
    }, NO_CONTEXT);
  }
}
