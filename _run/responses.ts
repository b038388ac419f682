/**
 * The answers that are made here, and what is done to those that handlers make.
 *
 * @module
 */
import { guarded, isInstance } from "../_base/repr.ts";

const SWITCHING_PROTOCOLS = 101;

/** Whether it is a response of the host, or of an adapter that has a class of its own. */
export function isResponse(value: unknown): value is Response {
  if (isInstance(value, Response)) return true;
  return typeof value === "object" && value !== null &&
    guarded(() => {
      const { status, headers } = value as Response;
      return typeof status === "number" && typeof headers === "object";
    }, false);
}

/** Answers a request that was cancelled. */
export function unavailable(isClosing: boolean): Response {
  const answer = new Response("Service Unavailable", { status: 503 });
  return isClosing ? closingConnection(answer) : answer;
}

/** Answers a request whose handler has failed. */
export function serverError(): Response {
  return new Response("Internal Server Error", { status: 500 });
}

/** Asks the client to use the connection for nothing else. */
export function closingConnection(answer: Response): Response {
  // Of one that becomes a WebSocket it says what comes next.
  if (answer.status === SWITCHING_PROTOCOLS) return answer;
  try {
    answer.headers.set("connection", "close");
    return answer;
  } catch {
    // Those of `fetch()` and of `Response.redirect()` can't be changed. A copy can't be made
    // of `Response.error()`, or of a body that is used: what that answers the host knows.
    return guarded(() => {
      const copy = new Response(answer.body, answer);
      copy.headers.set("connection", "close");
      return copy;
    }, answer);
  }
}
