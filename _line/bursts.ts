/**
 * What goes on in the burst of microtasks under way: who shows there that it got a request,
 * and what has ended in it before.
 *
 * @module
 */
import { Descent, type DescentEvent } from "../_base/descent.ts";
import { running } from "../_base/running.ts";
import { isCancellation } from "./cancellation.ts";
import { type CancelRequest, settleEnded } from "./cancel_request.ts";
import { isQuiet, type LineState } from "./line.ts";

/** The time of a line, in microtasks. */
export function now(line: LineState): number {
  return line.getLoop()._microtasks.now;
}

/** Whether who ends or begins a wait of the line now shows that it got the request. */
export function isUnsure(line: LineState, request: CancelRequest): boolean {
  return mayBeUnsure(line, request) && request.descent?.isUnderWay === true;
}

/** Whether there may be somebody who shows, as the next wait begins or ends, that it got it. */
export function mayBeUnsure(line: LineState, request: CancelRequest): boolean {
  return request.unsureUntil > now(line);
}

/** Whether functions of a scope inside that has ended may be on their way to a clean-up. */
export function hasCleaners(line: LineState): boolean {
  const until = line._request?.innerUntil;
  return until !== undefined && until > now(line);
}

/** Notes that the async function of a line has ended: it has, or had, what was asked. */
export function noteBodyEnd(
  line: LineState,
  failed: boolean,
  outcome: unknown,
): void {
  const request = line._request;
  if (request === undefined || !request.pending) return;
  // The CancelledError of an earlier request does not show that it got one of its own.
  const isEarlier = request.askedIn === line.getLoop()._bursts.current;
  if (
    isUnsure(line, request) ||
    failed && !isEarlier && isCancellation(line, outcome)
  ) settleEnded(request);
}

/**
 * Whether a request came only when the last wait had ended: the function went on to its
 * end in the same burst of microtasks, as it would have before the request in CPython.
 */
export function hadEnded(line: LineState, request: CancelRequest): boolean {
  const burst = line.getLoop()._bursts.current;
  return request.askedBy !== "itself" && request.askedIn !== burst &&
    request.lateIn === burst;
}

/** Whether a wait of the line has ended in this burst of microtasks, or it has begun. */
export function hasJustEndedWait(line: LineState): boolean {
  return line.getLoop()._bursts.hasGoneOn(line);
}

/** Whether the line goes on in this burst of microtasks, and stands at no wait. */
export function isOnItsWay(line: LineState): boolean {
  return hasJustEndedWait(line) && isQuiet(line);
}

/**
 * Notes that a wait of who has got a request delivers its outcome now.
 *
 * @param line The line.
 * @param request What it was asked.
 * @param isAllThatRuns Whether what runs in the turn now does nothing else.
 */
export function beginDelivery(
  line: LineState,
  request: CancelRequest,
  isAllThatRuns: boolean,
): void {
  const event = eventOf(line, request, isAllThatRuns);
  if (event !== undefined) (running.bursts.events ??= []).push(event);
}

/** Begins an event from which those follow that get a request, whoever else goes on. */
export function eventOf(
  line: LineState,
  request: CancelRequest,
  isAllThatRuns = false,
): DescentEvent | undefined {
  const place = line.getLoop()._placeInTurn;
  return descentOf(line, request).begin(place, isAllThatRuns);
}

/** What follows from the events of a request. */
export function descentOf(line: LineState, request: CancelRequest): Descent {
  return request.descent ??= new Descent(line.getLoop()._microtasks);
}
