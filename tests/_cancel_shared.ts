/**
 * What the random async functions of one run share, and what must be so of it at the end.
 *
 * @module
 */
import { type EventLoop, Lock, Queue, Semaphore } from "../mod.ts";
import { must } from "./_cancel_words.ts";

const PERMITS = 2;

/** The primitives of one run. */
class Shared {
  readonly lock = new Lock();
  readonly semaphore = new Semaphore(PERMITS);
  readonly #queue = new Queue<number>();
  // What was put and has not been got, by number.
  readonly #items = new Set<number>();
  #lastItem = 0;
  #holders = 0;

  /** Notes that somebody has a permit. */
  hold(): Disposable {
    must(++this.#holders <= PERMITS, "Too many hold a permit");
    return { [Symbol.dispose]: () => void this.#holders-- };
  }

  put(): void {
    this.#items.add(++this.#lastItem);
    this.#queue.putNowait(this.#lastItem);
  }

  async get(): Promise<void> {
    const item = await this.#queue.get();
    must(this.#items.delete(item), `Item ${item} was given twice`);
  }

  /** Fails if something was lost. */
  check(): void {
    must(!this.lock.locked(), "A lock was not given back");
    must(this.#holders === 0, "Somebody still holds a permit");
    for (let i = 0; i < PERMITS; i++) {
      must(!this.semaphore.locked(), "A permit was not given back");
      this.semaphore.acquire().next();
    }
    must(
      this.#queue.qsize() === this.#items.size,
      `${this.#items.size} items were not taken, ${this.#queue.qsize()} are there`,
    );
  }
}

const all = new WeakMap<EventLoop, Shared>();

/** What the functions of a loop share. */
export function sharedOf(loop: EventLoop): Shared {
  let shared = all.get(loop);
  if (shared === undefined) all.set(loop, shared = new Shared());
  return shared;
}
