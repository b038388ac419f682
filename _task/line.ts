/**
 * Lines: what a task's own async function, or the body of a scope, awaits, and all that it
 * calls. A line has its own waits and its own cancel request.
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
import {
  cancelledError,
  type CancelReason,
  cancelWith,
  ownerOfSignal,
  signalReason,
} from "../_base/cancelled.ts";
import { isInstance } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import { CancelledError } from "../errors.ts";
import { Future } from "../future.ts";
import {
  asyncLine,
  canMark,
  mark,
  newestMark,
} from "../_host/async_context.ts";
import { PROMISE_BODY } from "./promise_body.ts";
import type { Line, PendingAwait } from "../_future/future_await.ts";

// An async function needs a microtask for each function that it returns to before it comes
// to the wait of its clean-up.
const HOPS_OF_BURST = 32;

const SETTLED = Promise.resolve();

/** Who has asked a line to end. */
export type Asker = "another" | "an outer line" | "itself";

/** The newest cancel request of a line, and what earlier ones have left behind. */
export class CancelRequest {
  /** How many were made to this line itself and not taken back. */
  count = 0;
  /** Of a task: those of its scopes too. */
  total = 0;
  /** What a function's async context is marked with when it has shown that it got it. */
  mark = 0;
  /** Whether a function that has not shown that it got it has to get it. */
  pending = false;
  /** Until which microtask whoever ends or begins a wait shows it. */
  unsureUntil = 0;
  /** The waits whose functions have got it, or get it as those end. */
  told: PendingAwait | Set<PendingAwait> | undefined = undefined;
  /** One of these that had its result before: its function gets it at its next wait. */
  late: PendingAwait | undefined = undefined;
  /** Who has made the last one. That of an outer line is handed on if this has not got it. */
  askedBy: Asker = "another";
  reason: CancelReason = undefined;
  controller: AbortController | undefined = undefined;
  /** Whether a signal was aborted by the request that is being made. */
  aborted = false;
  /** When it was made, in looks of the watch for stuck lines; until that has told of it. */
  askedAt: number | undefined = undefined;
  /** What is to be done when the line has no waits left. */
  onQuiet: (() => void) | undefined = undefined;
}

/** The fields of a line. */
export interface LineState extends Line {
  /** What it waits for: nothing, one alone, or several that stood beside each other. */
  _awaits: PendingAwait | Set<PendingAwait> | undefined;
  _request: CancelRequest | undefined;
  /** In which burst of the loop's its last wait has ended, or it began. */
  _lastEnd: number;
  /** The line round it; `undefined` for a task. */
  readonly _outer: LineState | undefined;
  /** Whether it has ended. */
  _isOver(): boolean;
  /** Ends its wait for the host, where a cancel may. */
  _interrupt?: ((reason: CancelReason) => void) | undefined;
}

/** Adds a wait that a line has begun. A request that is still to be delivered meets it. */
export function addAwait(line: LineState, wait: PendingAwait): void {
  const awaits = line._awaits;
  let isNew = true;
  if (awaits === undefined) line._awaits = wait;
  else if (awaits === wait) isNew = false;
  else if (awaits instanceof Set) {
    isNew = !awaits.has(wait);
    awaits.add(wait);
  } else line._awaits = new Set([awaits, wait]);
  const request = line._request;
  if (request !== undefined && request.pending) {
    meet(line, request, wait, isNew);
  }
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
  if (line._lastEnd === line.getLoop()._burst) cancelBegun(request, wait);
  else {
    // Whom the host has resumed, and who has begun this, comes to its own wait first: else
    // that would be in the burst of this.
    const { mark } = request;
    void afterBurst(() => {
      if (
        request.pending && request.mark === mark && isAmong(line._awaits, wait)
      ) {
        cancelBegun(request, wait);
      }
    });
  }
}

function cancelBegun(request: CancelRequest, wait: PendingAwait): void {
  if (isTold(request, wait)) return;
  if (wait._cancelWait(request.reason, undefined)) noteTold(request, wait);
}

function isAmong(
  waits: PendingAwait | Set<PendingAwait> | undefined,
  wait: PendingAwait,
): boolean {
  return waits instanceof Set ? waits.has(wait) : waits === wait;
}

// Whether the function that begins a wait now has shown that it got a request.
function hasShown(line: LineState, request: CancelRequest): boolean {
  return canMark ? newestMark() >= request.mark : isUnsure(line, request);
}

/**
 * Marks the function that is about to wait, if it shows so that it got a request: in its
 * own code, since what it goes on with has the async context of here.
 */
