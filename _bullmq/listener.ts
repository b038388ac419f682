/**
 * Hears what happens in a queue.
 *
 * @module
 */
import { deferred } from "../_host/deferred.ts";
import { closeClient, connectAll, withLimit } from "./connection.ts";
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
  readonly #connected = new Set<BullmqClient>();

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
   * @returns A promise that rejects with the first error, and when it is closed before.
   */
  async ready(): Promise<void> {
    const { promise, resolve, reject } = this.#heard;
    this.on(HELLO, () => resolve());
    this.on("error", reject);
    // Not waited for: what is sent may wait for a connection that is lost again.
    this.#greetUntilHeard().catch(reject);
    await promise;
    void closeClient(this.#greeter, true);
  }

  /** Ends the connections; never rejects. */
  async close(): Promise<void> {
    this.#heard.reject(new Error("The connection is closed"));
    const both = [this.#events, this.#greeter];
    await Promise.all(
      both.map((client) => closeClient(client, this.#connected.has(client))),
    );
  }

  // The engine reads from the newest event on, some time after it has its connection: what
  // happens in between, it would never hear.
  async #greetUntilHeard(): Promise<void> {
    await connectAll([this.#events, this.#greeter], this.#connected);
    // Redis throws no other event away for it.
    const most = Number.MAX_SAFE_INTEGER;
    for (let pause = FIRST_PAUSE;; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await this.#greeter.publishEvent({ eventName: HELLO }, most);
      if (await withLimit(this.#settled, pause)) return;
    }
  }
}
