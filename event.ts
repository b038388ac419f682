/**
 * `Event`: a flag that tasks can wait for.
 *
 * All waiting tasks go on when it is set. To hand over a value once, use a
 * `Future`; to hand over many, a `Queue`.
 *
 * ```ts
 * import { createTask, Event, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 *
 * await run(async () => {
 *   const ready = new Event();
 *   const worker = createTask(async () => {
 *     await ready.wait();
 *     log.push("started");
 *   });
 *   log.push("prepared");
 *   ready.set();
 *   await worker;
 * });
 * assertEquals(log, ["prepared", "started"]);
 * ```
 *
 * @module
 */
import type { Coroutine } from "./_coroutine/coroutine.ts";
import { describeState, keepName, title } from "./_sync/describe.ts";
import {
  type Waitable,
  WaitOperation,
  WOULD_BLOCK,
} from "./_sync/wait_operation.ts";
import type { OwnedFuture } from "./_task/owned_future.ts";
import { bindLoop, WaiterList } from "./_sync/waiter_list.ts";

/** Options of {@linkcode Event}. */
export interface EventOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

/**
 * A flag that tasks can wait for. It begins unset.
 *
 * It has the name of the Web's `Event`, which an import of this one hides.
 *
 * - **Order**: those who wait go on in the order in which they came, in the next turn.
 * - **Clearing**: whoever was waiting at `set()` goes on even if `clear()` follows at once.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @example Wait in both styles
 * ```ts
 * import { createTask, Event, gather, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const event = new Event();
 *   const one = createTask(async () => await event.wait());
 *   const two = createTask(function* () {
 *     return yield* event.wait();
 *   });
 *   event.set();
 *   assertEquals(await gather(one, two), [true, true]);
 * });
 * ```
 */
export class Event {
  static {
    keepName(this, "Event");
  }

  readonly #title: string;
  readonly #waitable: EventWaitable;

  /**
   * Makes an event that is not set.
   *
   * @param options The name.
   * @throws {TypeError} If there is an unknown option.
   */
  constructor(options: EventOptions = {}) {
    this.#title = title(this, options);
    this.#waitable = new EventWaitable(this, this.#title);
  }

  /**
   * Says whether it is set.
   *
   * @example Ask
   * ```ts
   * import { Event } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * const event = new Event();
   * assert(!event.isSet());
   * event.set();
   * assert(event.isSet());
   * ```
   */
  isSet(): boolean {
    return this.#waitable.isOpen;
  }

  /** Sets it: all waiting tasks go on, and later ones do not wait. */
  set(): void {
    if (this.#waitable.isOpen) return;
    this.#waitable.isOpen = true;
    this.#waitable.waiters.wakeAll();
  }

  /** Unsets it: whoever comes now waits for the next {@linkcode Event.set}. */
  clear(): void {
    this.#waitable.isOpen = false;
  }

  /**
   * Waits until it is set; does not wait if it is.
   *
   * @returns A coroutine that gives true.
   * @throws {RuntimeError} If others wait for it in another loop.
   *
   * @example No wait once it is set
   * ```ts
   * import { Event, run } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * const event = new Event();
   * event.set();
   * assert(await run(() => event.wait()));
   * ```
   */
  wait(): Coroutine<true> {
    return new WaitOperation(this.#waitable, undefined);
  }

  /** Returns `<Event [unset, waiters:1]>` and the like. */
  toString(): string {
    const state = this.#waitable.isOpen ? "set" : "unset";
    return describeState(this.#title, state, this.#waitable.waiters.size);
  }

  /** Returns {@linkcode Event.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Passes while the event is set. */
class EventWaitable implements Waitable<undefined, true> {
  readonly name = "wait";
  readonly waiters: WaiterList;
  isOpen = false;

  constructor(event: Event, title: string) {
    this.waiters = new WaiterList(bindLoop(event), {
      describeWait: () => title,
    });
  }

  tryNow(): true | typeof WOULD_BLOCK {
    return this.isOpen ? true : WOULD_BLOCK;
  }

  afterWake(_: undefined, waiter: OwnedFuture): true {
    this.waiters.remove(waiter);
    return true;
  }

  abandon(waiter: OwnedFuture): void {
    this.waiters.remove(waiter);
  }
}
