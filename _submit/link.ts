/**
 * The way from who submits jobs to the queue, and what is told on the way back.
 *
 * @module
 */
import { closeClient, connectAll } from "../_bullmq/connection.ts";
import {
  type Bullmq,
  type BullmqClient,
  type BullmqEventsProducer,
  type BullmqJob,
  type BullmqQueue,
  type BullmqQueueOptions,
  commonOptions,
  CONTROL_EVENTS,
  controlQueue,
} from "../_bullmq/engine.ts";
import { Listener } from "../_bullmq/listener.ts";
import type { ControlEvent } from "../_bullmq/payload.ts";
import type { QueuedJob } from "./queued_job.ts";

/** What the engine tells of jobs. */
export interface LinkEvents {
  /** A worker has begun it. */
  begun(id: string): void;
  /** It gave a result. */
  completed(id: string, result: unknown): void;
  /** It has failed. */
  failed(id: string, reason: string): void;
  /** It is in the queue no more. */
  removed(id: string): void;
  /** It was there already, so its news may be over. */
  duplicated(id: string): void;
  /** It has said something on its way. */
  progress(id: string, data: unknown): void;
}

interface JobNews {
  readonly jobId: string;
}

/** The connections of who submits jobs. */
export class Link {
  /** Settles when jobs can be sent; rejects if Redis is out of reach. */
  readonly ready: Promise<void>;
  readonly #queue: BullmqQueue;
  readonly #events: Listener;
  readonly #control: BullmqEventsProducer;
  readonly #connected = new Set<BullmqClient>();

  constructor(
    bullmq: Bullmq,
    options: BullmqQueueOptions,
    jobOptions: object,
    news: LinkEvents,
  ) {
    const { queue } = options;
    const common = commonOptions(options);
    this.#queue = new bullmq.Queue(
      queue,
      { ...common, defaultJobOptions: jobOptions } as never,
    );
    this.#events = new Listener(bullmq, queue, options);
    this.#control = new bullmq.QueueEventsProducer(
      controlQueue(queue),
      common as never,
    );
    this.#listen(news);
    this.ready = this.#connect();
  }

  /** Adds jobs to the queue. */
  async add(jobs: readonly QueuedJob[]): Promise<void> {
    const batch = jobs.map((job) => ({
      name: job.jobName,
      data: job.data(),
      opts: { jobId: job.id },
    }));
    if (batch.length > 1) {
      await this.#queue.addBulk(batch as never);
    } else {
      // A transaction for one job would cost more than the job.
      for (const { name, data, opts } of batch) {
        await this.#queue.add(name, data, opts as never);
      }
    }
  }

  /** Looks for a job. */
  async get(id: string): Promise<BullmqJob | undefined> {
    return await this.#queue.getJob(id);
  }

  /** Tells the workers that a job is to end, which is there as this. */
  async tellCancel({ id, told }: QueuedJob, there: BullmqJob): Promise<void> {
    const added = String(there.timestamp);
    await this.#tell({ eventName: "cancel", id, added, message: told! });
  }

  /** Tells the workers how many values a job may yield, if it is a stream. */
  async grant({ id, stream }: QueuedJob): Promise<void> {
    if (stream === undefined) return;
    const upTo = String(stream.granted);
    await this.#tell({ eventName: "grant", id, upTo });
  }

  /** Ends the connections; never rejects. */
  async close(): Promise<void> {
    const closed = this.#clients().map((client) =>
      closeClient(client, this.#connected.has(client))
    );
    await Promise.all([this.#events.close(), ...closed]);
  }

  async #tell(event: ControlEvent): Promise<void> {
    await this.#control.publishEvent(event, CONTROL_EVENTS);
  }

  async #connect(): Promise<void> {
    const connected = connectAll(this.#clients(), this.#connected);
    await Promise.all([this.#events.ready(), connected]);
  }

  #clients(): BullmqClient[] {
    return [this.#queue, this.#control];
  }

  #listen(news: LinkEvents): void {
    const events = this.#events;
    events.on("active", ({ jobId }: JobNews) => news.begun(jobId));
    events.on(
      "completed",
      ({ jobId, returnvalue }: JobNews & { readonly returnvalue: unknown }) =>
        news.completed(jobId, returnvalue),
    );
    events.on(
      "failed",
      ({ jobId, failedReason }: JobNews & { readonly failedReason: string }) =>
        news.failed(jobId, failedReason),
    );
    events.on("removed", ({ jobId }: JobNews) => news.removed(jobId));
    events.on("duplicated", ({ jobId }: JobNews) => news.duplicated(jobId));
    events.on(
      "progress",
      ({ jobId, data }: JobNews & { readonly data: unknown }) =>
        news.progress(jobId, data),
    );
  }
}
