/**
 * A job, where it runs.
 *
 * @module
 */
import { CancelledError } from "../errors.ts";
import { takeAtOnce } from "../_line/delivery.ts";
import type { Task } from "../task.ts";
import type { OwnedFuture } from "../_task/owned_future.ts";
import type { Extra, JobOrigin } from "../_executor/wire.ts";
import type { WorkerMarks } from "./marks.ts";

/** What a job knows of itself. */
export interface JobInfo {
  /** The id that its executor has given it. */
  readonly id: string | number;
  /** The name of its function. */
  readonly name: string;
  /** When it has to be done, in seconds since 1970; `undefined` if it has no timeout. */
  readonly deadline: number | undefined;
  /** How often it was begun, this time included. Above 1 where the executor is durable. */
  readonly attempt: number;
}

/** A job that a runner has begun. */
export class RunningJob {
  readonly id: number;
  readonly name: string;
  readonly deadline: number | undefined;
  readonly slot: number;
  /** Its task, if it needs one. */
  task: Task<unknown> | undefined = undefined;
  /** How many values it may yield; `undefined` if nobody reads them. */
  credit: number | undefined;
  /** What it waits on for more credit. */
  credited: OwnedFuture | undefined = undefined;
  /** The engine that it comes from. */
  readonly origin: JobOrigin | undefined;
  readonly #marks: WorkerMarks | undefined;
  #isCancelled = false;
  // Whether its task was told, or its function has learnt it by a look before it had one:
  // memory is faster than the message.
  #isTold = false;
  // Whether it had its result by then, and waited for what its function had left behind.
  #isTooLate = false;

  constructor(
    slot: number,
    id: number,
    name: string,
    marks: WorkerMarks | undefined,
    extra: Extra | undefined,
  ) {
    this.slot = slot;
    this.id = id;
    this.name = name;
    this.deadline = extra?.deadline;
    this.credit = extra?.credit;
    this.origin = extra?.origin;
    this.#marks = marks;
  }

  /** Whether it was asked to end. */
  isCancelled(): boolean {
    return this.#isCancelled ||=
      this.#marks?.isCancelled(this.slot, this.id) === true;
  }

  /** Whether its function has got that: at a wait, or since it has looked. */
  get hasGotCancel(): boolean {
    return this.#isCancelled && !this.#isTooLate &&
      this.task?._keepsResult() !== true;
  }

  /** Asks it to end. */
  cancel(message: string | undefined): void {
    // Its end is under way.
    if (this.task?.done()) return;
    this.#isCancelled = true;
    this.#tell(message);
  }

  /** Lets it yield more values. */
  grant(count: number): void {
    if (this.credit === undefined) return;
    this.credit += count;
    this.credited?.release();
  }

  /** Throws if it was asked to end. */
  checkCancelled(): void {
    if (!this.isCancelled()) return;
    this.#tell(undefined);
    throw takeAtOnce() ?? new CancelledError("The job was cancelled");
  }

  /** Returns what its function has to throw now, unless that has got it at a wait. */
  takeCancel(): CancelledError | undefined {
    if (!this.isCancelled()) return undefined;
    this.#tell(undefined);
    return takeAtOnce();
  }

  // Cancels its task, once: that reaches all that it does beside what has looked.
  #tell(message: string | undefined): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#isTooLate = this.task?.cancel(message) === false;
  }
}
