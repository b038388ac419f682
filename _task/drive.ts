/**
 * How a coroutine is resumed.
 *
 * A driver (a task, or an `await` of a coroutine) has a stack of bodies. What the
 * top one yields is a wait: for a future, for the next turn (`undefined`), or for a
 * coroutine, which goes on top. So a wake costs the same at any depth of
 * coroutines, where a chain of plain `yield*` costs 10 ns a level.
 *
 * @module
 */
import { isGeneratorFunction } from "../_base/function_kinds.ts";
import { type Body, resume } from "../_coroutine/body.ts";
import {
  adviceFor,
  Coroutine,
  isRequested,
  WAS_RUN,
} from "../_coroutine/coroutine.ts";
import { claim, isGenerator } from "../_coroutine/generators.ts";
import { isThenable } from "../_coroutine/thenable.ts";
import { RuntimeError } from "../errors.ts";
import type { Start } from "../_host/async_context.ts";
import { misplacedWait } from "../_future/future_await.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import type { LineState, ScopeLine } from "../_line/line.ts";
import {
  callTaskFunction,
  PROMISE_BODY,
  type PromiseBody,
  type PromiseDriver,
  waitForPromise,
  waitForTaskPromise,
} from "../_coroutine/promise_body.ts";
import { makeUnplaced } from "../_base/error_place.ts";
import type { Runnable, Waiter } from "../_base/roles.ts";
import { describeKind, guarded, isAsyncGenerator } from "../_base/repr.ts";

/** What runs a stack of bodies. */
export interface Driver extends PromiseDriver, Waiter, Runnable {
  /** The body on top; before the first step, perhaps the function that gives it. */
  _body: Body | (() => unknown);
  /** The function that gave the bottom body, if that is a generator: it can't tell itself. */
  _opener?: (() => unknown) | undefined;
  /** The coroutine whose body is on top; `undefined` for the bottom body. */
  _coroutine: Coroutine<unknown> | undefined;
  /**
   * What it waits for; `undefined` while it runs or stands in the ready queue. Before the
   * first step, what starts it in the async context of whoever made it.
   */
  _waitingOn: Future<unknown> | PromiseBody | Start | undefined;
  /** The innermost scope whose body stands on the stack. */
  _scope: ScopeLine | undefined;
  /** The line for whose sake it runs. */
  readonly _line: LineState | undefined;
  /** The task of that line. */
  readonly _task: object | undefined;
  /** Whether it began in a callback of the host, and not in the task's own functions. */
  readonly _isBeside?: boolean;
}

const { addDoneCallback } = Future.prototype;

/** What {@linkcode drive} gives while there is something to wait for. */
export const SUSPENDED: unique symbol = Symbol("asyncio.suspended");

/**
 * Resumes the top body and goes on until something must wait or all have ended.
 *
 * @param driver Whose stack to run.
 * @param scheduler The driver's loop.
 * @param throwing Whether `input` is thrown into the top body.
 * @param input What the top body is resumed with.
 * @returns The result of the bottom body, or {@linkcode SUSPENDED}.
 */
export function drive(
  driver: Driver,
  scheduler: Scheduler,
  throwing: boolean,
  input: unknown,
): unknown {
  const waitedOn = driver._waitingOn;
  driver._waitingOn = undefined;
  let body: Body;
  if (typeof driver._body === "function") {
    // Cancelled before the first step, the function is never called.
    if (throwing) throw input;
    if (waitedOn === PROMISE_BODY) return input;
    if (typeof waitedOn === "function") {
      return startLater(driver, scheduler, waitedOn);
    }
    const opened = startFunction(driver, scheduler, driver._body);
    if (opened === SUSPENDED) return SUSPENDED;
    body = opened;
  } else if (typeof waitedOn === "function") {
    if (!throwing) return startLater(driver, scheduler, waitedOn);
    body = driver._body;
  } else body = driver._body;
  for (;;) {
    let step: IteratorResult<unknown, unknown>;
    try {
      step = resume(body, throwing, input);
    } catch (error) {
      // Every error goes to the body below, a CancelledError too, and out of the
      // bottom one to the driver.
      const coroutine = driver._coroutine;
      if (coroutine === undefined) throw error;
      body = pop(driver, coroutine);
      throwing = true;
      input = error;
      continue;
    }
    if (step.done) {
      const coroutine = driver._coroutine;
      if (coroutine === undefined) return step.value;
      body = pop(driver, coroutine);
      throwing = false;
      input = step.value;
      continue;
    }
    const wait = step.value;
    throwing = false;
    input = undefined;
    if (wait === undefined) {
      scheduler._enqueue(driver);
      return SUSPENDED;
    }
    if (wait instanceof Future) {
      const error = waitFor(driver, scheduler, wait);
      if (error === undefined) return SUSPENDED;
      throwing = true;
      input = error;
    } else if (wait instanceof Coroutine && isRequested(wait)) {
      try {
        const opened = open(driver, scheduler, wait);
        if (opened === SUSPENDED) return SUSPENDED;
        body = opened;
      } catch (error) {
        // The function threw before it gave a body: its caller gets the error.
        throwing = true;
        input = error;
      }
    } else {
      throwing = true;
      input = misplacedYield(wait);
    }
  }
}