function noteAwait(): number | undefined {
  let line = asyncLine() as LineState | undefined;
  while (line?._outer !== undefined && line._isOver()) line = line._outer;
  const request = line?._request;
  if (!request?.pending || !isUnsure(line!, request)) return undefined;
  mark(request.mark);
  return request.mark;
}

/** Takes a wait away that ends in this turn, and gives the error that it has to throw. */
export function endAwait(
  line: LineState,
  wait: PendingAwait,
  waited: unknown,
): CancelledError | undefined {
  const cancelled = takeCancel(line, wait, waited);
  removeAwait(line, wait);
  return cancelled;
}

/** Takes a wait away that has ended. */
export function removeAwait(line: LineState, wait: PendingAwait): void {
  const awaits = line._awaits;
  const request = line._request;
  if (request?.pending && isTold(request, wait)) {
    forget(request, wait);
    if (request.late === wait) request.late = undefined;
    else beginBurst(line, request);
  }
  if (awaits === wait) line._awaits = undefined;
  else if (awaits instanceof Set) {
    awaits.delete(wait);
    // Those that are left have stood beside others, so they stay in the set.
    if (awaits.size === 0) line._awaits = undefined;
  }
  line._lastEnd = line.getLoop()._burst;
  const onQuiet = request?.onQuiet;
  if (onQuiet !== undefined && isQuiet(line)) onQuiet();
}

/** Gives the error of a request that is still to be delivered, for a wait that goes on. */
export function takeCancel(
  line: LineState,
  wait: PendingAwait,
  waited: unknown,
): CancelledError | undefined {
  const request = line._request;
  if (
    request === undefined || !request.pending || isTold(request, wait)
  ) return undefined;
  noteTold(request, wait);
  // The wait throws a CancelledError of its own: the first request's.
  if (waited instanceof Future && waited._givesCancelled()) return undefined;
  return cancelledError(request.reason, line.getLoop().getDebug());
}

/** As {@linkcode takeCancel}, for a driver that goes on in a scope. */
export function takeScopeCancel(
  scope: LineState,
  waited: unknown,
): CancelledError | undefined {
  const request = scope._request;
  if (request === undefined || !request.pending) return undefined;
  settleRequest(request);
  if (waited instanceof Future && waited._givesCancelled()) return undefined;
  return cancelledError(request.reason, scope.getLoop().getDebug());
}

/** Whether an async function waits in the place of a wait. */
export function isHosted(wait: PendingAwait): boolean {
  return (wait as Partial<LineDriver>)._waitingOn === PROMISE_BODY;
}

/** Whether a line waits for nothing of this library. */
export function isQuiet(line: LineState): boolean {
  return line._awaits === undefined || waitsOf(line).every(isHosted);
}

/** Whether the function that does a wait of a line has got its request, or gets it. */
export function isToldOf(line: LineState, wait: PendingAwait): boolean {
  const request = line._request;
  return request?.pending === true && isTold(request, wait);
}

function isTold(request: CancelRequest, wait: PendingAwait): boolean {
  return isAmong(request.told, wait);
}

/** Notes that the function that does a wait has got the request, or gets it. */
export function noteTold(request: CancelRequest, wait: PendingAwait): void {
  const { told } = request;
  if (told === undefined) request.told = wait;
  else if (told instanceof Set) told.add(wait);
  else request.told = new Set([told, wait]);
}

/** Notes that the function that does a wait has not got the request after all. */
export function forget(request: CancelRequest, wait: PendingAwait): void {
  const { told } = request;
  if (told instanceof Set) told.delete(wait);
  else if (told === wait) request.told = undefined;
}

/** Notes that a request was delivered to all, or is void. */
export function settleRequest(request: CancelRequest): void {
  request.pending = false;
  request.unsureUntil = 0;
  request.told = undefined;
  request.late = undefined;
}

/** Makes a request one that is to be delivered. */
export function pend(request: CancelRequest): void {
  settleRequest(request);
  request.pending = true;
  request.mark = ++running.requestCount;
}

/** Whether who ends or begins a wait of the line now shows that it got the request. */
export function isUnsure(line: LineState, request: CancelRequest): boolean {
  return request.unsureUntil > line.getLoop()._microtasks.now;
}

/** Makes a request to a line, and to all lines inside of it. */
export function cancelLine(line: LineState, reason: CancelReason): void {
  const lines = [line];
  // A loop: scopes may stand in each other by the thousand.
  for (const each of lines) request(each, reason, lines);
}

