/**
 * Runs the jobs that a pool sends, in a loop of the worker.
 *
 * @module
 */
import { isAsyncFunction } from "../_base/function_kinds.ts";
import { currentContext } from "../context.ts";
import { type Coro, isCoroutineFunction } from "../coroutine.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import type { EventLoop } from "../loop.ts";
import type { Task } from "../task.ts";
import { describeValue, isInstance } from "../_base/repr.ts";
import { putBack, running, takeSlots } from "../_base/running.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { toErrorData } from "../_executor/error_data.ts";
import {
  type Extra,
  FIRST_RUN,
  Outcome,
  type Post,
  RUN_WIDTH,
  ToWorker,
} from "../_executor/wire.ts";
import { type JobFunction, runBody } from "./job_body.ts";
import type { WorkerMarks } from "./marks.ts";
import { ResultBatch } from "./result_batch.ts";
import { RunningJob } from "./running_job.ts";
import { type Jobs, jobVariable, worker } from "./state.ts";

/** A job that is to be begun now. */
interface Call {
  readonly job: RunningJob;
  readonly fn: JobFunction;
  readonly args: unknown[];
}

/** Runs jobs. */
export class JobRunner {
  readonly #jobs: Jobs;
  readonly #isModule: boolean;
  readonly #loop: () => EventLoop;
  readonly #marks: WorkerMarks | undefined;
  readonly #concurrency: number;
  readonly #running = new Map<number, RunningJob>();
  readonly #results: ResultBatch;
  // What the pool has sent and is not begun, from `#next` on.
  #waiting: unknown[] = [];
  #next = 0;
  #nextFunction: unknown;
  #isPumping = false;
  #flushIsDue = false;

  /**
   * Makes a runner.
   *
   * @param jobs The functions.
   * @param concurrency How many may run at once.
   * @param marks The marks of the jobs, if there are any.
   * @param post Sends a message to the pool.
   * @param loop The loop to run jobs in.
   * @param longestWait How long a result may wait for others, in seconds.
   */
  constructor(
    jobs: Jobs,
    concurrency: number,
    marks: WorkerMarks | undefined,
    post: Post,
    loop: () => EventLoop,
    longestWait: number,
  ) {
    this.#jobs = jobs;
    this.#isModule = Object.getPrototypeOf(jobs) === null;
    this.#loop = loop;
    this.#marks = marks;
    this.#concurrency = concurrency;
    this.#results = new ResultBatch(post, longestWait);
  }

  /** Takes a message of the pool. */
  take(message: unknown): void {
    const [kind, first, second] = message as [number, unknown, unknown];
    switch (kind) {
      case ToWorker.Run:
        this.#addWaiting(message as unknown[]);
        this.#results.begin();
        return this.#pump();
      case ToWorker.Cancel:
        return this.#find(first)?.cancel(second as string | undefined);
      case ToWorker.Grant:
        return this.#find(first)?.grant(second as number);
    }
  }

  /** The job that runs, if it is the only one. */
  get onlyJob(): RunningJob | undefined {
    if (this.#running.size !== 1) return undefined;
    const [job] = this.#running.values();
    return job;
  }

  /** Cancels all jobs: the pool has given this worker up. */
  abandon(): void {
    this.#waiting = [];
    this.#next = 0;
    for (const job of this.#running.values()) job.cancel("The worker was lost");
  }

  #find(seq: unknown): RunningJob | undefined {
    for (const job of this.#running.values()) if (job.id === seq) return job;
    return undefined;
  }

  #addWaiting(message: unknown[]): void {
    if (this.#next === this.#waiting.length) {
      this.#waiting = message;
      this.#next = FIRST_RUN;
    } else this.#waiting.push(...message.slice(FIRST_RUN));
  }

  // Begins what may run. It is called by the host, outside the loop's turns, so it lends
  // the jobs the loop and leaves the slots as it found them.
  #pump(): void {
    if (this.#isPumping) return;
    const outer = takeSlots(this.#loop(), undefined, undefined);
    this.#isPumping = true;
    try {
      while (this.#mayGoOn()) this.#beginNext();
    } finally {
      this.#isPumping = false;
      putBack(outer);
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    this.#results.flush();
  }

  #mayGoOn(): boolean {
    return this.#next < this.#waiting.length &&
      this.#running.size < this.#concurrency;
  }

  // One task for all that follow, up to the first that waits: a task is 2 µs.
  #beginNext(): void {
    let begun: string | undefined;
    const body = this.#nextIsCoroutine()
      ? () => this.#runCoroutine((name) => begun = name)
      : () => this.#runFunctions();
    void this.#loop().createTask<unknown>(body as () => Coro<unknown>, {
      name: "jobs",
      eagerStart: true,
    });
    if (begun !== undefined) this.#results.ran(begun);
  }

