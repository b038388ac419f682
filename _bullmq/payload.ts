/**
 * What goes through Redis, as JSON.
 *
 * @module
 */
import type { ErrorData } from "../_executor/error_data.ts";

/** The data of a job in the queue: once it is there, who cancels it writes it alone. */
export interface JobData {
  readonly args: unknown[];
  /** When it has to be done, in milliseconds since 1970. */
  readonly deadline?: number;
  /** That somebody reads what it yields. */
  readonly stream?: StreamData;
  /** That it is to end: the message of the cancel. */
  readonly cancel?: string;
}

/** How a job's values are read. */
export interface StreamData {
  /** How many values it may yield at first. */
  readonly credit: number;
  /** How long it waits for more credit before its reader counts as gone, in seconds. */
  readonly patience: number;
}

/** How a job has ended that gave no result. */
export type JobEnd =
  | {
    readonly kind: "cancelled";
    /** Why its clean-up was cut off, if it was: a WorkerLostError. */
    readonly lost?: ErrorData;
    /** Its own error, if nobody had asked for its cancel. */
    readonly error?: ErrorData;
  }
  | {
    readonly kind: "expired";
    /** As of one that was cancelled. */
    readonly lost?: ErrorData;
  }
  | {
    readonly kind: "failed";
    readonly error: ErrorData;
    /** Whether it had been asked to end before it failed. */
    readonly allTheSame?: true;
  };

/** What a job gave. In a box, as BullMQ makes `null` of no result. */
export interface BoxedResult {
  readonly result?: unknown;
  /** How many values it has yielded before, if it is a stream. */
  readonly values?: number;
  /** That it had been asked to end, and gave its result all the same. */
  readonly allTheSame?: true;
}

/**
 * What a worker notes last of a job that gave no result. It is told as its progress: the
 * data is written by who cancels the job, perhaps at the same time.
 */
export interface LastNote {
  readonly end: JobEnd;
}

/** A value that a job has yielded; told as its progress. */
export interface YieldedValue {
  /** Its place, from 0 on. */
  readonly n: number;
  readonly value?: unknown;
}

/** An event on the control queue; the fields of events are texts. */
export type ControlEvent =
  | {
    readonly eventName: "cancel";
    readonly id: string;
    /** When the job was added: a later one may have the same key. */
    readonly added: string;
    readonly message: string;
  }
  | { readonly eventName: "grant"; readonly id: string; readonly upTo: string };

/** What the message of the error begins with that ends a cancelled or expired job. */
const ENDED_EARLY = "asyncio: ";

/** The text of an early end, for who looks into the queue and where the data is gone. */
export function earlyEndText(kind: "cancelled" | "expired"): string {
  return ENDED_EARLY + kind;
}

/** Returns the end that such a text tells of. */
export function earlyEnd(reason: string): JobEnd | undefined {
  switch (reason) {
    case earlyEndText("cancelled"):
      return { kind: "cancelled" };
    case earlyEndText("expired"):
      return { kind: "expired" };
    default:
      return undefined;
  }
}

/** What BullMQ says of a job whose workers were lost too often. */
const STALLED = "job stalled more than allowable limit";

/** Whether a job has failed because its workers were lost. */
export function isStalled(reason: string): boolean {
  return reason.startsWith(STALLED);
}
