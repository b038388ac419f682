/**
 * The reference models: what each primitive may do, in the fewest words.
 *
 * A program tells its judge when a wait begins, and what came of it. The model of the
 * primitive says whether that may be. At times at which nothing can happen any more, it
 * also says who should have gone on and stands still.
 *
 * @module
 */

/** What may end the waits inside: a task, a timeout or a group, inside another. */
export interface Scope {
  readonly outer: Scope | undefined;
  /** Whether what is inside was asked to end. */
  aborted: boolean;
  /** When what is inside is asked to end. */
  readonly deadline: number;
}

/** One wait of a task. */
export interface Wait {
  readonly who: string;
  readonly kind: string;
  readonly argument: unknown;
  readonly scope: Scope;
  /** Whether it was let through, and has not come back yet. */
  released: boolean;
}

/** What the library did that it must not do. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Says that something must hold. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** Says whether a wait may have been asked to end. */
export function isGone({ scope }: Wait, now: number): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.aborted || now >= at.deadline) return true;
  }
  return false;
}

/** A reference model. */
export abstract class Model {
  /** Those who wait, in the order in which they came. */
  readonly waits: Wait[] = [];
  /** Gives the time. */
  now: () => number = () => 0;

  /** A wait begins. */
  begin(wait: Wait): void {
    this.waits.push(wait);
  }

  /** A wait has ended with a result. */
  abstract finish(wait: Wait, result: unknown): void;

  /** A wait has ended with an error. */
  leave(wait: Wait, error: Error): void {
    this.remove(wait);
    must(
      error.name === "CancelledError" && isGone(wait, this.now()),
      `${wait.who}: ${wait.kind} threw ${error}`,
    );
  }

  /** Who could go on, and stands still. */
  abstract stuck(): Wait | undefined;

  /** Who was asked to end, and stands still. */
  unheard(): Wait | undefined {
    return this.waits.find((wait) => isGone(wait, this.now()));
  }

  /**
   * Takes a wait out.
   *
   * @param wait The wait.
   * @param most Before how many it may go on that came earlier.
   */
  protected pass(wait: Wait, most = 0): void {
    const earlier = this.waits.slice(0, this.waits.indexOf(wait))
      .filter((other) =>
        other.kind === wait.kind && !isGone(other, this.now())
      );
    must(
      earlier.length <= most,
      `${wait.who} has overtaken ${earlier[0]?.who} at ${wait.kind}`,
    );
    this.remove(wait);
  }

  protected remove(wait: Wait): void {
    this.waits.splice(this.waits.indexOf(wait), 1);
  }
}

/** A number of permits; a lock has one. */
export class PermitModel extends Model {
  readonly total: number;
  free: number;

  constructor(total: number) {
    super();
    this.total = this.free = total;
  }

  override finish(wait: Wait): void {
    this.pass(wait);
    must(this.free > 0, `${wait.who} has a permit too many`);
    this.free--;
  }

  override stuck(): Wait | undefined {
    return this.free > 0 ? this.waits[0] : undefined;
  }

  release(): void {
    this.free++;
  }
}

/** A flag. */
export class EventModel extends Model {
  isSet = false;

  override begin(wait: Wait): void {
    wait.released = this.isSet;
    super.begin(wait);
  }

  override finish(wait: Wait): void {
    this.remove(wait);
    must(wait.released, `${wait.who} passed an event that is not set`);
  }

  override stuck(): Wait | undefined {
    return this.waits.find(({ released }) => released);
  }

  set(): void {
    this.isSet = true;
    for (const wait of this.waits) wait.released = true;
  }

  clear(): void {
    this.isSet = false;
  }
}

/** A lock, and those who wait for a notification. */
export class ConditionModel extends Model {
  #free = true;
  // How many notifications have not come back as the end of a wait: at most, and at least.
  // Whether one that was asked to end had one before is not to be seen.
  #most = 0;
  #least = 0;