  // A coroutine runs on the task's own stack, so that a cancel reaches it in browsers.
  *#runCoroutine(onBegun: (name: string) => void): Coro<unknown> {
    const call = this.#takeNext();
    if (call === undefined) return undefined;
    onBegun(call.job.name);
    this.#adopt(call.job);
    return yield* call.fn(...call.args) as Coro<unknown>;
  }

  // Gives a promise if the last of them waits. It is not async itself: that would be a
  // promise for each task, and the loop would have to watch for its end.
  #runFunctions(): Promise<unknown> | Generator<never, void> {
    const outer = worker.plainJob;
    do {
      const call = this.#takeNext();
      if (call === undefined) continue;
      const { job, fn, args } = call;
      currentContext().assign(jobVariable, job);
      worker.plainJob = job;
      try {
        const value = fn(...args);
        worker.plainJob = outer;
        this.#results.ran(job.name);
        if (isWork(value)) {
          // From here on this task is its own.
          this.#adopt(job);
          return runBody(job, value, this.#results);
        }
        this.#addResult(job, value);
      } catch (error) {
        worker.plainJob = outer;
        this.#results.ran(job.name);
        this.#addError(job, error);
      }
      this.#results.flushIfLate();
    } while (this.#mayGoOn() && !this.#nextIsCoroutine());
    return nothing();
  }

  #adopt(job: RunningJob): void {
    const task = job.task = running.task as Task<unknown>;
    task.setName(job.name);
    this.#running.set(job.slot, job);
    currentContext().assign(jobVariable, job);
    task.addDoneCallback((task) => this.#taskEnded(job, task));
  }

  // Looks up the next function, and says whether it gives coroutines.
  #nextIsCoroutine(): boolean {
    const name = this.#waiting[this.#next + 2] as string;
    const fn = this.#nextFunction = this.#has(name)
      ? this.#jobs[name]
      : undefined;
    return isCoroutineFunction(fn) && !isAsyncFunction(fn);
  }

  // A module inherits nothing, and to ask whether it owns a name is 0.3 µs.
  #has(name: string): boolean {
    return this.#isModule
      ? name in this.#jobs
      : Object.hasOwn(this.#jobs, name);
  }

  // Takes the next job; tells how it ended if it may not begin.
  #takeNext(): Call | undefined {
    const waiting = this.#waiting;
    const at = this.#next;
    const slot = waiting[at] as number;
    const id = waiting[at + 1] as number;
    const name = waiting[at + 2] as string;
    const args = waiting[at + 3] as unknown[];
    const extra = waiting[at + 4] as Extra | undefined;
    const fn = this.#nextFunction;
    this.#next += RUN_WIDTH;
    // Let go of what is handed on: the rest may wait behind a long job.
    waiting[at + 3] = undefined;
    if (!this.#mayBegin(slot, id, extra)) return undefined;
    const job = new RunningJob(slot, id, name, this.#marks, extra);
    if (typeof fn === "function") {
      this.#results.flushBefore(name);
      return { job, fn: fn as JobFunction, args };
    }
    this.#addError(job, noSuch(name, this.#jobs));
    return undefined;
  }

  #mayBegin(slot: number, id: number, extra: Extra | undefined): boolean {
    if (this.#marks?.begin(slot, id) === false) {
      this.#results.add(slot, Outcome.Skipped, undefined);
      return false;
    }
    if (extra?.deadline === undefined) return true;
    const { deadline, due } = extra;
    if (
      due === undefined
        ? Date.now() < deadline * 1000
        : this.#loop().time() < due
    ) return true;
    this.#results.add(slot, Outcome.Expired, undefined);
    return false;
  }

  #taskEnded(job: RunningJob, task: Task<unknown>): void {
    this.#running.delete(job.slot);
    const end = endOf(task);
    if ("error" in end) this.#addError(job, end.error);
    else this.#addResult(job, end.result);
    if (this.#next < this.#waiting.length) {
      // The next may compute for long, or end the worker: this one is done.
      this.#results.resume();
      this.#results.flushIfLate();
      this.#pump();
    } else if (!this.#flushIsDue) {
      this.#flushIsDue = true;
      // Together with those that end in the same turn.
      this.#loop().callSoon(() => {
        this.#flushIsDue = false;
        this.#results.flush();
      });
    }
  }

  // Whose cancel is still under way has neither refused it nor failed by it.
  #addResult(job: RunningJob, value: unknown): void {
    const outcome = job.hasGotCancel ? Outcome.OkAllTheSame : Outcome.Ok;
    this.#results.add(job.slot, outcome, value);
  }

  #addError(job: RunningJob, error: unknown): void {
    const { slot } = job;
    if (!isInstance(error, CancelledError)) {
      const outcome = job.hasGotCancel
        ? Outcome.FailedAllTheSame
        : Outcome.Failed;
      this.#results.add(slot, outcome, toErrorData(error));
    } else if (job.isCancelled()) {
      this.#results.add(slot, Outcome.Cancelled, undefined);
    } else {
      // Nobody has asked for it, so only the job knows why.
      this.#results.add(slot, Outcome.Cancelled, toErrorData(error));
    }
  }
}

/** The body of a task whose jobs have all ended. */
function* nothing(): Generator<never, void> {}

type End = { readonly result: unknown } | { readonly error: unknown };

function endOf(task: Task<unknown>): End {
  try {
    return { result: task.result() };
  } catch (error) {
    // What it threw, or the cancel.
    return { error };
  }
}

/** Whether a value is a promise, a coroutine or an async generator, and no plain result. */
function isWork(value: unknown): boolean {
  if (typeof value !== "object" && typeof value !== "function") return false;
  return isThenable(value) ||
    typeof (value as { next?: unknown } | undefined)?.next === "function";
}

function noSuch(name: string, jobs: Jobs): RuntimeError {
  const names = Object.keys(jobs).filter((key) =>
    typeof jobs[key] === "function"
  );
  const known = names.length === 0
    ? "it exports no functions"
    : `it has ${names.slice(0, 10).join(", ")}${names.length > 10 ? " …" : ""}`;
  return new RuntimeError(
    `Cannot run the job ${describeValue(name)}: ` +
      `the module exports no function of that name, ${known}`,
  );
}
