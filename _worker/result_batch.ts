/**
 * Sends results to the pool, in batches.
 *
 * @module
 */
import { describeValue, isInstance } from "../_base/repr.ts";
import { toErrorData } from "../_executor/error_data.ts";
import { hostTime } from "../_executor/host_timer.ts";
import {
  FIRST_RESULT,
  FromWorker,
  Outcome,
  type Post,
  RESULT_WIDTH,
} from "../_executor/wire.ts";
import { Pace } from "./pace.ts";
import { worker } from "./state.ts";
import type { Movable } from "../_executor/job_types.ts";

// Before what function results may wait, in seconds: one that takes longer may compute, or wait
// for who waits for them.
const QUICK = 0.0002;

/** Results that are not sent yet. */
export class ResultBatch {
  readonly #post: Post;
  readonly #longestWait: number;
  // The message that they are sent in.
  #results: unknown[] = message();
  #moves: Movable[] = [];
  // When the last batch was sent, or the first job since then came.
  #since = 0;
  // When the last function was called or gave its result.
  #last = 0;
  readonly #pace = new Pace(QUICK);

  /**
   * Makes an empty batch.
   *
   * @param post Sends a message to the pool.
   * @param longestWait How long a result may wait for others, in seconds.
   */
  constructor(post: Post, longestWait: number) {
    this.#post = post;
    this.#longestWait = longestWait;
  }

  /** Begins to measure: jobs have come. */
  begin(): void {
    this.#since = this.#last = hostTime();
  }

  /** Adds the end of a job. */
  add(slot: number, outcome: number, value: unknown): void {
    this.#results.push(slot, outcome, value);
    if (typeof value !== "object" || value === null) return;
    if (isOk(outcome)) this.#moves.push(...movesOf(value));
  }

  /**
   * Sends a stream's value, now.
   *
   * @throws {TypeError} If it cannot be sent.
   */
  yield(slot: number, value: unknown): void {
    try {
      this.#post(message(slot, Outcome.Yielded, value), movesOf(value));
    } catch (error) {
      throw cannotSend("a value that the job yielded", value, error);
    }
  }

  /** Sends what there is, if the function that is called next may hold it up. */
  flushBefore(name: string): void {
    if (this.#isEmpty() || this.#longestWait === Infinity) return;
    if (!this.#pace.isQuick(name)) this.flush();
  }

  /** Notes that functions are called again, after a wait. */
  resume(): void {
    this.#last = hostTime();
  }

  /** Notes that a function has come to its first wait or its end. */
  ran(name: string): void {
    const now = hostTime();
    this.#pace.note(name, now - this.#last);
    this.#last = now;
  }

  /** Sends what there is, if the first has waited long enough. */
  flushIfLate(): void {
    if (this.#last - this.#since > this.#longestWait) this.flush();
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#isEmpty()) return;
    const results = this.#results;
    const moves = this.#moves;
    this.#results = message();
    if (moves.length > 0) this.#moves = [];
    const now = hostTime();
    results[1] = now - this.#since;
    this.#since = this.#last = now;
    try {
      this.#post(results, moves);
    } catch {
      // One of them can't be sent: each for itself, then.
      for (let i = FIRST_RESULT; i < results.length; i += RESULT_WIDTH) {
        this.#sendOne(results.slice(i, i + RESULT_WIDTH));
      }
    }
  }

  #isEmpty(): boolean {
    return this.#results.length === FIRST_RESULT;
  }

  #sendOne(result: unknown[]): void {
    const [slot, outcome, value] = result as [number, number, unknown];
    try {
      this.#post(message(...result), isOk(outcome) ? movesOf(value) : []);
    } catch (error) {
      const data = toErrorData(
        cannotSend("the result of the job", value, error),
      );
      this.#post(message(slot, Outcome.Failed, data), []);
    }
  }
}

function message(...results: unknown[]): unknown[] {
  return [FromWorker.Results, 0, ...results];
}

function movesOf(value: unknown): readonly Movable[] {
  return typeof value === "object" && value !== null
    ? worker.moves.get(value) ?? []
    : [];
}

function cannotSend(what: string, value: unknown, cause: unknown): TypeError {
  const reason = isInstance(cause, Error) ? `: ${cause.message}` : "";
  return new TypeError(
    `Cannot send ${what}, ${describeValue(value)}${reason}`,
    { cause },
  );
}

function isOk(outcome: number): boolean {
  return outcome === Outcome.Ok || outcome === Outcome.OkAllTheSame;
}
