/**
 * `Barrier`: lets a fixed number of tasks wait for each other.
 *
 * ```ts
 * import { Barrier, gather, run, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 *
 * await run(async () => {
 *   const barrier = new Barrier(2);
 *   async function racer(delay: number) {
 *     await sleep(delay);
 *     log.push("ready");
 *     await barrier.wait();
 *     log.push("go");
 *   }
 *   await gather(() => racer(0.001), () => racer(0.002));
 * });
 * assertEquals(log, ["ready", "ready", "go", "go"]);
 * ```
 *
 * @module
 */
import { Condition } from "./condition.ts";
import type { Coro, Coroutine } from "./_coroutine/coroutine.ts";
import { BrokenBarrierError } from "./errors.ts";
import { check, integer } from "./_base/arguments.ts";
import { unplaced } from "./_base/error_place.ts";
import { MethodCoroutine } from "./_task/function_coroutine.ts";
import { keepName, title } from "./_sync/describe.ts";

/** Options of {@linkcode Barrier}. */
export interface BarrierOptions {
  /** The name, for reports such as `formatTaskTree()`. */
  readonly name?: string | undefined;
}

const PARTIES = integer(1);

/** A task inside a barrier. */
interface Arrival {
  place: number;
}

// Filling: tasks arrive. Draining: all have arrived, and leave one by one.
// Resetting: those inside leave with an error. Broken: nobody gets in.
type State = "filling" | "draining" | "resetting" | "broken";

/**
 * A place where tasks wait until as many as there are parties have arrived. Then they
 * all go on, and it can be used again.
 *
 * - **Turns**: the last to arrive goes on at once, the others in the next turn.
 * - **Next round**: whoever arrives while others are leaving waits until they have left.
 * - **Cancellation**: a task that is cancelled while it waits no longer counts; the
 *   barrier is not broken by that.
 * - **Loop**: it belongs to the loop in which somebody first waits.
 *
 * @example Let one of them do what is done once
 * ```ts
 * import { Barrier, gather, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * let cleared = 0;
 *
 * await run(async () => {
 *   const barrier = new Barrier(3);
 *   async function work() {
 *     if ((await barrier.wait()) === 0) cleared++;
 *   }
 *   await gather(work, work, work);
 * });
 * assertEquals(cleared, 1);
 * ```
 */
export class Barrier {
  static {
    keepName(this, "Barrier");
  }

  readonly #title: string;
  readonly #parties: number;
  // Notified at every change of the state.
  readonly #changed: Condition;
  #state: State = "filling";
  // Those inside, who have arrived and not left, in the order in which they came.
  readonly #inside = new Set<Arrival>();

  /**
   * Makes a barrier.
   *
   * @param parties How many tasks wait for each other: an integer of at least 1.
   * @param options The name.
   * @throws {RangeError} If `parties` is less than 1 or no integer.
   * @throws {TypeError} If there is an unknown option.
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    check("make a Barrier", "parties", parties, PARTIES);
    this.#title = title(this, options);
    this.#parties = parties;
    this.#changed = new StateCondition(
      () => `${this.#title}, ${this.#inside.size} of ${parties} there`,
    );
  }

  /** How many tasks wait for each other. */
  get parties(): number {
    return this.#parties;
  }

  /** How many tasks wait now for the others to arrive. */
  get nWaiting(): number {
    return this.#state === "filling" ? this.#inside.size : 0;
  }

  /** Whether it was broken by {@linkcode Barrier.abort}. */
  get broken(): boolean {
    return this.#state === "broken";
  }

