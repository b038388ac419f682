/**
 * What a host tells of a client that has gone.
 *
 * @module
 */
import { isNameOfAbort } from "../_base/cancelled.ts";
import { guarded } from "../_base/repr.ts";

/** What is looked at; hosts and users throw anything. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * Whether a handler has failed only because its client has gone: the read of the body that
 * was under way fails then, and what was given the request's own signal.
 *
 * @param error What it has thrown.
 * @param request The request.
 * @param isCancelAsked Whether it was to be cancelled.
 */
export function isOfClientGone(
  error: unknown,
  request: Request,
  isCancelAsked: boolean,
): boolean {
  return guarded(() => {
    const { name, code, message } = error as Thrown;
    // Deno tells it by these alone: a signal that nobody has asked for before stays as it is.
    const isOfDeno = name === "BadResource" || name === "Http";
    if (isOfDeno) return /\bbody\b/.test(`${message}`) && request.bodyUsed;
    const isAbort = isNameOfAbort(name) ||
      code === "ECONNRESET" && message === "aborted";
    // On Deno, whoever asks for the signal gets a warning.
    if (!isAbort && !isCancelAsked) return false;
    const { aborted, reason } = request.signal;
    // `@hono/node-server` has a text for a reason.
    return aborted && (isAbort || error === reason || message === reason);
  }, false);
}

/**
 * Whether the signal of a request tells whether its client has gone. Deno aborts that of a
 * request whose connection becomes a WebSocket, which is just what its handler wants.
 */
export function tellsClientGone(request: Request): boolean {
  return !("Deno" in globalThis) ||
    request.headers.get("upgrade")?.toLowerCase() !== "websocket";
}
