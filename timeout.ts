/**
 * `timeout()`: a time limit for a part of a task.
 *
 * The body runs in the current task. At the deadline its wait is cancelled, and once it
 * has cleaned up a TimeoutError comes out. `waitFor()` is the short form for one
 * awaitable.
 *
 * ```ts
 * import { run, sleep, timeout, TimeoutError } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () =>
 *     run(() =>
 *       timeout(0.01, async () => {
 *         await sleep(3600);
 *       })
 *     ),
 *   TimeoutError,
 * );
 * ```
 *
 * @module
 */
import { isGeneratorFunction } from "./_base/function_kinds.ts";
import {
  BOOLEAN,
  check,
  checkOptions,
  NUMBER,
  type OptionKinds,
} from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import { callFor } from "./_task/function_coroutine.ts";
import {
  contextOfCall,
  Coroutine,
  type ScopeBody,
  type Work,
  type WorkResult,
} from "./_coroutine/coroutine.ts";
import type { Start } from "./_host/async_context.ts";
import { isGenerator } from "./_coroutine/generators.ts";
import { isThenable } from "./_coroutine/thenable.ts";
import { RuntimeError, TimeoutError } from "./errors.ts";
import { Future } from "./future.ts";
import { makeUnplaced } from "./_base/error_place.ts";
import { describeBody } from "./_line/wait_text.ts";
import { BodyFuture, promiseOf } from "./_combine/body_future.ts";
import type { Handle } from "./handle.ts";
import { NO_CONTEXT, requireScheduler } from "./_loop/scheduler.ts";
import { checkBody, enterScope } from "./_combine/scope.ts";
import type { BodyLine } from "./_task/body_line.ts";

type Body<T> = ScopeBody<Timeout, T>;

/** Options of {@linkcode timeout}. */
export interface TimeoutOptions {
  /**
   * Whether the deadline gives the body up, for what waits for the host and can't be
   * stopped: the TimeoutError comes at once and the body is left behind. Each later wait for
   * this library in an async function throws; a generator is cancelled once, and may clean up
   * until the run ends. An error that the body ends with is reported.
   *
   * @default {false}
   */
  readonly abandon?: boolean | undefined;
}

const TIMEOUT_OPTIONS: OptionKinds<TimeoutOptions> = { abandon: BOOLEAN };

/** The words are those of {@linkcode Timeout.toString}. */
type State =
  | typeof CREATED
  | typeof ACTIVE
  | typeof EXPIRING
  | typeof EXPIRED
  | typeof FINISHED;
const CREATED = "created";
const ACTIVE = "active";
const EXPIRING = "expiring";
const EXPIRED = "expired";
const FINISHED = "finished";

/**
 * A time limit that a body runs under; `timeout()` hands it to the body.
 *
 * - **Cancellation**: the scope takes back its own cancel request alone; one from
 *   outside goes out as a CancelledError, also when both come at once.
 * - **Errors**: one that the body throws goes out as it is, after the deadline too.
 * - **Reuse**: a scope can be entered once.
 *
 * @example Move the deadline
 * ```ts
 * import { getRunningLoop, run, sleep, timeout } from "@asyncio/asyncio";
 * import { assert } from "@std/assert";
 *
 * await run(() =>
 *   timeout(0.01, async (scope) => {
 *     scope.reschedule(getRunningLoop().time() + 60);
 *     await sleep(0.02);
 *     assert(!scope.expired());
 *   })
 * );
 * ```
 */
export class Timeout {
  #state: State = CREATED;
  #when: number | undefined;
  #entered = 0;
  // The line of the body, which is all that it cancels.
  #line: BodyLine | undefined = undefined;
  #timer: Handle | undefined = undefined;
  // Which task waited for what at the deadline.
  #waited = "";
  // What the deadline gives up.
  #abandonable: BodyFuture | undefined = undefined;

  /**
   * Makes a scope; `timeout()` and `timeoutAt()` do it for you.
   *
   * @param when The deadline, in seconds of the loop's `time()`; none if left out.
   * @throws {TypeError} If `when` is no number.
   * @throws {RangeError} If `when` is NaN.
   */
  constructor(when?: number) {
    this.#when = checkWhen(when);
  }

  /**
   * A signal that aborts when the deadline comes, when a scope round this one ends its body,
   * or when the task is cancelled: for APIs of the host such as `fetch`.
   *
   * @throws {RuntimeError} If the scope has not begun.
   */
  get signal(): AbortSignal {
    if (this.#line === undefined) {
      throw new RuntimeError(
        `Cannot give a signal: ${this} has not been entered, ask for it in the body`,
      );
    }
    return this.#line.signal;
  }

  /** The deadline, in seconds of the loop's `time()`; `undefined` for none. */
  when(): number | undefined {
    return this.#when;
  }

  /** Whether the deadline ended the body, or is ending it. */
  expired(): boolean {
    return this.#state === EXPIRING || this.#state === EXPIRED;
  }

