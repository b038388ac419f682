/**
 * Workers that are none: their jobs run in the loop of who submits them.
 *
 * @module
 */
import { getRunningLoop } from "../running_loop.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { FromWorker, type Hello, ToWorker } from "../_executor/wire.ts";
import { JobRunner } from "../_worker/job_runner.ts";
import type { Jobs } from "../_worker/state.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";

/** Makes workers that run jobs in the loop. */
export class InlineFactory implements ChannelFactory {
  readonly sharesMemory = true;
  readonly kills = false;
  readonly isReal = false;
  readonly copies: boolean;
  readonly #jobs: Jobs;

  constructor(jobs: object, copies: boolean) {
    this.#jobs = jobs as Jobs;
    this.copies = copies;
  }

  open(hello: Hello, events: ChannelEvents): Channel {
    return new InlineChannel(this.#jobs, this.copies, hello, events);
  }
}

class InlineChannel implements Channel {
  readonly #runner: JobRunner;
  readonly #copies: boolean;
  readonly #events: ChannelEvents;
  #isGone = false;

  constructor(
    jobs: Jobs,
    copies: boolean,
    hello: Hello,
    events: ChannelEvents,
  ) {
    this.#copies = copies;
    this.#events = events;
    this.#runner = new JobRunner(
      jobs,
      hello,
      (message, transfer) => {
        this.#deliver(message, transfer, (data) => events.message(data));
      },
      getRunningLoop,
    );
    this.#soon(() => events.message([FromWorker.Ready]));
  }

  post(message: unknown, transfer: readonly Transferable[]): void {
    const [kind] = message as [number];
    if (kind === ToWorker.Stop) {
      return this.#soon(() => this.#events.message([FromWorker.Stopped]));
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
    transfer: readonly Transferable[],
    take: (data: unknown) => void,
  ): void {
    const data = this.#copies
      ? structuredClone(message, { transfer: transfer as Transferable[] })
      : message;
    this.#soon(() => take(data));
  }

  #soon(callback: () => void): void {
    getRunningLoop().callSoon(() => {
      if (!this.#isGone) callback();
    }, NO_CONTEXT);
  }
}