  /**
   * Waits until all parties have arrived.
   *
   * @returns A coroutine that gives a number from 0 to `parties - 1`, another one to
   * each task: its place in the order of arrival.
   * @throws {BrokenBarrierError} If it is or gets broken, or is reset.
   * @throws {RuntimeError} If others wait in another loop.
   */
  wait(): Coroutine<number> {
    return new MethodCoroutine("wait", () => this.#wait());
  }

  /**
   * Returns it to the state of a new one. Those who wait get a {@linkcode BrokenBarrierError}.
   *
   * @returns A coroutine that ends when this is done.
   *
   * @example Mend a broken barrier
   * ```ts
   * import { Barrier, run } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * await run(async () => {
   *   const barrier = new Barrier(2);
   *   await barrier.abort();
   *   await barrier.reset();
   *   assert(!barrier.broken);
   * });
   * ```
   */
  reset(): Coroutine<void> {
    return new MethodCoroutine("reset", () => this.#reset());
  }

  /**
   * Breaks it: those who wait, and those who come later, get a
   * {@linkcode BrokenBarrierError}, until {@linkcode Barrier.reset}.
   *
   * @returns A coroutine that ends when this is done.
   *
   * @example Give up
   * ```ts
   * import { Barrier, run } from "@asyncio/asyncio";
   * import { assert } from "@std/assert";
   *
   * const barrier = new Barrier(2);
   * await run(() => barrier.abort());
   * assert(barrier.broken);
   * ```
   */
  abort(): Coroutine<void> {
    return new MethodCoroutine("abort", () => this.#abort());
  }

  /** Returns `<Barrier [filling, waiters:0/2]>` and the like. */
  toString(): string {
    const waiters = this.broken
      ? ""
      : `, waiters:${this.nWaiting}/${this.#parties}`;
    return `<${this.#title} [${this.#state}${waiters}]>`;
  }

  /** Returns {@linkcode Barrier.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  *#wait(): Coro<number> {
    // No `using`, here and below: browsers and older Node releases can't read it.
    const guard = yield* this.#changed.acquire();
    try {
      return yield* this.#pass();
    } finally {
      guard[Symbol.dispose]();
    }
  }

  *#pass(): Coro<number> {
    yield* this.#enter();
    const arrival: Arrival = { place: 0 };
    this.#inside.add(arrival);
    try {
      if (this.#inside.size === this.#parties) {
        this.#drain();
      } else yield* this.#waitForOthers();
      return arrival.place;
    } finally {
      this.#inside.delete(arrival);
      this.#leave();
    }
  }

  // Places are given when all are there: whoever was cancelled before has none.
  #drain(): void {
    let place = 0;
    for (const arrival of this.#inside) arrival.place = place++;
    this.#state = "draining";
    this.#changed.notifyAll();
  }

  *#enter(): Coro<void> {
    yield* this.#changed.waitFor(() =>
      this.#state !== "draining" && this.#state !== "resetting"
    );
    if (this.broken) {
      throw unplaced(
        new BrokenBarrierError(`Cannot wait: ${this} was aborted`),
      );
    }
  }

  *#waitForOthers(): Coro<void> {
    yield* this.#changed.waitFor(() => this.#state !== "filling");
    if (this.#state !== "draining") {
      throw unplaced(
        new BrokenBarrierError(`Cannot wait: ${this} was aborted or reset`),
      );
    }
  }

  #leave(): void {
    if (this.#inside.size > 0) return;
    if (this.#state !== "broken") this.#state = "filling";
    this.#changed.notifyAll();
  }

  *#reset(): Coro<void> {
    yield* this.#changed.acquire();
    this.#state = this.#inside.size > 0 ? "resetting" : "filling";
    this.#changed.notifyAll();
    this.#changed.release();
  }

  *#abort(): Coro<void> {
    yield* this.#changed.acquire();
    this.#state = "broken";
    this.#changed.notifyAll();
    this.#changed.release();
  }
}

/** The condition of a barrier, which speaks for the barrier in reports. */
class StateCondition extends Condition {
  readonly #describe: () => string;

  constructor(describe: () => string) {
    super();
    this.#describe = describe;
  }

  override _describe(): string {
    return this.#describe();
  }
}