function request(
  line: LineState,
  reason: CancelReason,
  lines: LineState[],
): void {
  const request = line._request ??= new CancelRequest();
  request.reason = reason;
  request.askedAt ??= line.getLoop()._watchCancelled(line);
  // Whom the host has resumed comes to its wait before the loop goes on, so not in the
  // burst of what is cancelled here.
  if (running.loop === undefined) line.getLoop()._noteResumed();
  const wasUnsure = isUnsure(line, request);
  const isAtHost = isQuiet(line);
  pend(request);
  const awaits = line._awaits;
  if (awaits !== undefined) {
    for (const wait of awaits instanceof Set ? [...awaits] : [awaits]) {
      if (wait._cancelWait(reason, lines)) noteTold(request, wait);
    }
  }
  // Whoever waits for the host with a signal gets it by that, if it was its own.
  const aborted = abortSignal(line, reason) || request.aborted;
  const isOnItsWay = line._lastEnd === line.getLoop()._burst;
  // Who asks for it itself has not got it yet.
  if (
    isAtHost && currentLine() !== line &&
    (wasUnsure || aborted && !isOnItsWay)
  ) beginBurst(line, request);
  request.aborted = false;
  if (isAtHost) line._interrupt?.(reason);
}

/** What resumes the bodies of lines, as far as a cancel needs it. */
export interface LineDriver {
  _waitingOn: unknown;
  /** The innermost scope whose body stands on its stack. */
  _scope: ScopeLine | undefined;
  /** The line for whose sake it runs. */
  readonly _line: LineState | undefined;
}

/** The line of what stands on top of a driver's stack. */
export function lineOf(driver: LineDriver): LineState | undefined {
  return driver._scope ?? driver._line;
}

/** The line of the code that runs now in a task. */
export function currentLine(): LineState | undefined {
  return running.driver === undefined
    ? asyncLine() as LineState | undefined
    : lineOf(running.driver as LineDriver);
}

/** The line of a scope, as far as a cancel needs it. */
export interface ScopeLine extends LineState {
  readonly _driver: LineDriver | undefined;
}

/**
 * Cancels what a driver stands at, and the waits and signals of the scopes on its stack.
 *
 * @param driver The driver.
 * @param from The outermost line that is cancelled; `undefined` for all its scopes.
 * @param base The line to which the driver belongs outside of any scope.
 * @param reason What the request carries.
 * @param lines Takes the line that has to be cancelled too.
 * @returns Whether something took the request; else the driver is on its way.
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
  let taken = isHosted;
  if (waitingOn instanceof Future) taken = cancelWith(waitingOn, reason);
  let line = innermost;
  while (line !== undefined && (line !== base || from === base)) {
    if (!isHosted || line !== innermost) cancelHelpers(line, reason, lines);
    const aborted = isHosted && line !== innermost &&
      abortSignal(line, reason);
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

// What async functions wait for that nobody awaits: they get it, and the line too.
function cancelHelpers(
  line: LineState,
  reason: CancelReason,
  lines: LineState[],
): void {
  const awaits = line._awaits;
  if (awaits === undefined) return;
  for (const wait of awaits instanceof Set ? [...awaits] : [awaits]) {
    wait._cancelWait(reason, lines);
  }
}

/** Aborts the signal that was asked of a line; says whether there was one. */
export function abortSignal(line: LineState, reason: CancelReason): boolean {
  const controller = line._request?.controller;
  if (controller === undefined || controller.signal.aborted) return false;
  controller.abort(signalReason(reason, line));
  return true;
}

/**
 * The signal of a line, which a request to it or to one round it aborts.
 *
 * @param line The line.
 * @param isCancelled Whether such a request was made already.
 */
export function signalOf(line: LineState, isCancelled: boolean): AbortSignal {
  const own = line._request ??= new CancelRequest();
  const { controller } = own;
  // An aborted signal stays so; when the request was taken back there is a fresh one.
  if (
    controller !== undefined && (!controller.signal.aborted || isCancelled)
  ) return controller.signal;
  const fresh = own.controller = new AbortController();
  if (isCancelled) {
    fresh.abort(signalReason(reasonFor(line), line));
  }
  return fresh.signal;
}

function reasonFor(line: LineState): CancelReason {
  let each: LineState | undefined = line;
  while (each !== undefined && !each._request?.count) each = each._outer;
  return each?._request?.reason;
}

/** How many requests were made to a line and those round it, and not taken back. */
export function requestsOf(line: LineState): number {
  if (!(line._task as LineState)._request?.total) return 0;
  let count = 0;
  let each: LineState | undefined = line;
  for (; each !== undefined; each = each._outer) {
    count += each._request?.count ?? 0;
  }
  return count;
}

