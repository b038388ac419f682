/**
 * What is used of BullMQ. It is handed in, so that nobody has it who does not want it.
 *
 * @module
 */

/** A job of BullMQ, as far as it is used. */
export interface BullmqJob {
  /** What BullMQ calls it. */
  readonly id?: string | undefined;
  /** The name of the function. */
  readonly name: string;
  /** The arguments, and what else the job brings along. */
  readonly data: unknown;
  /** When it was added, in milliseconds since 1970. */
  readonly timestamp: number;
  /** What it gave. */
  readonly returnvalue: unknown;
  /** What it has told last of how far it is. */
  readonly progress: unknown;
  /** The message of its error. */
  readonly failedReason: string;
  /** When it was begun, in milliseconds since 1970. */
  readonly processedOn?: number | undefined;
  /** When it has ended, in milliseconds since 1970. */
  readonly finishedOn?: number | undefined;
  /** How often it was begun. */
  readonly attemptsStarted: number;
  /** Takes it out of the queue; rejects while a worker has it. */
  remove(): Promise<void>;
  /** Changes what it brings along. */
  updateData(data: unknown): Promise<void>;
  /** Tells how far it is. */
  updateProgress(progress: object): Promise<void>;
  /** Gives it back to the queue. */
  moveToWait(token?: string): Promise<unknown>;
}

/** What all objects of BullMQ have that hold a connection. */
export interface BullmqClient {
  /** Settles when there is a connection. */
  waitUntilReady(): Promise<unknown>;
  /** Ends its work and its connection. */
  close(force?: boolean): Promise<void>;
  /** What holds the connection, in version 6. */
  getBackend?(): object;
  /** Listens to an event. */
  on(event: never, listener: never): unknown;
}

/** A queue of BullMQ, as far as it is used. */
export interface BullmqQueue extends BullmqClient {
  /** Adds a job. */
  add(name: string, data: unknown, options?: never): Promise<unknown>;
  /** Adds jobs. */
  addBulk(jobs: never): Promise<unknown>;
  /** Looks for a job. */
  getJob(id: string): Promise<BullmqJob | undefined>;
}

/** What sends events of one's own. */
export interface BullmqEventsProducer extends BullmqClient {
  /** Sends an event. */
  publishEvent(
    event: { readonly eventName: string },
    maxEvents?: number,
  ): Promise<void>;
}

/**
 * What is used of BullMQ: `import * as bullmq from "bullmq"` is one. Versions 5 and 6 fit.
 */
export interface Bullmq {
  /** What jobs are added to. */
  readonly Queue: new (name: string, options: never) => BullmqQueue;
  /** What tells how jobs go on. */
  readonly QueueEvents: new (name: string, options: never) => BullmqClient;
  /** What sends cancels to workers. */
  readonly QueueEventsProducer: new (
    name: string,
    options: never,
  ) => BullmqEventsProducer;
  /** What takes jobs. */
  readonly Worker: new (
    name: string,
    processor: never,
    options: never,
  ) => BullmqClient;
  /** The error of a job that is not tried again. */
  readonly UnrecoverableError: new (message?: string) => Error;
}

/** Where a queue is. */
export interface BullmqQueueOptions {
  /** The name of the queue. */
  readonly queue: string;
  /**
   * How to reach Redis, as BullMQ takes it: `{ host, port }`, `{ url }` or a client. A
   * client must have `maxRetriesPerRequest: null`.
   */
  readonly connection: object;
  /**
   * What the names of all keys in Redis begin with.
   *
   * @default {"bull"}
   */
  readonly prefix?: string | undefined;
}

/** The queue on whose events cancels and grants go to the workers. */
export function controlQueue(queue: string): string {
  return `${queue}-control`;
}

/** How many events of the control queue Redis keeps, about. */
export const CONTROL_EVENTS = 10_000;

/** What all objects of a queue are made with. */
export function commonOptions(
  { connection, prefix }: BullmqQueueOptions,
): object {
  return { connection, ...(prefix === undefined ? {} : { prefix }) };
}

/** Listens to an event of BullMQ, whose names and arguments the caller knows. */
export function listenTo<A extends unknown[]>(
  client: BullmqClient,
  event: string,
  listener: (...args: A) => void,
): void {
  client.on(event as never, listener as never);
}