  override finish(wait: Wait): void {
    this.remove(wait);
    this.#take(wait);
    if (wait.kind === "acquire") return;
    must(this.#most > 0, `${wait.who} was notified by nobody`);
    this.#most--;
    this.#least = Math.max(this.#least - 1, 0);
  }

  override leave(wait: Wait, error: Error): void {
    super.leave(wait, error);
    if (wait.kind === "acquire") return;
    // It has the lock again, and another takes the notification that it may have had.
    this.#take(wait);
    this.#count(1, 0);
  }

  override stuck(): Wait | undefined {
    if (!this.#free) return undefined;
    return this.waits.find(({ kind }) => kind === "acquire" || this.#least > 0);
  }

  override unheard(): Wait | undefined {
    // It needs the lock to leave.
    const wait = super.unheard();
    return this.#free || wait?.kind === "acquire" ? wait : undefined;
  }

  /** Who begins to wait for a notification gives the lock away. */
  override begin(wait: Wait): void {
    super.begin(wait);
    if (wait.kind !== "acquire") this.#free = true;
  }

  notify(count: number): void {
    this.#count(count, count);
  }

  release(): void {
    this.#free = true;
  }

  #count(most: number, least: number): void {
    const waiting = this.waits.filter(({ kind }) => kind !== "acquire");
    const live = waiting.filter((wait) => !isGone(wait, this.now()));
    this.#most = Math.min(this.#most + most, waiting.length);
    this.#least = Math.min(this.#least + least, live.length);
  }

  #take(wait: Wait): void {
    must(this.#free, `${wait.who} has a lock that another holds`);
    this.#free = false;
  }
}

/** Items, in one of three orders. */
export class QueueModel extends Model {
  readonly items: number[] = [];
  readonly #order: string;
  readonly #capacity: number;
  #unfinished = 0;
  #isShut = false;

  constructor(order: string, maxsize: number) {
    super();
    this.#order = order;
    this.#capacity = maxsize > 0 ? maxsize : Infinity;
  }

  get isFull(): boolean {
    return this.#room <= 0;
  }

  get #room(): number {
    return this.#capacity - this.items.length;
  }

  override begin(wait: Wait): void {
    wait.released = this.#unfinished === 0;
    super.begin(wait);
  }

  override finish(wait: Wait, result: unknown): void {
    if (wait.kind === "join") {
      this.remove(wait);
      must(wait.released, `${wait.who} joined before all was done`);
      return;
    }
    // Who comes later may be the first to run, but takes nothing that is for another.
    const isPut = wait.kind === "put";
    const there = isPut ? this.#room : this.items.length;
    this.pass(wait, there - 1);
    if (isPut) this.put(wait.argument as number);
    else this.get(result);
  }

  override leave(wait: Wait, error: Error): void {
    if (error.name !== "QueueShutDown") return super.leave(wait, error);
    this.remove(wait);
    must(this.#isShut, `${wait.kind} threw ${error}`);
  }

  override stuck(): Wait | undefined {
    return this.waits.find(({ kind }) =>
      kind === "join" ? this.#unfinished === 0 : this.#isShut ||
        (kind === "put" ? !this.isFull : this.items.length > 0)
    );
  }

  put(item: number): void {
    must(!this.#isShut && !this.isFull, `${item} was put where is no room`);
    this.items.push(item);
    this.#unfinished++;
  }

  get(item: unknown): void {
    const { items } = this;
    const least = this.#order === "priority" ? Math.min(...items) : items[0];
    const expected = this.#order === "lifo" ? items.at(-1) : least;
    must(item === expected, `got ${item} instead of ${expected}`);
    const index = this.#order === "lifo"
      ? items.length - 1
      : items.indexOf(expected!);
    items.splice(index, 1);
  }

  /** Whether `putNowait()` has to throw such an error. */
  refusesPut(error: string): boolean {
    return error === (this.#isShut ? "QueueShutDown" : "QueueFull") &&
      (this.#isShut || this.isFull);
  }

  /** Whether `getNowait()` has to throw such an error. */
  refusesGet(error: string): boolean {
    return error === (this.#isShut ? "QueueShutDown" : "QueueEmpty") &&
      this.items.length === 0;
  }

  /** Says whether there was something to be done. */
  taskDone(): boolean {
    if (this.#unfinished === 0) return false;
    if (--this.#unfinished === 0) this.#releaseAll();
    return true;
  }

  shutdown(immediate: boolean): void {
    this.#isShut = true;
    if (!immediate) return;
    this.#unfinished = Math.max(this.#unfinished - this.items.length, 0);
    this.items.length = 0;
    if (this.#unfinished === 0) this.#releaseAll();
  }

  #releaseAll(): void {
    for (const wait of this.waits) wait.released = true;
  }
}

/** So many that wait for each other. Who comes while others leave is in no order. */
export class BarrierModel extends Model {
  readonly parties: number;
  #come = 0;
  #passed = 0;

  constructor(parties: number) {
    super();
    this.parties = parties;
  }

  override begin(wait: Wait): void {
    super.begin(wait);
    this.#come++;
  }

  override finish(wait: Wait, place: unknown): void {
    this.remove(wait);
    const { parties } = this;
    must(
      this.#come - this.#come % parties > this.#passed++,
      `${wait.who} passed a barrier that is not full`,
    );
    must(
      Number.isInteger(place) && Number(place) >= 0 && Number(place) < parties,
      `${wait.who} has place ${place}`,
    );
  }

  override stuck(): Wait | undefined {
    return this.waits.length < this.parties ? undefined : this.waits[0];
  }
}

/** A result, once. */
export class FutureModel extends Model {
  #result: unknown;
  #error: unknown;
  isDone = false;

  override finish(wait: Wait, result: unknown): void {
    this.remove(wait);
    must(
      this.isDone && this.#error === undefined && result === this.#result,
      `${wait.who} got ${result} instead of ${this.#result}`,
    );
  }

  override leave(wait: Wait, error: Error): void {
    if (error.name === "CancelledError") return super.leave(wait, error);
    this.remove(wait);
    must(this.isDone && error === this.#error, `the future threw ${error}`);
  }

  override stuck(): Wait | undefined {
    return this.isDone ? this.waits[0] : undefined;
  }

  settle(result: unknown, error: unknown): void {
    this.isDone = true;
    this.#result = result;
    this.#error = error;
  }
}

/** A wait for a time. */
export class SleepModel extends Model {
  readonly #until = new Map<Wait, number>();

  override begin(wait: Wait): void {
    super.begin(wait);
    this.#until.set(wait, this.now() + (wait.argument as number));
  }

  override finish(wait: Wait): void {
    this.remove(wait);
    must(
      this.now() === this.#until.get(wait),
      `${wait.who} woke at ${this.now()}, not at ${this.#until.get(wait)}`,
    );
  }

  override stuck(): Wait | undefined {
    return this.waits.find((wait) => this.now() >= this.#until.get(wait)!);
  }
}