/** What a line waits for, and the lines of the scopes that stand at their own waits. */
export function waitsOf(line: LineState): PendingAwait[] {
  const waits: PendingAwait[] = [];
  const lines = [line];
  for (const each of lines) {
    const awaits = each._awaits;
    if (awaits === undefined) continue;
    for (const wait of awaits instanceof Set ? awaits : [awaits]) {
      waits.push(wait);
      const { _scope } = wait as Partial<LineDriver>;
      if (_scope !== undefined && isHosted(wait)) lines.push(_scope);
    }
  }
  return waits;
}

/** Whether the body of a scope of a task waits for the host and for nothing else. */
export function hasScopeAtHost(task: LineState & LineDriver): boolean {
  if (isAtHost(task)) return true;
  const lines: LineState[] = [task];
  for (let each: LineState | undefined = task._scope; each !== undefined;) {
    lines.push(each);
    each = each._outer;
  }
  for (const each of lines) {
    const awaits = each._awaits;
    if (awaits === undefined) continue;
    for (const wait of awaits instanceof Set ? awaits : [awaits]) {
      const driver = wait as Partial<LineDriver>;
      if (isAtHost(driver)) return true;
      if (driver._scope !== undefined) lines.push(driver._scope);
    }
  }
  return false;
}

// Whether the innermost scope on a driver's stack does.
function isAtHost({ _waitingOn, _scope }: Partial<LineDriver>): boolean {
  return _waitingOn === PROMISE_BODY && _scope !== undefined &&
    _scope._awaits === undefined;
}

/** Notes that the async function of a line has ended: it has, or had, what was asked. */
export function noteBodyEnd(
  line: LineState,
  failed: boolean,
  outcome: unknown,
): void {
  const request = line._request;
  if (request === undefined || !request.pending) return;
  if (isUnsure(line, request) || failed && isCancellation(line, outcome)) {
    settleRequest(request);
  }
}

/**
 * Whether an error is what a cancel has come to: a CancelledError, that of the end of a
 * `using` block with the error of its body, or the AbortError of an API of the host that
 * was given the signal. The CancelledError of a signal that was aborted
 * for an earlier request, or for another line's, is none.
 *
 * @param line The line that it comes out of.
 * @param error The error.
 */
export function isCancellation(line: LineState, error: unknown): boolean {
  if (isInstance(error, CancelledError)) {
    const owner = ownerOfSignal(error) as LineState | undefined;
    return owner === undefined || requestsOf(line) > 0 ||
      requestsOf(owner) > 0;
  }
  return requestsOf(line) > 0 &&
    (isAbortError(error) || isOnlyCancellations(line, error) ||
      endsInCancellation(line, error));
}

// What `using` makes of a cancel at the end of a block that an error has left: as in Python,
// the last error counts.
function endsInCancellation(line: LineState, error: unknown): boolean {
  let last = error;
  try {
    // Node 22 has no such class, but compilers write one.
    while (isInstance(last, Error) && last.name === "SuppressedError") {
      last = (last as SuppressedError).error;
    }
  } catch {
    // Of the user's class.
    return false;
  }
  return last !== error && isInstance(last, CancelledError) &&
    isCancellation(line, last);
}

// What Promise.any() makes of the CancelledErrors of all its waits.
function isOnlyCancellations(line: LineState, error: unknown): boolean {
  if (!isInstance(error, AggregateError)) return false;
  try {
    const errors: unknown[] = error.errors;
    return errors.length > 0 &&
      errors.every((each) =>
        isInstance(each, CancelledError) && isCancellation(line, each)
      );
  } catch {
    // Of the user's class.
    return false;
  }
}

function isAbortError(error: unknown): boolean {
  if (!isInstance(error, Error)) return false;
  try {
    return error.name === "AbortError";
  } catch {
    // Of the user's class.
    return false;
  }
}

/** Whether the line goes on in this burst of microtasks, and stands at no wait. */
export function isOnItsWay(line: LineState): boolean {
  return isQuiet(line) && line._lastEnd === line.getLoop()._burst;
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
  const check = (): void =>
    void afterBurst(() => {
      if (!isQuiet(line) || request.onQuiet === undefined) return;
      request.onQuiet = undefined;
      settleRequest(request);
      goOn();
    });
  request.onQuiet = check;
  if (!areTold) cancelLine(line, "The task has ended");
  if (isQuiet(line)) check();
}

// Calls `callback` when the burst of microtasks under way is over.
async function afterBurst(callback: () => void): Promise<void> {
  for (let hop = 0; hop < HOPS_OF_BURST; hop++) await SETTLED;
  callback();
}

function beginBurst(line: LineState, request: CancelRequest): void {
  request.unsureUntil = line.getLoop()._microtasks.after(
    HOPS_OF_BURST,
    noteAwait,
  );
}
