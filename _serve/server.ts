/**
 * Takes the jobs of a queue, and runs them on an executor.
 *
 * @module
 */
import type { BrokenExecutor } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { EventLoop } from "../loop.ts";
import {
  closeClient,
  cutClient,
  firstConnection,
  LONGEST_GOODBYE,
  whenEnded,
  withLimit,
} from "../_bullmq/connection.ts";
import {
  type Bullmq,
  type BullmqClient,
  type BullmqJob,
  type BullmqQueueOptions,
  commonOptions,
  controlQueue,
  listenTo,
} from "../_bullmq/engine.ts";
import { Listener } from "../_bullmq/listener.ts";
import { shortText } from "../_executor/error_data.ts";
import type { JobEnd, LastNote } from "../_bullmq/payload.ts";
import {
  type CancelEvent,
  type FailedEnd,
  type ServedEnd,
  ServedJob,
} from "./served_job.ts";

/** What {@linkcode Server} is made of; spans are whole milliseconds. */
export interface ServerOptions extends BullmqQueueOptions {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

// How many cancels of jobs are kept that are not here: one may come before its job.
const MOST_CANCELS = 1000;

/** A worker of a queue. */
export class Server {
  readonly #bullmq: Bullmq;
  readonly #executor: Executor<unknown>;
  readonly #loop: EventLoop;
  readonly #options: ServerOptions;
  readonly #onBroken: (error: BrokenExecutor) => void;
  readonly #control: Listener;
  #worker: BullmqClient | undefined;
  #isTaking = false;
  #closing: Promise<void> | undefined;
  readonly #onIdle: (() => void)[] = [];
  readonly #running = new Map<string, ServedJob>();
  // By the id of their jobs, the oldest first.
  readonly #cancels = new Map<string, CancelEvent>();

