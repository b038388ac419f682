/**
 * What goes between a pool and its workers.
 *
 * Messages are arrays that begin with their kind. Jobs and results go in batches, as flat
 * lists: structured clone of small objects is several times slower.
 *
 * @module
 */
import type { Movable } from "./job_types.ts";

/** The kinds of messages to a worker. */
export const ToWorker = {
  /** `[Run, slot, seq, name, args, extra, ...]` */
  Run: 0,
  /** `[Cancel, seq, message]` */
  Cancel: 1,
  /** `[Grant, seq, count]`: a stream may yield that many values more. */
  Grant: 2,
  /** `[Stop]`: end the tasks that jobs have left, and say so. */
  Stop: 3,
} as const;

/** The kinds of messages from a worker. */
export const FromWorker = {
  /** `[Ready, marksAreKept]` */
  Ready: 10,
  /** `[StartFailed, error]` */
  StartFailed: 11,
  /** `[Results, seconds, slot, outcome, value, ...]` */
  Results: 12,
  /** `[Stopped]` */
  Stopped: 13,
  /** `[Process, pid, leadsGroup, lives]`: a job has started one, or it is gone. */
  Process: 14,
} as const;

/** How a job ended, or what else is told of it. */
export const Outcome = {
  Ok: 0,
  Failed: 1,
  /** With the error, if nobody had asked for it. */
  Cancelled: 2,
  /** Not the end: a stream's value. */
  Yielded: 3,
  /** It was taken back before it began. */
  Skipped: 4,
  /** Its deadline had passed before it began. */
  Expired: 5,
  /** As `Ok`, of one that had been asked to end. */
  OkAllTheSame: 6,
  /** As `Failed`, of one that had been asked to end before it failed. */
  FailedAllTheSame: 7,
} as const;

/** How many entries a job has in a {@linkcode ToWorker.Run}. */
export const RUN_WIDTH = 5;
/** Where they begin. */
export const FIRST_RUN = 1;
/** How many entries an end has in {@linkcode FromWorker.Results}. */
export const RESULT_WIDTH = 3;
/** Where they begin. */
export const FIRST_RESULT = 2;

/** Sends a message to the other side; throws if it cannot be sent. */
export type Post = (
  message: unknown,
  transfer: readonly Movable[],
) => void;

/** What only some jobs bring along. */
export interface Extra {
  /** When the job has to be done, in seconds since 1970. */
  readonly deadline: number | undefined;
  /** The same in the time of the loop, where the job runs in that of who submits it. */
  readonly due: number | undefined;
  /** How many values it may yield ahead; `undefined` if nobody reads them. */
  readonly credit: number | undefined;
  /** Where it comes from, if from another engine. */
  readonly origin: JobOrigin | undefined;
}

/** What the engine that a job comes from says of it. */
export interface JobOrigin {
  /** What it calls the job. */
  readonly id: string;
  /** How often it has begun the job. */
  readonly attempt: number;
}

/** Options of a job that comes from another engine. */
export interface OriginOptions {
  /** @internal */
  readonly _origin?: JobOrigin | undefined;
}

/** What a worker is started with. */
export interface WorkerStart {
  /** The URL of the module of jobs. */
  readonly module: string;
  /** How many jobs may run at once. */
  readonly concurrency: number;
  /** How many jobs may be in its hands. */
  readonly slots: number;
  /** How long what jobs have left behind may clean up at its end, in seconds. */
  readonly grace: number;
  /** The name of the worker. */
  readonly name: string;
}

/** What a worker is told first. */
export interface Hello extends WorkerStart {
  /** The marks of the jobs, if memory can be shared. */
  readonly marks?: Int32Array | undefined;
  /** The file with the marks of the jobs, if it has one. */
  readonly markFile?: number | undefined;
}
