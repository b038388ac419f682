/**
 * Web workers, in browsers, and wherever the user makes the worker.
 *
 * @module
 */
import { isList } from "../_base/repr.ts";
import { hostName } from "../_executor/host.ts";
import type { Hello, WorkerStart } from "../_executor/wire.ts";
import { checkReadable } from "../_worker/readable.ts";
import { SharedMarks } from "../_worker/marks.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";
import type { Movable } from "../_executor/job_types.ts";

/**
 * What is used of a `Worker` of the web, for hosts whose types have none. A thread of Node
 * is another thing.
 */
export interface WebWorker {
  /** Is set to what hears its messages. */
  onmessage: object | null;
  /** Is set to what hears that it failed. */
  onerror: object | null;
  /** Listens to its end, on hosts that tell it. */
  addEventListener(type: "close", listener: () => void): void;
  /** Sends it a message. */
  postMessage(message: unknown, transfer: Movable[]): void;
  /** Ends it. */
  terminate(): void;
}

interface HostWorker extends WebWorker {
  onmessage: (event: MessageEvent) => void;
  onerror: (event: HostErrorEvent) => void;
  ref?(): void;
  unref?(): void;
}

interface HostErrorEvent {
  readonly message?: string;
  preventDefault(): void;
}

interface Host {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly locks?: LockManagerLike };
}

interface LockManagerLike {
  request(
    name: string,
    options: { signal: AbortSignal },
    callback: () => unknown,
  ): Promise<unknown>;
}

/** Makes web workers. */
export class WebFactory implements ChannelFactory {
  readonly kills: boolean = hostName() !== "Deno";
  readonly isReal = true;
  readonly copies = true;
  readonly moves = true;
  readonly #make: () => WebWorker;

  constructor(make: () => WebWorker) {
    this.#make = make;
  }

  open(start: WorkerStart, events: ChannelEvents): Channel {
    return new WebChannel(this.#make(), start, events);
  }
}

class WebChannel implements Channel {
  readonly marks: SharedMarks | undefined;
  readonly #events: ChannelEvents;
  readonly #worker: HostWorker;
  readonly #lock: string | undefined;
  // Ends the wait for the lock.
  readonly #watch = new AbortController();
  #isWatching = false;
  #isGone = false;

  constructor(made: WebWorker, start: WorkerStart, events: ChannelEvents) {
    this.#events = events;
    const worker = this.#worker = made as HostWorker;
    worker.onmessage = ({ data }): void => {
      // A job may say something to the page: that is for nobody here.
      if (this.#isGone || !isList(data)) return;
      this.#watchLock();
      events.message(data);
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      this.#leave(new Error(event.message ?? "the worker failed to load"));
    };
    // Bun has this event.
    worker.addEventListener("close", () => this.#leave(undefined));
    const hasLocks = (globalThis as Host).navigator?.locks !== undefined;
    this.#lock = hasLocks ? `asyncio ${crypto.randomUUID()}` : undefined;
    this.marks = canShare() ? SharedMarks.make(start.slots, true) : undefined;
    const hello: Hello = { ...start, marks: this.marks?.memory };
    worker.postMessage({ ...hello, lock: this.#lock }, []);
  }

  post(message: unknown, transfer: readonly Movable[]): void {
    checkReadable(message, false);
    this.#worker.postMessage(message, transfer as Transferable[]);
  }

  end(): void {
    this.#leave(undefined);
  }

  kill(): void {
    this.#leave(undefined);
  }

  ref(): void {
    this.#worker.ref?.();
  }

  unref(): void {
    this.#worker.unref?.();
  }

  // The worker holds a lock for life, as the web tells nobody that one has ended. It has
  // it by the time of its first message.
  #watchLock(): void {
    if (this.#isWatching || this.#lock === undefined) return;
    this.#isWatching = true;
    const { locks } = (globalThis as Host).navigator!;
    const { signal } = this.#watch;
    locks!.request(this.#lock, { signal }, () => this.#leave(undefined))
      .catch(() => {
        // Its end was told by other means.
      });
  }

  #leave(error: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#watch.abort();
    this.#worker.terminate();
    this.#events.exit(error);
  }
}

function canShare(): boolean {
  const { crossOriginIsolated } = globalThis as Host;
  return typeof SharedArrayBuffer !== "undefined" &&
    crossOriginIsolated !== false;
}
