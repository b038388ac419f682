/**
 * Asks a line to end: its waits, its signals, and the lines inside of it. Which of its functions
 * has got the request is a matter of `delivery.ts`.
 *
 * @module
 */
import {
  askOnce,
  type CancelReason,
  cancelWith,
  hasComeBack,
} from "../_base/cancelled.ts";
import { endEvents } from "../_base/descent.ts";
import { HOPS_OF_DESCENT, SETTLED } from "../_base/microtasks.ts";
import { running } from "../_base/running.ts";
import { PROMISE_BODY } from "../_coroutine/promise_body.ts";
import { Future } from "../future.ts";
import {
  CancelRequest,
  isTold,
  noteCleanUp,
  noteTold,
  pend,
  pendForOthers,
  settleRequest,
} from "./cancel_request.ts";
import { eventOf, hasJustEndedWait, mayBeUnsure } from "./bursts.ts";
import { extendBurst } from "./delivery.ts";
import {
  currentLine,
  FEW_LINES,
  isQuiet,
  type LineDriver,
  type LineState,
  type QuietLines,
  runningLine,
} from "./line.ts";
import { abortSignal } from "./line_signal.ts";
import { leaveWaitsForTask } from "./task_waits.ts";
import { listWaits } from "./wait_set.ts";
import { describeEnd } from "./wait_text.ts";

/** A future for which the body of a scope runs. */
export interface LineFuture {
  /** The line that a cancel of it goes to. */
  readonly _asks: LineState;
}

/** Whether what a driver runs waits for the host alone: no cancel is on its way there. */
export function standsAtHost({ _waitingOn, _scope }: LineDriver): boolean {
  const isHosted = _waitingOn === PROMISE_BODY ||
    (_waitingOn as Partial<LineFuture> | undefined)?._asks !== undefined;
  return isHosted && isQuiet(_scope!);
}

/** Makes a request to a line, and to all lines inside of it. */
export function cancelLine(line: LineState, reason: CancelReason): void {
  cancelLines([line], reason);
}

/** As {@linkcode cancelLine}, but for the clean-ups to which earlier requests have led. */
function cancelOthers(line: LineState, reason: CancelReason): void {
  // `task.catch(report)` is no function of this line that waits: the task goes on.
  const callbacks = listWaits(line._awaits).filter((wait) =>
    wait._isCallback?.()
  );
  for (const wait of callbacks) {
    running.callbackWaits.set(wait, "left");
    line._removeAwait(wait);
  }
  // They deliver nothing now.
  endEvents();
  askOnce(() => {
    const lines: LineState[] = [];
    request(line, reason, lines, pendForOthers);
    cancelLines(lines, reason);
  });
}

function cancelLines(lines: LineState[], reason: CancelReason): void {
  let known: QuietLines | undefined;
  // A loop: scopes may stand in each other by the thousand.
  for (const each of lines) {
    if (lines.length > FEW_LINES) known ??= new Map();
    request(each, reason, lines, pend, known);
  }
}

function request(
  line: LineState,
  reason: CancelReason,
  lines: LineState[],
  begin: (request: CancelRequest) => void,
  known?: QuietLines,
): void {
  const request = line._request ??= new CancelRequest();
  request.reason = reason;
  request.askedAt ??= line.getLoop()._watchCancelled(line);
  letThemCome(line);
  const wasUnsure = mayBeUnsure(line, request);
  // Only where it matters: that goes through all lines inside.
  const isAtHost = (wasUnsure || request.aborted ||
    request.controller !== undefined || line._interrupt !== undefined) &&
    isQuiet(line, known);
  begin(request);
  for (const wait of listWaits(line._awaits)) {
    if (isTold(request, wait)) continue;
    if (wait._cancelWait(reason, lines)) noteTold(request, wait);
  }
  // Whoever waits for the host with a signal gets it by that, if it was its own.
  const aborted = abortFor(line, line, reason) || request.aborted;
  const isOnItsWay = hasJustEndedWait(line);
  if (isOnItsWay) request.lateIn = line._lastEnd;
  if (runningLine() === line || running.starters.includes(line)) {
    // Whoever asks for it itself has not got it yet.
    request.askedIn = line.getLoop()._bursts.note();
  } else if (
    currentLine() !== line && isAtHost && (wasUnsure || aborted && !isOnItsWay)
  ) {
    extendBurst(line, request);
  }
  request.aborted = false;
  if (!isAtHost || line._interrupt === undefined) return;
  if (!isOnItsWay) return line._interrupt(reason);
  // One that has just begun may come to a wait, at which it cleans up.
  void afterBurst(() => {
    if (request.pending && !line._isOver() && isQuiet(line)) {
      line._interrupt?.(reason);
    }
  });
}

// Whoever is on its way comes to its wait before the loop goes on, so not in the burst of what is
// cancelled: whom the host has resumed, beside a wait of the library too, what has just ended a
// wait, and what a body that has just begun calls beside its first wait.
function letThemCome(line: LineState): void {
  const loop = line.getLoop();
  const isAtWait = line._awaits !== undefined;
  const hasJustEnded = hasJustEndedWait(line);
  // The wait may be a helper's, which throws in this very turn if it was woken before.
  if (isAtWait && hasJustEnded) loop._pauseTurn();
  else if (
    isAtWait || hasJustEnded || running.loop === undefined ||
    line._outer !== undefined
  ) loop._letBurstEnd();
}

