/**
 * The words in which the library's own parts speak with each other.
 *
 * They are symbols, so that a user's editor never offers them and a subclass
 * never meets them by chance.
 *
 * @module
 */

/** Runs a runnable: called by the loop's iteration alone. */
export const kRun: unique symbol = Symbol("asyncio.run");
/** Tells a waiter that its future is done; it schedules itself. */
export const kWake: unique symbol = Symbol("asyncio.wake");
/** Puts a waiter into a future's queue; false if it stands there already. */
export const kAddWaiter: unique symbol = Symbol("asyncio.addWaiter");
/** Asks the driver that runs a coroutine to wait for a future; gives what to yield. */
export const kAsk: unique symbol = Symbol("asyncio.ask");
/** Takes that back; false if nobody asked, after `yield` without the star. */
export const kTakeAsk: unique symbol = Symbol("asyncio.takeAsk");
/** Takes a waiter out of a future's queue. */
export const kRemoveWaiter: unique symbol = Symbol("asyncio.removeWaiter");
/** Appends a runnable to a loop's ready queue. */
export const kEnqueue: unique symbol = Symbol("asyncio.enqueue");
/** Tells a loop that an async function was resumed and wants to run on. */
export const kYieldToHost: unique symbol = Symbol("asyncio.yieldToHost");
/** Tells a loop that an async function waits again, or has ended. */
export const kBackFromHost: unique symbol = Symbol("asyncio.backFromHost");
/** Ends a loop's run with an error that no task may keep for itself. */
export const kAbortRun: unique symbol = Symbol("asyncio.abortRun");
/** Tells a loop that one of the timers in its heap was cancelled. */
export const kTimerCancelled: unique symbol = Symbol("asyncio.timerCancelled");
/** Whether a timer stands in its loop's heap. */
export const kInHeap: unique symbol = Symbol("asyncio.inHeap");
/** Whether a timer was called off. */
export const kIsCalledOff: unique symbol = Symbol("asyncio.isCalledOff");
/** Puts a timer into a loop's heap. */
export const kAddTimer: unique symbol = Symbol("asyncio.addTimer");
/** Remembers where an object was made (debug mode). */
export const kTrace: unique symbol = Symbol("asyncio.trace");
/** Gives where an object was made, if that was remembered. */
export const kTraceOf: unique symbol = Symbol("asyncio.traceOf");
/** Who waits for a pending future; what a done one holds. */
export const kWaitersOrOutcome: unique symbol = Symbol(
  "asyncio.waitersOrOutcome",
);
/** Ends a future as cancelled with a ready error. */
export const kSettleCancelled: unique symbol = Symbol(
  "asyncio.settleCancelled",
);
/** Whether a done future throws a CancelledError. */
export const kGivesCancelled: unique symbol = Symbol("asyncio.givesCancelled");
/** The cancel request that ended a future. */
export const kCancelReason: unique symbol = Symbol("asyncio.cancelReason");
/** Refuses a generator that a task runs already (debug mode). */
export const kClaim: unique symbol = Symbol("asyncio.claim");
/** Since when a task waits (debug mode). */
export const kSince: unique symbol = Symbol("asyncio.since");
/** Marks whatever may be yielded by a coroutine. */
export const kWait: unique symbol = Symbol("asyncio.wait");
/** Tells what an object that a task waits for is, for reports. */
export const kDescribe: unique symbol = Symbol("asyncio.describe");
/** Registers a wait of an async function with its task. */
export const kPark: unique symbol = Symbol("asyncio.park");
/** Forgets a wait of an async function. */
export const kUnpark: unique symbol = Symbol("asyncio.unpark");
/** Takes a cancel request that no wait has delivered yet. */
export const kTakeCancel: unique symbol = Symbol("asyncio.takeCancel");
/** Cancels what one wait of an async function waits for. */
export const kCancelWait: unique symbol = Symbol("asyncio.cancelWait");
/** Runs a coroutine on behalf of an async function's `await`. */
export const kAwait: unique symbol = Symbol("asyncio.await");
/** Marks the functions that `coroutine()` gives. */
export const kCoroutineFunction: unique symbol = Symbol(
  "asyncio.coroutineFunction",
);
/** The name of the function that made a generator. */
export const kFunctionName: unique symbol = Symbol("asyncio.functionName");
/** The unfinished tasks of a loop. */
export const kTasks: unique symbol = Symbol("asyncio.tasks");
/** The next unfinished task of a loop. */
export const kNextTask: unique symbol = Symbol("asyncio.nextTask");
/** The unfinished task before this one. */
export const kPreviousTask: unique symbol = Symbol("asyncio.previousTask");
/** The future that a driver waits for. */
export const kWaitingOn: unique symbol = Symbol("asyncio.waitingOn");
/** The body on top of a driver's stack. */
export const kTop: unique symbol = Symbol("asyncio.top");
/** The coroutine whose body is on top of a driver's stack. */
export const kFrame: unique symbol = Symbol("asyncio.frame");
/** How far a coroutine is, or a future. */
export const kState: unique symbol = Symbol("asyncio.state");
/** What reports a coroutine that was never awaited (debug mode). */
export const kRecord: unique symbol = Symbol("asyncio.record");
/** Opens a coroutine: gives the body that a driver resumes. */
export const kOpen: unique symbol = Symbol("asyncio.open");
/** Goes on with a driver whose async function has ended. */
export const kContinue: unique symbol = Symbol("asyncio.continue");
/** The task for whose sake a driver runs. */
export const kTask: unique symbol = Symbol("asyncio.task");
/** Who else waits for this future, for call graphs. */
export const kAwaitedBy: unique symbol = Symbol("asyncio.awaitedBy");
/** The future behind a combinator or scope, for call graphs. */
export const kWaiters: unique symbol = Symbol("asyncio.waiters");

/** What stands in a loop's ready queue. */
export interface Runnable {
  [kRun](): void;
}

/** What stands in a future's queue. Waking schedules, it never runs user code. */
export interface Waiter {
  [kWake](future: unknown): void;
}
