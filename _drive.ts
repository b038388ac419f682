/**
 * How a coroutine is resumed: the one place that calls `next` and `throw`.
 *
 * A driver (a task, or an `await` of a coroutine) has a stack of bodies. What the
 * top one yields is a wait: for a future, for the next turn (`undefined`), or for a
 * coroutine, which goes on top. So a wake costs the same at any depth of
 * coroutines, where a chain of plain `yield*` costs 10 ns a level.
 *
 * @module
 */
import {
  type Body,
  callFor,
  Coroutine,
  isGenerator,
  isThenable,
} from "./_coroutine.ts";
import { RuntimeError } from "./errors.ts";
import { Future } from "./future.ts";
import type { Scheduler } from "./handle.ts";
import {
  kAddWaiter,
  kBackFromHost,
  kContinue,
  kDescribe,
  kEnqueue,
  kFrame,
  kFunctionName,
  kOpen,
  kRun,
  kTask,
  kTop,
  kWaitingOn,
  kYieldToHost,
  type Runnable,
  type Waiter,
} from "./_protocol.ts";
import { describeKind } from "./_repr.ts";

/** What runs a stack of bodies. */
export interface Driver extends Waiter, Runnable {
  /** The body on top; before the first step, perhaps the function that gives it. */
  [kTop]: Body | (() => unknown);
  /** The coroutine whose body is on top; `undefined` for the bottom body. */
  [kFrame]: Coroutine<unknown> | undefined;
  /** What it waits for; `undefined` while it runs or stands in the ready queue. */
  [kWaitingOn]: Future<unknown> | HostBody | undefined;
  /** The task for whose sake it runs. */
  readonly [kTask]: object | undefined;
  /** Resumes it at once: the host's promise on top has settled. */
  [kContinue](): void;
}

const { addDoneCallback } = Future.prototype;

/** What {@linkcode drive} gives while there is something to wait for. */
export const PARKED: unique symbol = Symbol("asyncio.parked");

/**
 * Resumes the top body and goes on until something must wait or all have ended.
 *
 * @param driver Whose stack to run.
 * @param scheduler The driver's loop.
 * @param throwing Whether `input` is thrown into the top body.
 * @param input What the top body is resumed with.
 * @returns The result of the bottom body, or {@linkcode PARKED}.
 */
export function drive(
  driver: Driver,
  scheduler: Scheduler,
  throwing: boolean,
  input: unknown,
): unknown {
  let body = driver[kTop] as Body;
  if (typeof body === "function") {
    // Cancelled before the first step: the function is never called.
    if (throwing) throw input;
    body = openFunction(driver, body);
  }
  for (;;) {
    let step: IteratorResult<unknown, unknown>;
    try {
      step = throwing ? body.throw(input) : body.next(input);
    } catch (error) {
      // Every error goes to the body below, a CancelledError too, and out of the
      // bottom one to the driver.
      const frame = driver[kFrame];
      if (frame === undefined) throw error;
      body = pop(driver, frame);
      throwing = true;
      input = error;
      continue;
    }
    if (step.done) {
      const frame = driver[kFrame];
      if (frame === undefined) return step.value;
      body = pop(driver, frame);
      throwing = false;
      input = step.value;
      continue;
    }
    const wait = step.value;
    throwing = false;
    input = undefined;
    if (wait === undefined) {
      scheduler[kEnqueue](driver);
      return PARKED;
    }
    if (wait instanceof Future) {
      const error = cannotWait(driver, scheduler, wait);
      if (error === undefined) {
        driver[kWaitingOn] = wait;
        if (wait.addDoneCallback === addDoneCallback) wait[kAddWaiter](driver);
        else runWhenDone(driver, wait);
        return PARKED;
      }
      throwing = true;
      input = error;
    } else if (wait instanceof Coroutine) {
      try {
        body = open(driver, wait);
      } catch (error) {
        // The function threw before it gave a body: its caller gets the error.
        throwing = true;
        input = error;
      }
    } else if (wait instanceof HostBody) {
      driver[kWaitingOn] = wait;
      scheduler[kYieldToHost]();
      wait.resumeWhenSettled(driver, scheduler);
      return PARKED;
    } else {
      throwing = true;
      input = new RuntimeError(
        `Cannot wait: a coroutine yielded ${
          describeKind(wait)
        }, use "yield*" with an awaitable`,
      );
    }
  }
}