  /**
   * Sets another deadline; one that has passed expires in the loop's next turn.
   *
   * @param when The deadline, in seconds of the loop's `time()`; `undefined` for none.
   * @throws {RuntimeError} If the scope has not begun, has expired or has ended.
   * @throws {TypeError} If `when` is no number.
   * @throws {RangeError} If `when` is NaN.
   */
  reschedule(when: number | undefined): void {
    if (this.#state === CREATED) {
      throw new RuntimeError(
        `Cannot reschedule ${this}: it has not been entered`,
      );
    }
    if (this.#state !== ACTIVE) {
      throw new RuntimeError(`Cannot reschedule ${this}: it is ${this.#state}`);
    }
    this.#when = checkWhen(when);
    this.#schedule(this.#line!.getLoop().time());
  }

  /**
   * Runs a body under this limit, in the current task.
   *
   * @param body An async or generator function.
   * @returns A coroutine of what the body gives.
   * @throws {TypeError} If `body` is no function.
   * @throws {RuntimeError} If the scope was entered before, or outside of a task.
   * @throws {TimeoutError} If the body did not end in time.
   *
   * @example Make the scope first
   * ```ts
   * import { getRunningLoop, run, sleep, Timeout } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const value = await run(async () => {
   *   const scope = new Timeout(getRunningLoop().time() + 60);
   *   return await scope.run(() => sleep(0.001, "in time"));
   * });
   * assertEquals(value, "in time");
   * ```
   */
  run<
    T,
    B extends (scope: Timeout) => Work = never,
  >(body: B | ScopeBody<Timeout, T>): Coroutine<WorkResult<B, T>> {
    checkBody(body, "run under a timeout");
    return new TimeoutCoroutine(
      this,
      undefined,
      body as Body<WorkResult<B, T>>,
    );
  }

  /** Returns `<Timeout [active] when=12.5>` and the like. */
  toString(): string {
    const when = this.#state === ACTIVE ? ` when=${this.#when}` : "";
    return `<Timeout [${this.#state}]${when}>`;
  }

  /** Returns {@linkcode Timeout.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal */
  _enter(now: number): void {
    if (this.#state !== CREATED) {
      throw new RuntimeError(
        `Cannot enter ${this}: it has already been entered, make a new one`,
      );
    }
    this.#line = enterScope(this);
    this.#state = ACTIVE;
    this.#entered = now;
    this.#schedule(now);
  }

  /** @internal */
  _leave(error: unknown): unknown {
    this.#timer?.cancel();
    this.#timer = undefined;
    const line = this.#line!;
    if (this.#state === ACTIVE) {
      this.#state = FINISHED;
      line.leave();
      return error;
    }
    this.#state = EXPIRED;
    const isCancellation = line.isCancellation(error);
    if (line.leave() || !isCancellation) return error;
    // It may have been moved to before the beginning.
    const after = Math.max(0, this.#when! - this.#entered);
    const seconds = Number(after.toPrecision(6));
    return timedOut(`Timed out after ${seconds} s: ${this.#waited}`, error);
  }

  #schedule(now: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const when = this.#when;
    if (when === undefined || when === Infinity) return;
    const loop = this.#line!.getLoop();
    const expire = (): void => this.#expire();
    this.#timer = when <= now
      ? loop.callSoon(expire, NO_CONTEXT)
      : loop.callAt(when, expire, NO_CONTEXT);
  }

  #expire(): void {
    this.#timer = undefined;
    // The body has ended in time, and the task goes on in this turn.
    if (this.#abandonable?.done()) return;
    this.#state = EXPIRING;
    const line = this.#line!;
    this.#waited = describeBody(line, line._driver!);
    line.cancel();
    this.#abandonable?.giveUp();
  }

  /** @internal Runs the body so that the deadline can leave it behind. */
  _abandonable(opened: unknown): unknown {
    if (opened instanceof Future) return opened;
    const line = this.#line!;
    return this.#abandonable = new BodyFuture(line, promiseOf(line, opened));
  }
}

/**
 * Runs a body under a limit. It stands on the task's stack itself, so what the body
 * gives or throws comes by here: no generator round it, which would be 140 B.
 */
class TimeoutCoroutine<T> extends Coroutine<T> {
  // Made at the start if it was not given.
  #scope: Timeout | undefined;
  readonly #seconds: number | undefined;
  readonly #body: Body<T>;
  readonly #isAbandoned: boolean;
  override readonly _startInContext: Start | undefined;
  #hasEntered = false;

  constructor(
    scope: Timeout | undefined,
    seconds: number | undefined,
    body: Body<T>,
    isAbandoned = false,
  ) {
    super();
    this.#scope = scope;
    this.#seconds = seconds;
    this.#body = body;
    this.#isAbandoned = isAbandoned;
    this._startInContext = contextOfCall(this._mayRunAsync);
  }

  override get name(): string {
    return "timeout";
  }

