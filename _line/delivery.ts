/**
 * How the functions of a line get its cancel request.
 *
 * Nobody can tell which of a line's functions stands at which of its waits, and which at a
 * promise of the host. So each of them has to show that it got a request: in the burst of
 * microtasks that follows the end of a wait that threw, it ends, or it begins a wait, which
 * is its clean-up. From there on its async context is marked with the request (and so is
 * what it calls, and what it does later). A function without that mark gets the request at
 * the wait that it stands at, or at the next one that it begins.
 *
 * @module
 */
import { cancelledError, type CancelTarget } from "../_base/cancelled.ts";
import type { Descent } from "../_base/descent.ts";
import { HOPS_OF_DESCENT } from "../_base/microtasks.ts";
import { running } from "../_base/running.ts";
import type { CancelledError } from "../errors.ts";
import { Future } from "../future.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import {
  asyncSlot,
  canMark,
  lineIn,
  type LineSlot,
  mark,
  newestMark,
} from "../_host/async_context.ts";
import { beginDelivery, descentOf, isUnsure, now } from "./bursts.ts";
import {
  CancelRequest,
  forget,
  isTold,
  noteCleanUp,
  noteTold,
  settleRequest,
} from "./cancel_request.ts";
import {
  currentLine,
  isQuiet,
  type LineDriver,
  type LineState,
  lineUnderWay,
} from "./line.ts";
import { comesDownTo, leaveWaitsForTask } from "./task_waits.ts";
import { WaitSet } from "./wait_set.ts";

// Of how many waits a line knows at the end of each whether the others are for the host.
const MOST_ASKED = 16;

/** What functions are that a scope has left on their way to a clean-up. */
interface LeftCleaning {
  /** With what they are marked if they begin a wait. */
  readonly first: number;
  /** Until which microtask. */
  readonly until: number;
  /** Who they are. */
  readonly descent: Descent;
}

/** What the host's storage has of a scope that has ended, and has left functions behind. */
export interface EndedSlot extends LineSlot {
  /** With what they are marked if they begin a wait, and until which microtask. */
  _leftCleaning: LeftCleaning | undefined;
}

/** Adds a wait that a line has begun. A request that is still to be delivered meets it. */
export function addAwait(line: LineState, wait: PendingAwait): void {
  const awaits = line._awaits;
  let isNew = true;
  if (awaits === undefined) line._awaits = wait;
  else if (awaits === wait) isNew = false;
  else if (awaits instanceof WaitSet) isNew = awaits.add(wait);
  else line._awaits = new WaitSet(awaits, wait);
  const task = line._task as LineState;
  if (task._request?.onQuiet !== undefined && comesDownTo(wait, task)) {
    leaveWaitsForTask(task);
  }
  const request = line._request;
  if (request === undefined) return;
  if (request.first !== 0 && newestMark() >= request.first) {
    noteCleanUp(request, wait);
  }
  if (request.pending) meet(line, request, wait, isNew);
}

/** Notes that a wait, which another line has handed to this, is that of a clean-up. */
export function handCleanUp(
  line: LineState,
  wait: PendingAwait,
  own: CancelRequest,
): void {
  const request = line._request ??= new CancelRequest();
  takeFirst(request, own);
  // Scopes of one driver get a request by the innermost.
  if (!request.pending && own.mark > request.mark) request.mark = own.mark;
  noteCleanUp(request, wait);
}

function meet(
  line: LineState,
  request: CancelRequest,
  wait: PendingAwait,
  isNew: boolean,
): void {
  if (isTold(request, wait)) return;
  if (isNew && hasShown(line, request)) {
    noteTold(request, wait);
    // Where functions can't be told apart, the line has it.
    if (!canMark) settleRequest(request);
    return;
  }
  // Whoever has begun this comes to its own wait first: else that would be in the burst of this.
  line.getLoop()._letBurstEnd();
  if (wait._cancelWait(request.reason, undefined)) noteTold(request, wait);
}

/**
 * Notes whether the function that begins a scope has yet to get a request: that comes to a wait
 * in the scope then.
 *
 * @param line The line of the scope.
 * @param outer The line round it.
 * @returns Whether it counts as one that was made since. In CPython only who has cancelled
 * itself can come so far, and a deadline that comes at once hides that.
 */