// The first step comes in a microtask, in the async context of whoever made the task.
function startLater(
  driver: Driver,
  scheduler: Scheduler,
  start: Start,
): typeof SUSPENDED {
  scheduler._noteStarting();
  const starting = { driver: driver as StartingDriver };
  if (scheduler.getDebug()) startTimed(scheduler, start, starting);
  else start(starting);
  return SUSPENDED;
}

/** A driver that can be started: a task. */
interface StartingDriver extends Driver {
  _start(): void;
}

// Apart, since a closure there would be one a task.
function startTimed(
  scheduler: Scheduler,
  start: Start,
  starting: { readonly driver: StartingDriver },
): void {
  scheduler._timeBurst(starting.driver, () => start(starting));
}

/**
 * Puts a coroutine that has to wait on top of the driver's stack.
 *
 * @param driver Whose stack.
 * @param scheduler The driver's loop.
 * @param coroutine The coroutine, which stands in the body that is on top now.
 * @returns The coroutine's body, or {@linkcode SUSPENDED} if the host runs it.
 */
export function open(
  driver: Driver,
  scheduler: Scheduler,
  coroutine: Coroutine<unknown>,
): Body | typeof SUSPENDED {
  const opened = coroutine._start(driver);
  const body = asBody(opened, coroutine);
  coroutine._callerBody = driver._body as Body;
  coroutine._caller = driver._coroutine;
  driver._coroutine = coroutine;
  driver._body = body;
  if (body !== PROMISE_BODY) return body;
  waitForPromise(driver, scheduler, opened as PromiseLike<unknown>);
  return SUSPENDED;
}

function pop(driver: Driver, coroutine: Coroutine<unknown>): Body {
  const body = coroutine._callerBody as Body;
  driver._body = body;
  driver._coroutine = coroutine._caller;
  coroutine._callerBody = WAS_RUN;
  coroutine._caller = undefined;
  return body;
}

// Opens the function that a task was made of. Of an async function the task keeps the
// function itself as its bottom body, to tell what it was made of.
function startFunction(
  driver: Driver,
  scheduler: Scheduler,
  source: () => unknown,
): Body | typeof SUSPENDED {
  const opened = callTaskFunction(driver._line!, source);
  if (isGenerator(opened)) {
    driver._opener = source;
    // A generator function gives a new one each time.
    return driver._body = isGeneratorFunction(source) ? opened : claim(opened);
  }
  const body = asBody(opened, source);
  if (body !== PROMISE_BODY) return driver._body = body;
  waitForTaskPromise(driver, scheduler, opened as PromiseLike<unknown>);
  return SUSPENDED;
}

function asBody(opened: unknown, opener: unknown): Body {
  if (isGenerator(opened)) return opened;
  if (opened instanceof Coroutine) {
    return opened[Symbol.iterator]() as unknown as Body;
  }
  // A future is waited for as by `yield*`, and so can be cancelled.
  if (opened instanceof Future) return opened as unknown as Body;
  if (isThenable(opened)) return PROMISE_BODY;
  throw makeUnplaced(() => new TypeError(noBody(opened, opener)));
}

function noBody(opened: unknown, opener: unknown): string {
  const who = opener instanceof Coroutine ? "its function" : "it";
  const advice = isAsyncGenerator(opened)
    ? adviceFor(opened)
    : ": make it async, or return what it waits for";
  return `Cannot run ${
    describeKind(opener)
  }: ${who} must give a generator, coroutine or promise, gave ${
    describeKind(opened)
  }${advice}`;
}

/**
 * Makes a driver wait for a future.
 *
 * @param driver The driver.
 * @param scheduler Its loop.
 * @param future The future, pending.
 * @returns Why it can't, if so.
 */
export function waitFor(
  driver: Driver,
  scheduler: Scheduler,
  future: Future<unknown>,
): RuntimeError | undefined {
  const error = !future._takeWaitRequest()
    ? misplacedYield(future)
    : future === driver._task && driver._isBeside
    ? undefined
    : misplacedWait(driver._task, scheduler, future);
  if (error !== undefined) return error;
  driver._waitingOn = future;
  if (future.addDoneCallback === addDoneCallback) future._addWaiter(driver);
  else runWhenDone(driver, future);
  return undefined;
}

// As in CPython, a subclass that has its own addDoneCallback() is asked by it. Apart,
// since a closure in drive() would be 40 B at every step.
function runWhenDone(driver: Driver, future: Future<unknown>): void {
  future.addDoneCallback(() => driver._run());
}

function misplacedYield(value: unknown): RuntimeError {
  const [what, advice] = value instanceof Future || value instanceof Coroutine
    ? [value, '"yield*"']
    : guarded(() => isThenable(value), false)
    ? [describeKind(value), '"yield* ensureFuture(promise)"']
    : [describeKind(value), '"yield*" with an awaitable'];
  return new RuntimeError(
    `Cannot wait: a coroutine yielded ${what}, use ${advice}`,
  );
}