/**
 * Puts a coroutine that has to wait on top of the driver's stack.
 *
 * @param driver Whose stack.
 * @param coroutine The coroutine, which stands in the body that is on top now.
 * @returns The coroutine's body.
 */
export function open(driver: Driver, coroutine: Coroutine<unknown>): Body {
  const body = asBody(coroutine[kOpen](driver[kTask]), coroutine);
  coroutine[kTop] = driver[kTop] as Body;
  coroutine[kFrame] = driver[kFrame];
  driver[kFrame] = coroutine;
  driver[kTop] = body;
  return body;
}

function pop(driver: Driver, frame: Coroutine<unknown>): Body {
  const body = frame[kTop] as Body;
  driver[kTop] = body;
  driver[kFrame] = frame[kFrame];
  frame[kTop] = undefined;
  frame[kFrame] = undefined;
  return body;
}

function openFunction(driver: Driver, source: () => unknown): Body {
  const opened = callFor(driver[kTask], source);
  if (isGenerator(opened)) nameGenerators(opened, source);
  const body = asBody(opened, source, source);
  driver[kTop] = body;
  return body;
}

// A generator can't tell its function. All of one function share a prototype, so the
// name costs nothing a task there.
function nameGenerators(generator: Generator, source: () => unknown): void {
  const prototype = Object.getPrototypeOf(generator);
  if (kFunctionName in prototype) return;
  Object.defineProperty(prototype, kFunctionName, { value: source.name });
}

function asBody(
  opened: unknown,
  opener: unknown,
  source?: () => unknown,
): Body {
  if (isGenerator(opened)) return opened;
  if (opened instanceof Coroutine) {
    return opened[Symbol.iterator]() as unknown as Body;
  }
  // A future is waited for as by `yield*`, and so can be cancelled.
  if (opened instanceof Future) return opened as unknown as Body;
  if (isThenable(opened)) return new HostBody(opened, source);
  throw new TypeError(
    `Cannot run ${
      describeKind(opener)
    }: it must give a generator, coroutine or promise, gave ${
      describeKind(opened)
    }`,
  );
}

// As in CPython, a subclass that has its own addDoneCallback() is asked by it. Apart,
// since a closure in drive() would be 40 B at every step.
function runWhenDone(driver: Driver, future: Future<unknown>): void {
  future.addDoneCallback(() => driver[kRun]());
}

function cannotWait(
  driver: Driver,
  scheduler: Scheduler,
  future: Future<unknown>,
): RuntimeError | undefined {
  if (future === driver[kTask]) {
    return new RuntimeError(`Task cannot await itself: ${future}`);
  }
  if (future.getLoop() === scheduler) return undefined;
  return new RuntimeError(
    `Cannot wait: ${
      driver[kTask]
    } got ${future}, which belongs to another loop`,
  );
}

/**
 * The body of an async function that the host runs: it waits for the promise.
 *
 * The wait is not interrupted by a cancel; the waits that the async function does
 * itself are (they are parked with its task).
 */
export class HostBody implements Body {
  /** The function that a task was made of. */
  readonly source: (() => unknown) | undefined;
  readonly #promise: PromiseLike<unknown>;
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #outcome: unknown = undefined;

  constructor(promise: PromiseLike<unknown>, source?: () => unknown) {
    this.#promise = promise;
    this.source = source;
  }

  /** Resumes the driver in the microtask in which the promise settles. */
  resumeWhenSettled(driver: Driver, scheduler: Scheduler): void {
    this.#promise.then(
      (value) => {
        this.#settle("fulfilled", value);
        scheduler[kBackFromHost]();
        driver[kContinue]();
      },
      // A CancelledError too: the driver hands it to the body below.
      (error) => {
        this.#settle("rejected", error);
        scheduler[kBackFromHost]();
        driver[kContinue]();
      },
    );
  }

  next(): IteratorResult<unknown, unknown> {
    if (this.#state === "fulfilled") {
      return { done: true, value: this.#outcome };
    }
    if (this.#state === "rejected") throw this.#outcome;
    return { done: false, value: this };
  }

  throw(error: unknown): never {
    throw error;
  }

  [kDescribe](): string {
    return "a promise of the host";
  }

  #settle(state: "fulfilled" | "rejected", outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
  }
}