export function noteOwed(line: LineState, outer: LineState): boolean {
  const request = outer._request;
  if (request === undefined) return false;
  if (request.pending ? hasShown(outer, request) : !request.isOwed) {
    return false;
  }
  (line._request ??= new CancelRequest()).isOwed = true;
  return (line._task as LineState)._request?.askedBy !== "itself";
}

// Whether the function that begins a wait now has shown that it got a request.
function hasShown(line: LineState, request: CancelRequest): boolean {
  return canMark ? newestMark() >= request.mark : isUnsure(line, request);
}

/**
 * With what an async function is to be marked that a driver begins in a turn of its own, in no
 * async context of who awaits it: as that one is, whose clean-up it may be; 0 for nothing.
 */
export function markFor(driver: LineDriver): number {
  const request = driver._line?._request;
  if (request === undefined) return 0;
  const wait = driver as LineDriver & PendingAwait;
  if (request.pending && isTold(request, wait)) return request.mark;
  return request.cleanUps?.has(wait) ? request.first : 0;
}

/**
 * Marks the function that is about to wait, if it shows so that it got a request: in its
 * own code, since what it goes on with has the async context of here.
 */
function noteAwait(): number | undefined {
  const slot = asyncSlot();
  const innermost = slot && lineIn(slot) as LineState | undefined;
  const left = (slot as EndedSlot | undefined)?._leftCleaning;
  if (innermost === undefined) return undefined;
  if (
    left !== undefined && left.until > now(innermost) && left.descent.isUnderWay
  ) {
    if (newestMark() >= left.first) return undefined;
    mark(left.first);
    return left.first;
  }
  const line = lineUnderWay(innermost);
  const request = line._request;
  if (request === undefined) return undefined;
  // It may have nothing to wait for, and so may those that come after it.
  if (request.pending && isUnsure(line, request)) {
    extendBurst(line, request);
    mark(request.mark);
    return request.mark;
  }
  // A generator may call functions in the same burst, which clean up nothing.
  if (
    request.cleansUntil <= now(line) || !request.descent?.isUnderWay ||
    running.loop !== undefined
  ) return undefined;
  extendCleaning(line, request);
  if (newestMark() >= request.first) return undefined;
  mark(request.first);
  return request.first;
}

/** Takes a wait away that ends in this turn, and gives the error that it has to throw. */
export function endAwait(
  line: LineState,
  wait: PendingAwait,
  waited: unknown,
): CancelledError | undefined {
  const cancelled = takeCancel(line, wait, waited);
  removeAwait(line, wait, true);
  return cancelled;
}

/**
 * Takes a wait away that has ended.
 *
 * @param line The line.
 * @param wait The wait.
 * @param isAllThatRuns Whether what runs in the turn now does nothing else.
 */
export function removeAwait(
  line: LineState,
  wait: PendingAwait,
  isAllThatRuns = false,
): void {
  const awaits = line._awaits;
  const request = line._request;
  let hasGot = false;
  if (request?.pending && isTold(request, wait)) {
    forget(request, wait);
    if (!request.late?.delete(wait)) {
      extendBurst(line, request);
      hasGot = true;
    }
  }
  if (request?.cleanUps?.delete(wait)) {
    extendCleaning(line, request);
    hasGot = true;
  }
  if (hasGot) beginDelivery(line, request!, isAllThatRuns);
  if (awaits === wait) line._awaits = undefined;
  else if (awaits instanceof WaitSet) {
    awaits.delete(wait);
    if (awaits.size === 0) line._awaits = undefined;
  }
  line.getLoop()._bursts.noteGoesOn(line);
  const onQuiet = request?.onQuiet;
  if (onQuiet !== undefined && mayBeQuiet(line)) onQuiet();
}

// Whoever is told looks again. Of many waits each may have to be asked, and if that were done
// at the end of each of them, the clean-up of n functions would be n² steps.
function mayBeQuiet(line: LineState): boolean {
  const awaits = line._awaits;
  return awaits instanceof WaitSet && awaits.size > MOST_ASKED ||
    isQuiet(line);
}

