/**
 * The roles that the library's own parts play for each other, and the marks that it puts on
 * what is not its own.
 *
 * @module
 */

/** What stands in a loop's ready queue. */
export interface Runnable {
  /** Called by the loop's turn alone. */
  _run(): void;
  /** The task that goes on by it; none for a callback. Asked by instruments alone. */
  readonly _task?: object | undefined;
}

/** What stands in a future's list. Waking schedules, it never runs user code. */
export interface Waiter {
  /** Tells it that the future is done; `among` are all who are told, if it is not alone. */
  _wake(future: unknown, among?: ReadonlySet<Waiter>): void;
}

/** What stands in a loop's heap of timers. */
export interface Timer {
  _inHeap: boolean;
  when(): number;
  /** Whether it may be dropped. */
  _isCalledOff(): boolean;
}

/** An error of a future that nobody has fetched, as its loop sees it. */
export interface UnfetchedError {
  /** When it came, or when somebody gave up to look at it. */
  since: number;
  /** Whether somebody will still be handed it. */
  readonly isAwaited: boolean;
  /** Tells the loop's exception handler. */
  tell(): void;
}

/** Marks whatever may be yielded by a coroutine. */
export declare const kWait: unique symbol;
/** Marks the functions that `coroutine()` gives. */
export const kCoroutineFunction: unique symbol = Symbol(
  "asyncio.coroutineFunction",
);

/** A coroutine that nobody has awaited yet, in debug mode. */
export interface Unawaited {
  /** Tells of it, if nobody has awaited it by now. */
  tell(): void;
}
