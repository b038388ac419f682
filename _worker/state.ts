/**
 * What belongs to a whole worker: the module-level state of this side.
 *
 * @module
 */
import { ContextVar } from "../context.ts";
import type { EventLoop } from "../loop.ts";
import type { RunningJob } from "./running_job.ts";
import type { Movable } from "../_executor/job_types.ts";

/** The functions of a module of jobs, by name. */
export type Jobs = Readonly<Record<string, unknown>>;

/** The slots. */
export const worker: {
  /** The plain function that is on the call stack; it has no task. */
  plainJob: RunningJob | undefined;
  /** The runner of a real worker, for hosts that cannot tell async functions apart. */
  runner: { readonly onlyJob: RunningJob | undefined } | undefined;
  /** The loop of a real worker. */
  loop: EventLoop | undefined;
  /** What `serveJobs()` was given. */
  offered: Jobs | undefined;
  /** What results are moved with, by result. */
  readonly moves: WeakMap<object, readonly Movable[]>;
} = {
  plainJob: undefined,
  runner: undefined,
  loop: undefined,
  offered: undefined,
  moves: new WeakMap(),
};

/** The job that a task belongs to. */
export const jobVariable: ContextVar<RunningJob | undefined> = new ContextVar<
  RunningJob | undefined
>("asyncio.job", { default: undefined });
