/**
 * The signal of a line, for the APIs of the host that it calls.
 *
 * @module
 */
import { type CancelReason, signalReason } from "../_base/cancelled.ts";
import { abortForgiven } from "../_host/uncaught.ts";
import { CancelRequest } from "./cancel_request.ts";
import type { LineState } from "./line.ts";

/** Aborts the signal that was asked of a line; says whether there was one. */
export function abortSignal(line: LineState, reason: CancelReason): boolean {
  const controller = line._request?.controller;
  if (controller === undefined || controller.signal.aborted) return false;
  abortForgiven(controller, signalReason(reason, line));
  return true;
}

/** As {@linkcode abortSignal}, of a scope that ends for good, whatever is taken back. */
export function endSignal(line: LineState, reason: CancelReason): void {
  const request = line._request ??= new CancelRequest();
  request.isEnding = true;
  // For who asks for the signal from now on.
  if (!request.count) request.reason = reason;
  abortSignal(line, reason);
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
  const isAborted = isCancelled || own.isEnding;
  // An aborted signal stays so; when the request was taken back there is a fresh one.
  if (controller !== undefined && (!controller.signal.aborted || isAborted)) {
    return controller.signal;
  }
  const fresh = own.controller = new AbortController();
  if (isAborted) abortForgiven(fresh, signalReason(reasonFor(line), line));
  return fresh.signal;
}

function reasonFor(line: LineState): CancelReason {
  let each: LineState | undefined = line;
  while (
    each !== undefined && !each._request?.count && !each._request?.isEnding
  ) each = each._outer;
  return each?._request?.reason;
}