  /**
   * Makes a worker that takes nothing yet.
   *
   * @param onBroken Is told when the executor can run nothing any more.
   */
  constructor(
    bullmq: Bullmq,
    executor: Executor<unknown>,
    loop: EventLoop,
    options: ServerOptions,
    onBroken: (error: BrokenExecutor) => void,
  ) {
    this.#bullmq = bullmq;
    this.#executor = executor;
    this.#loop = loop;
    this.#options = options;
    this.#onBroken = onBroken;
    this.#control = new Listener(bullmq, controlQueue(options.queue), options);
    this.#control.on(
      "cancel",
      (event: CancelEvent) => this.#cancel(event),
    );
    this.#control.on(
      "grant",
      ({ id, upTo }: { readonly id: string; readonly upTo: string }) =>
        this.#running.get(id)?.grant(Number(upTo)),
    );
  }

  /** Begins to take jobs; rejects if Redis is out of reach. */
  async start(): Promise<void> {
    // Without a connection a Worker asks again and again in microtasks, so that nothing
    // else runs any more: this one is tried first.
    await this.#control.ready();
    if (this.#closing !== undefined) return;
    const {
      queue,
      concurrency,
      lockDuration,
      stalledInterval,
      maxStalledCount,
    } = this.#options;
    const worker = this.#worker = new this.#bullmq.Worker(
      queue,
      ((job: BullmqJob, token?: string) => this.#process(job, token)) as never,
      {
        ...commonOptions(this.#options),
        concurrency,
        lockDuration,
        stalledInterval,
        maxStalledCount,
      } as never,
    );
    listenTo(
      worker,
      "lockRenewalFailed",
      (ids: readonly string[]) => {
        for (const id of ids) this.#running.get(id)?.lose();
      },
    );
    await firstConnection(worker);
    this.#isTaking = true;
  }

  /**
   * Takes no more jobs; settles when those that run have ended, and never rejects. Calling
   * it again waits for the same end.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#worker !== undefined) await this.#closeWorker(this.#worker);
    await this.#control.close();
  }

  /** Gives back the jobs that run, when they have cleaned up. */
  giveBack(): void {
    for (const served of this.#running.values()) served.giveBack();
  }

  async #closeWorker(worker: BullmqClient): Promise<void> {
    if (!this.#isTaking && this.#running.size === 0) {
      return await closeClient(worker, false);
    }
    let isClosed = false;
    const ended = whenEnded(worker);
    const closed = worker.close().catch(() => {}).then(() => {
      isClosed = true;
    });
    while (!isClosed) {
      await Promise.race([closed, this.#idle()]);
      // Redis may be away, so that nobody can be told how the last jobs have ended.
      const isLate = !await withLimit(closed, LONGEST_GOODBYE);
      if (isLate && this.#running.size === 0) {
        return await cutClient(worker, closed);
      }
    }
    if (await withLimit(ended, LONGEST_GOODBYE)) return;
    await cutClient(worker, closed);
  }

  #idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #cancel(event: CancelEvent): void {
    const { id } = event;
    const served = this.#running.get(id);
    if (served !== undefined) return served.cancelBy(event);
    this.#cancels.delete(id);
    this.#cancels.set(id, event);
    if (this.#cancels.size <= MOST_CANCELS) return;
    for (const oldest of this.#cancels.keys()) {
      this.#cancels.delete(oldest);
      return;
    }
  }

  async #process(
    there: BullmqJob,
    token: string | undefined,
  ): Promise<unknown> {
    const id = there.id!;
    const served = new ServedJob(there, this.#loop);
    // The engine may still take one that it was waiting for.
    if (this.#closing !== undefined) served.giveBack();
    const cancel = this.#cancels.get(id);
    if (cancel !== undefined) served.cancelBy(cancel);
    this.#running.set(id, served);
    let end: ServedEnd;
    try {
      end = await this.#run(served);
    } finally {
      // Here, as Redis may be away, and never hear how it has ended.
      if (this.#running.get(id) === served) this.#running.delete(id);
      if (this.#running.size === 0) {
        for (const resolve of this.#onIdle.splice(0)) resolve();
      }
    }
    return await this.#end(there, token, end);
  }

  // In the loop, as the executor wants it; the engine calls from outside.
  #run(served: ServedJob): Promise<ServedEnd> {
    return new Promise((resolve, reject) => {
      this.#loop.callSoonThreadsafe(() => {
        const { name } = served.there;
        const task = this.#loop.createTask(
          () => served.run(this.#executor),
          {
            name: `job ${name} of the queue ${this.#options.queue}`,
            // Before the engine goes on with what can wait.
            eagerStart: true,
          },
        );
        task.addDoneCallback(() => {
          if (task.cancelled()) return resolve({ kind: "given back" });
          const error = task.exception();
          if (error === undefined) resolve(task.result());
          else reject(error);
        });
      });
    });
  }

  async #end(
    there: BullmqJob,
    token: string | undefined,
    end: ServedEnd,
  ): Promise<unknown> {
    switch (end.kind) {
      case "result":
        return end.box;
      case "final":
        await noteEnd(there, end.end);
        throw new this.#bullmq.UnrecoverableError(end.message);
      case "failed":
        await noteEnd(there, end.end);
        throw this.#plainError(end.end);
      case "lost":
        throw new Error("The lock of the job was lost");
      default:
        if (end.error !== undefined) this.#onBroken(end.error);
        // If that cannot be, its lock ends, and another worker takes it then.
        await there.moveToWait(token).catch(() => {});
        throw new WaitingError("The job was given back");
    }
  }

  // What goes to the engine's own records. A class of the user's could mean something to it.
  #plainError({ error: data }: FailedEnd): Error {
    const { UnrecoverableError } = this.#bullmq;
    const { name, stack } = data.errors[0]!;
    const isFinal = name === UnrecoverableError.name;
    const error = new (isFinal ? UnrecoverableError : Error)(shortText(data));
    if (stack !== undefined) error.stack = stack;
    return error;
  }
}

/** Tells the engine that the job is in the queue again. It looks at the name. */
class WaitingError extends Error {
  override readonly name = "WaitingError";
}

// Without it who has submitted the job gets the text of its error only.
async function noteEnd(there: BullmqJob, end: JobEnd): Promise<void> {
  const note: LastNote = { end };
  try {
    await there.updateProgress(note);
  } catch {
    // The job is gone.
  }
}
