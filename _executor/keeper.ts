/**
 * Keeps the jobs of a loop: `run()` leaves none behind, and virtual time waits for them.
 *
 * @module
 */
import { type CancelReason, cancelReason } from "../_base/cancelled.ts";
import type { Coro } from "../coroutine.ts";
import { Future } from "../future.ts";
import type { EventLoop } from "../loop.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { Task } from "../task.ts";
import type { Job } from "./job.ts";

/** Options of {@linkcode Keeper}. */
export interface KeeperOptions {
  /** Whether real time passes where the jobs run, so that virtual time has to wait. */
  readonly isReal: boolean;
  /** The name of the executor. */
  readonly name: string;
  /** Is called when no job has been under way for two turns. */
  readonly onRest: () => void;
}

/** The jobs of one loop that are under way. */
export class Keeper {
  readonly #loop: EventLoop;
  readonly #options: KeeperOptions;
  readonly #jobs = new Set<Job<unknown>>();
  #task: KeeperFuture | undefined;
  #isRelaxing = false;

  /**
   * Makes a keeper of no jobs.
   *
   * @param loop The loop.
   * @param options What kind of jobs, and whose.
   */
  constructor(loop: EventLoop, options: KeeperOptions) {
    this.#loop = loop;
    this.#options = options;
  }

  /** Begins to keep a job. */
  add(job: Job<unknown>): void {
    this.#jobs.add(job);
    if (this.#task === undefined) this.#begin();
  }

  /** Keeps a job no more: it has ended. */
  delete(job: Job<unknown>): void {
    if (!this.#jobs.delete(job) || this.#jobs.size > 0) return;
    if (this.#loop.isClosed()) return this.#rest();
    if (this.#isRelaxing) return;
    this.#isRelaxing = true;
    // In the next turn but one: who waits for jobs one by one submits the next by then.
    this.#loop.callSoon(
      () => this.#loop.callSoon(() => this.#relax(), NO_CONTEXT),
      NO_CONTEXT,
    );
  }

  /** Returns the jobs that are under way. */
  [Symbol.iterator](): IterableIterator<Job<unknown>> {
    return this.#jobs.values();
  }

  /** How many jobs are under way. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Whether its loop is closed, so that nobody waits for these jobs. */
  isAbandoned(): boolean {
    return this.#loop.isClosed();
  }

  #begin(): void {
    const loop = this.#loop;
    const future = this.#task = new KeeperFuture(loop, this);
    if (this.#options.isReal) loop._hold();
    // Not by the loop's task factory, which is for users' tasks.
    new Task(() => waitFor(future), {
      loop,
      name: `${this.#options.name} keeps its jobs`,
    });
  }

  #relax(): void {
    this.#isRelaxing = false;
    if (this.#jobs.size === 0) this.#rest();
  }

  #rest(): void {
    const future = this.#task;
    if (future === undefined) return;
    this.#task = undefined;
    if (this.#options.isReal) this.#loop._letGo();
    future.release();
    this.#options.onRest();
  }
}

/** What the task of a keeper waits for. To cancel it is to cancel the jobs. */
class KeeperFuture extends Future<void> {
  readonly #keeper: Keeper;
  #request: { readonly reason: CancelReason } | undefined;

  constructor(loop: EventLoop, keeper: Keeper) {
    super({ loop });
    this.#keeper = keeper;
  }

  release(): void {
    if (this.done() || this.#keeper.isAbandoned()) return;
    if (this.#request === undefined) this.setResult();
    else this._settleCancelled(this.#request.reason);
  }

  override cancel(message?: string, options?: ErrorOptions): boolean {
    if (this.done()) return super.cancel();
    this.#request ??= { reason: cancelReason(message, options) };
    for (const job of this.#keeper) job.cancel(message, options);
    return true;
  }

  _describe(): string {
    const names = Array.from(this.#keeper, (job) => job.jobName);
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    return `jobs ${names.slice(0, 5).join(", ")}${more}`;
  }
}

function* waitFor(future: KeeperFuture): Coro<void> {
  yield* future;
}
