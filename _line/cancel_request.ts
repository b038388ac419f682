/**
 * Cancel requests: what was asked of a line, and which of its functions have got it.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import type { Descent } from "../_base/descent.ts";
import { running } from "../_base/running.ts";
import type { PendingAwait } from "../_future/future_await.ts";

/** Who has asked a line to end. */
export type Asker = "another" | "an outer line" | "itself";

/** The newest cancel request of a line, and what earlier ones have left behind. */
export class CancelRequest {
  /** How many were made to this line itself and not taken back. */
  count = 0;
  /** Of a task: those of its scopes too. */
  total = 0;
  /** Of a task: how many were made to lines and those round them, of scopes deep inside. */
  known: WeakMap<object, number> | undefined = undefined;
  /** What a function's async context is marked with when it has shown that it got it. */
  mark = 0;
  /** The mark of the first one; 0 before that. */
  first = 0;
  /** The waits that one of them has cancelled, or whose functions clean up after it. */
  cleanUps: Set<PendingAwait> | undefined = undefined;
  /** Whether a function that has not shown that it got it has to get it. */
  pending = false;
  /** Until which microtask whoever ends or begins a wait shows it. */
  unsureUntil = 0;
  /** What follows from the ends of waits that have thrown it: of all that were made. */
  descent: Descent | undefined = undefined;
  /** As `unsureUntil`: whoever begins a wait cleans up, since one of `cleanUps` has ended. */
  cleansUntil = 0;
  /** As `unsureUntil`: functions of a scope inside that has ended may come to a clean-up. */
  innerUntil = 0;
  /** The waits whose functions have got it, or get it as those end. */
  told: PendingAwait | Set<PendingAwait> | undefined = undefined;
  /** The task that a driver has passed it on to, and which may keep its result. */
  passedTo: unknown = undefined;
  /** Those of `told` that had their result before: their functions get it at their next wait. */
  late: Set<PendingAwait> | undefined = undefined;
  /**
   * Whether it has reached several waits: when one function has ended by it, another one may
   * be on its way to its clean-up.
   */
  hasReachedSeveral = false;
  /** Who has made the last one. That of an outer line is handed on if this has not got it. */
  askedBy: Asker = "another";
  /**
   * In which burst of the loop's the line has asked for it itself, or got it from one
   * inside: what has ended in that burst does not show that it got it.
   */
  askedIn = -1;
  /** In which burst it came too late for the line, whose last wait had ended in it before. */
  lateIn = -1;
  /**
   * Whether it stands for one that was met, and that the errors of a group have come out in
   * the place of: it is new to all, as far out as the first one was made.
   */
  isAskedAgain = false;
  /** Of a scope: whether one was made before it began that its body has yet to get. */
  isOwed = false;
  reason: CancelReason = undefined;
  controller: AbortController | undefined = undefined;
  /** Of a scope: whether it ends for good, so that its signal stays aborted. */
  isEnding = false;
  /** Whether a signal was aborted by the request that is being made. */
  aborted = false;
  /** When it was made, in looks of the watch for stuck lines; until that has told of it. */
  askedAt: number | undefined = undefined;
  /** Of a task: whether it has its result, and waits for what its function has left behind. */
  isTooLate = false;
  /** Of a task: whether it gives the result that it had before the request. */
  keepsResult = false;
  /** What is to be done when the line has no waits left. */
  onQuiet: (() => void) | undefined = undefined;
}

/**
 * Notes that requests were made, or taken back.
 *
 * @param root What the task of the line was asked.
 * @param request What the line itself was asked.
 * @param more How many; below 0 if they were taken back.
 */
export function noteRequests(
  root: CancelRequest,
  request: CancelRequest,
  more: number,
): void {
  request.count += more;
  root.total += more;
  root.known = undefined;
}

/** Notes that the function that does a wait has got the request, or gets it. */
export function noteTold(request: CancelRequest, wait: PendingAwait): void {
  const { told } = request;
  if (told === undefined) {
    request.told = wait;
    return;
  }
  request.hasReachedSeveral = true;
  if (told instanceof Set) told.add(wait);
  else request.told = new Set([told, wait]);
}

/** Notes that a wait which was told had its result before: its function has yet to get it. */
export function noteLate(request: CancelRequest, wait: PendingAwait): void {
  (request.late ??= new Set()).add(wait);
}

/** Notes that the function that does a wait has not got the request after all. */
export function forget(request: CancelRequest, wait: PendingAwait): void {
  const { told } = request;
  if (told instanceof Set) told.delete(wait);
  else if (told === wait) request.told = undefined;
}

/** Whether the function that does a wait has got the request, or gets it. */
export function isTold(request: CancelRequest, wait: PendingAwait): boolean {
  const { told } = request;
  return told instanceof Set ? told.has(wait) : told === wait;
}

/** Notes that a request was delivered to all, or is void. */
export function settleRequest(request: CancelRequest): void {
  // Those that are still under way, such as a task that cleans up.
  if (request.told !== undefined) keepCleanUps(request, request.told);
  request.pending = false;
  request.askedIn = -1;
  request.lateIn = -1;
  request.isAskedAgain = false;
  request.isOwed = false;
  request.unsureUntil = 0;
  request.told = undefined;
  request.late = undefined;
}

/**
 * As {@linkcode settleRequest}, for one whose function has ended: others that have got it may
 * be on their way to their clean-up, as one that has called more functions has a longer one.
 */
export function settleEnded(request: CancelRequest): void {
  const { unsureUntil } = request;
  if (unsureUntil > request.cleansUntil) request.cleansUntil = unsureUntil;
  settleRequest(request);
}

function keepCleanUps(
  request: CancelRequest,
  told: PendingAwait | Set<PendingAwait>,
): void {
  for (const wait of told instanceof Set ? told : [told]) {
    if (!request.late?.has(wait)) noteCleanUp(request, wait);
  }
}

/** Makes a request one that is to be delivered. */
export function pend(request: CancelRequest): void {
  const { isOwed } = request;
  settleRequest(request);
  request.isOwed = isOwed;
  request.hasReachedSeveral = false;
  request.pending = true;
  request.mark = ++running.requestCount;
  if (request.first === 0) request.first = request.mark;
}

/** Makes a request to a line that its next wait gets. */
export function owe(
  line: { _request: CancelRequest | undefined },
  reason: CancelReason,
): CancelRequest {
  const request = line._request ??= new CancelRequest();
  pend(request);
  request.reason = reason;
  return request;
}

/** Notes that a wait is that of a clean-up, or was cancelled, so that one follows. */
export function noteCleanUp(request: CancelRequest, wait: PendingAwait): void {
  if (request.first === 0) request.first = ++running.requestCount;
  (request.cleanUps ??= new Set()).add(wait);
}

/** Makes a request that does not cancel the clean-ups to which earlier ones have led. */
export function pendForOthers(request: CancelRequest): void {
  pend(request);
  request.mark = request.first;
  for (const wait of request.cleanUps ?? []) noteTold(request, wait);
  // By the earlier ones: whoever waits for the line's end would look again without end.
  request.hasReachedSeveral = false;
}

/** Makes a request for those that a cancelled task has left behind, and that have not got it. */
export function pendForLeft(ended: CancelRequest): CancelRequest {
  const request = new CancelRequest();
  request.first = request.mark = ended.first;
  request.reason = ended.reason;
  request.pending = ended.first !== 0;
  const { unsureUntil, cleansUntil, innerUntil } = ended;
  request.descent = ended.descent;
  // Who has got it may be on its way to its clean-up.
  request.unsureUntil = Math.max(unsureUntil, cleansUntil, innerUntil);
  return request;
}