// What rejects by the signal follows from that, of a line that waits for the host.
function abortFor(
  line: LineState,
  atHost: LineState,
  reason: CancelReason,
): boolean {
  if (line._request?.controller === undefined) return false;
  const event = eventOf(atHost, atHost._request ??= new CancelRequest());
  const aborted = abortSignal(line, reason);
  event?.end();
  return aborted;
}

/**
 * Cancels what a driver stands at, and the waits and signals of the scopes on its stack.
 *
 * @param driver The driver.
 * @param from The outermost line that is cancelled; `undefined` for all its scopes.
 * @param base The line to which the driver belongs outside of any scope.
 * @param reason What the request carries.
 * @param lines Takes the line that has to be cancelled too.
 * @returns Whether something took the request; else the driver is on its way, or gets it too.
 */
export function cancelDriver(
  driver: LineDriver,
  from: LineState | undefined,
  base: LineState | undefined,
  reason: CancelReason,
  lines: LineState[],
): boolean {
  const waitingOn = driver._waitingOn;
  const isHosted = waitingOn === PROMISE_BODY;
  const innermost = driver._scope ?? base;
  const taken = isHosted || cancelFuture(driver, innermost, reason);
  if (taken && !isHosted && innermost !== undefined) {
    (innermost._request ??= new CancelRequest()).passedTo = waitingOn;
  }
  let line = innermost;
  if (
    taken && line !== undefined &&
    (waitingOn as Partial<LineFuture>)._asks === line
  ) {
    // By its future: twice at each of many in each other would be without end.
    if (line === from) return taken;
    line = line._outer;
  }
  while (line !== undefined && (line !== base || from === base)) {
    if (!isHosted || line !== innermost) cancelHelpers(line, reason, lines);
    const aborted = isHosted && line !== innermost &&
      abortFor(line, innermost!, reason);
    if (aborted) {
      (innermost!._request ??= new CancelRequest()).aborted = true;
    } else if (!isHosted) abortSignal(line, reason);
    if (line === from) break;
    line = line._outer;
  }
  if (isHosted && innermost !== undefined) {
    const request = innermost._request ??= new CancelRequest();
    if (innermost !== from) request.askedBy = "an outer line";
    lines.push(innermost);
  }
  return taken;
}

/**
 * Cancels the future that a driver stands at.
 *
 * @param driver The driver.
 * @param line The line that it stands there for.
 * @param reason What the request carries.
 * @returns Whether that took the request; else the driver is on its way, or gets it too.
 */
export function cancelFuture(
  driver: LineDriver,
  line: LineState | undefined,
  reason: CancelReason,
): boolean {
  const future = driver._waitingOn;
  if (!(future instanceof Future)) return false;
  const taken = cancelWith(future, reason);
  if (!hasComeBack(line?._task) || future.done()) return taken;
  // It goes on with the request, which nobody has taken.
  future._removeWaiter(driver);
  driver._waitingOn = undefined;
  driver._wake(future);
  return false;
}

// What async functions wait for that nobody awaits: they get it, and the line too.
function cancelHelpers(
  line: LineState,
  reason: CancelReason,
  lines: LineState[],
): void {
  for (const wait of listWaits(line._awaits)) {
    if (wait._cancelWait(reason, lines)) {
      noteCleanUp(line._request ??= new CancelRequest(), wait);
    }
  }
}

/**
 * Cancels what the functions of a line still wait for that nobody awaits.
 *
 * @param line The line.
 * @param goOn Is called when they have ended.
 * @param areTold Whether they have got the cancel that the line has ended by.
 */
export function endHelpers(
  line: LineState,
  goOn: () => void,
  areTold = false,
): void {
  const request = line._request ??= new CancelRequest();
  // Who has cancelled the task is told by that, not by what its helpers are ended with.
  const { reason } = request;
  let lastCheck = 0;
  const check = (): void => {
    const number = ++lastCheck;
    void afterBurst(() => {
      // In another burst since, which is not over.
      if (number !== lastCheck) return;
      if (!isQuiet(line) || request.onQuiet === undefined) return;
      request.onQuiet = undefined;
      settleRequest(request);
      endWatch(line);
      request.reason = reason;
      goOn();
    });
  };
  leaveWaitsForTask(line);
  request.onQuiet = check;
  if (!areTold) cancelOthers(line, describeEnd(line));
  if (isQuiet(line)) check();
}

/** Ends the watch for a line that was cancelled, and has ended. */
export function endWatch(line: LineState): void {
  const request = line._request;
  if (request?.askedAt === undefined) return;
  request.askedAt = undefined;
  line.getLoop()._unwatchCancelled(line);
}

/** Calls `callback` when the burst of microtasks under way is over. */
export async function afterBurst(callback: () => void): Promise<void> {
  for (let hop = 0; hop < HOPS_OF_DESCENT; hop++) await SETTLED;
  callback();
}
