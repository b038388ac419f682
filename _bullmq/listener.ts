/**
 * Hears what happens in a queue.
 *
 * @module
 */
import { deferred } from "../_host/deferred.ts";
import { closeClient, firstConnection, withLimit } from "./connection.ts";
import {
  type Bullmq,
  type BullmqClient,
  type BullmqEventsProducer,
  type BullmqQueueOptions,
  commonOptions,
  listenTo,
} from "./engine.ts";

// An event of no meaning.
const HELLO = "asyncio:hello";
// How long the second one waits for the first to be heard, in seconds, and later ones.
const FIRST_PAUSE = 0.002;
const LONGEST_PAUSE = 0.1;

/** Hears the events of a queue. */
export class Listener {
  readonly #events: BullmqClient;
  readonly #greeter: BullmqEventsProducer;
  readonly #heard = deferred<void>();
  // The same, but never rejects.
  readonly #settled = this.#heard.promise.catch(() => {});
  #isUp = false;

  /**
   * Makes a listener, which connects.
   *
   * @param queue The queue whose events it hears.
   * @param options Where that is; the name of the queue in it does not count.
   */
  constructor(bullmq: Bullmq, queue: string, options: BullmqQueueOptions) {
    const common = commonOptions(options) as never;
    this.#events = new bullmq.QueueEvents(queue, common);
    this.#greeter = new bullmq.QueueEventsProducer(queue, common);
  }

  /** Listens to an event. */
  on<E>(event: string, take: (event: E) => void): void {
    listenTo(this.#events, event, take);
  }

  /**
   * Waits until it hears all that happens from now on; call it once.
   *
   * @returns A promise that rejects with the first error.
   */
  async ready(): Promise<void> {
    const { promise, resolve, reject } = this.#heard;
    this.on(HELLO, () => resolve());
    this.on("error", reject);
    const both = [this.#events, this.#greeter];
    await Promise.all(both.map(firstConnection));
    // The engine reads from the newest event on, some time after it has its connection:
    // what happens in between, it would never hear.
    let pause = FIRST_PAUSE;
    await this.#greet();
    while (!await withLimit(this.#settled, pause)) {
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      await this.#greet();
    }
    await promise;
    this.#isUp = true;
    void closeClient(this.#greeter, true);
  }

  /** Ends the connections; never rejects. */
  async close(): Promise<void> {
    this.#heard.reject(new Error("The connection is closed"));
    const both = [this.#events, this.#greeter];
    await Promise.all(both.map((client) => closeClient(client, this.#isUp)));
  }

  #greet(): Promise<void> {
    // Redis throws no other event away for it.
    const most = Number.MAX_SAFE_INTEGER;
    return this.#greeter.publishEvent({ eventName: HELLO }, most);
  }
}