  override get _mayRunAsync(): boolean {
    return !isGeneratorFunction(this.#body);
  }

  override _start(driver: unknown): unknown {
    const now = requireScheduler().time();
    const seconds = this.#seconds;
    const scope = this.#scope ??= new Timeout(
      seconds === undefined ? undefined : now + seconds,
    );
    scope._enter(now);
    this.#hasEntered = true;
    const opened = callFor(driver, this.#body, this.#body, scope);
    // What can't be waited for is refused as without the option.
    const mayBeAbandoned = this.#isAbandoned &&
      (isGenerator(opened) || isThenable(opened));
    return mayBeAbandoned ? scope._abandonable(opened) : opened;
  }

  override next(value?: unknown): IteratorResult<unknown, T> {
    if (this.#hasEntered) this.#scope!._leave(undefined);
    return super.next(value);
  }

  override throw(error: unknown): IteratorResult<unknown, T> {
    return super.throw(this.#hasEntered ? this.#scope!._leave(error) : error);
  }

  override return(value: T): IteratorResult<unknown, T> {
    if (this.#hasEntered) this.#scope!._leave(undefined);
    return super.return(value);
  }
}

/**
 * Runs a body in the current task, and ends it after `delay` seconds.
 *
 * - **Result**: what the body gives.
 * - **Cancellation**: at the deadline a CancelledError is thrown at the body's wait; a
 *   wait for a plain promise is not interrupted, but the `signal` of the scope aborts, and
 *   the next wait throws. With `abandon` the body is left behind instead.
 * - **Nesting**: only the scope whose deadline it was throws a TimeoutError; those inside
 *   see the CancelledError.
 *
 * @param delay Seconds, or an object with units; `undefined` for no limit.
 * @param body An async or generator function; it gets the {@linkcode Timeout}.
 * @param options Whether the body is left behind at the deadline.
 * @returns A coroutine of what the body gives.
 * @throws {TimeoutError} If the body did not end in time; its `cause` is the CancelledError.
 * @throws {TypeError} If `body` is no function, `delay` is no delay, or an option is of a
 * wrong type.
 * @throws {RangeError} If `delay` is NaN.
 * @throws {RuntimeError} If used outside of a task.
 *
 * @example In both styles
 * ```ts
 * import { run, sleep, timeout } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const one = await run(() => timeout({ minutes: 1 }, async () => await sleep(0.001, 1)));
 * const two = await run(function* () {
 *   return yield* timeout(60, function* () {
 *     return yield* sleep(0.001, 2);
 *   });
 * });
 * assertEquals([one, two], [1, 2]);
 * ```
 */
export function timeout<
  T,
  B extends (scope: Timeout) => Work = never,
>(
  delay: Delay | undefined,
  body: B | ScopeBody<Timeout, T>,
  options?: TimeoutOptions,
): Coroutine<WorkResult<B, T>> {
  checkBody(body, "run under a timeout");
  const seconds = delay === undefined ? undefined : toSeconds(delay);
  const abandon = options === undefined
    ? undefined
    : checkOptions("run under a timeout", options, TIMEOUT_OPTIONS).abandon;
  return new TimeoutCoroutine(
    undefined,
    seconds,
    body as Body<WorkResult<B, T>>,
    abandon,
  );
}

/**
 * Runs a body in the current task, and ends it at a time of the loop's clock.
 *
 * It is {@linkcode timeout} with a deadline that several bodies can share.
 *
 * @param when The deadline, in seconds of the loop's `time()`; `undefined` for none.
 * @param body An async or generator function; it gets the {@linkcode Timeout}.
 * @returns A coroutine of what the body gives.
 * @throws {TimeoutError} If the body did not end in time; its `cause` is the CancelledError.
 * @throws {TypeError} If `body` is no function, or `when` is no number.
 * @throws {RangeError} If `when` is NaN.
 * @throws {RuntimeError} If used outside of a task.
 *
 * @example One deadline for two steps
 * ```ts
 * import { getRunningLoop, run, sleep, timeoutAt } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const steps = await run(async () => {
 *   const deadline = getRunningLoop().time() + 60;
 *   const first = await timeoutAt(deadline, () => sleep(0.001, "first"));
 *   const second = await timeoutAt(deadline, () => sleep(0.001, "second"));
 *   return [first, second];
 * });
 * assertEquals(steps, ["first", "second"]);
 * ```
 */
export function timeoutAt<
  T,
  B extends (scope: Timeout) => Work = never,
>(
  when: number | undefined,
  body: B | ScopeBody<Timeout, T>,
): Coroutine<WorkResult<B, T>> {
  return new Timeout(when).run<T, B>(body);
}

// Apart, since a closure in `_leave()` would be 40 B for each scope.
function timedOut(message: string, cause: unknown): TimeoutError {
  return makeUnplaced(() => new TimeoutError(message, { cause }));
}

function checkWhen(when: number | undefined): number | undefined {
  if (when !== undefined) check("set a deadline", "when", when, NUMBER);
  return when;
}