/** Returns the error of a request that is still to be delivered, for a wait that goes on. */
export function takeCancel(
  line: LineState,
  wait: PendingAwait,
  waited: unknown,
): CancelledError | undefined {
  const request = line._request;
  if (
    request === undefined || !request.pending ||
    running.callbackWaits.get(wait) === "left"
  ) return undefined;
  if (!isTold(request, wait)) noteTold(request, wait);
  // It was passed on to a task that had its result by then.
  else if (!keepsResult(waited)) return undefined;
  return errorOf(line, request, waited);
}

/** As {@linkcode takeCancel}, for a driver that goes on in a scope. */
export function takeScopeCancel(
  scope: LineState,
  waited: unknown,
): CancelledError | undefined {
  const request = scope._request;
  if (request === undefined) return undefined;
  const keptByTask = request.passedTo === waited && keepsResult(waited);
  request.passedTo = undefined;
  if (!request.pending) {
    return keptByTask ? errorOf(scope, request, waited) : undefined;
  }
  settleRequest(request);
  return errorOf(scope, request, waited);
}

/**
 * As {@linkcode takeCancel}, for the code that runs now and has asked whether it is to end.
 * Whoever shows then that it got the request has got it.
 */
export function takeAtOnce(): CancelledError | undefined {
  const current = currentLine();
  if (current === undefined) return undefined;
  const line = lineUnderWay(current);
  const request = line._request;
  if (!request?.pending) return undefined;
  if (running.driver !== undefined) return takeScopeCancel(line, undefined);
  if (canMark && isUnsure(line, request)) mark(request.mark);
  if (hasShown(line, request)) return undefined;
  if (canMark) {
    extendBurst(line, request);
    // Of code in the middle of its step nobody can tell what follows from it.
    request.descent!.takeAll();
  } else settleRequest(request);
  return errorOf(line, request, undefined);
}

// None where the wait throws in the place of the request: a CancelledError of its own, or the
// first request's.
function errorOf(
  line: LineState,
  { reason }: CancelRequest,
  waited: unknown,
): CancelledError | undefined {
  return waited instanceof Future && waited._givesCancelled()
    ? undefined
    : cancelledError(reason, line.getLoop().getDebug());
}

function keepsResult(waited: unknown): boolean {
  return (waited as Partial<CancelTarget> | undefined)?._keepsResult?.() ===
    true;
}

/**
 * Notes that a scope's line ends while functions that have got its request may be on their way
 * to a clean-up, which is then one of the line round it.
 *
 * @param line The line of the scope.
 * @param outer The line round it that has not ended.
 */
export function handCleanersOn(line: LineState, outer: LineState): void {
  const own = line._request;
  if (own === undefined) return;
  const until = Math.max(own.unsureUntil, own.cleansUntil, own.innerUntil);
  if (until <= now(line)) return;
  const request = outer._request ??= new CancelRequest();
  takeFirst(request, own);
  request.innerUntil = Math.max(request.innerUntil, until);
  leaveCleaning(line, own.first, until);
}

/**
 * Notes that functions which a scope has left behind may come to a clean-up.
 *
 * @param line The line of the scope.
 * @param first With what they are marked.
 * @param until Until which microtask: the end of this burst, unless it is given.
 */
export function leaveCleaning(
  line: LineState,
  first: number,
  until: number = afterBurstOf(line),
): void {
  const slot = line._slot as EndedSlot | undefined;
  const request = line._request;
  if (slot === undefined || request === undefined) return;
  const descent = descentOf(line, request);
  descent.until = Math.max(descent.until, until);
  slot._leftCleaning = { first, until, descent };
}

function takeFirst(request: CancelRequest, { first }: CancelRequest): void {
  if (request.first === 0 || first < request.first) request.first = first;
}

/** Whether the function that does a wait of a line has got its request, or gets it. */
export function isToldOf(line: LineState, wait: PendingAwait): boolean {
  const request = line._request;
  return request?.pending === true && isTold(request, wait);
}

/**
 * Has the burst last from here on in which who ends or begins a wait shows that it got the
 * request, if it follows from one of its events.
 */
export function extendBurst(line: LineState, request: CancelRequest): void {
  request.unsureUntil = descentOf(line, request).until = afterBurstOf(line);
}

function extendCleaning(line: LineState, request: CancelRequest): void {
  request.cleansUntil = descentOf(line, request).until = afterBurstOf(line);
}

function afterBurstOf(line: LineState): number {
  return line.getLoop()._microtasks.after(HOPS_OF_DESCENT, noteAwait);
}
