/**
 * Errors of the host's own classes, with what they are about in the message.
 *
 * @module
 */
import { unplaced } from "../_base/error_place.ts";
import { isError, isInstance, isList } from "../_base/repr.ts";
import { CancelledError } from "../errors.ts";

interface Host {
  readonly Deno?: {
    readonly errors: Readonly<Record<string, new (message: string) => Error>>;
  };
}

/**
 * Makes the host's error for a connection that is not there any more: a
 * `Deno.errors.ConnectionReset`, or an Error with the code `ECONNRESET`.
 */
export function connectionReset(message: string): Error {
  return hostError("ConnectionReset", "ECONNRESET", message);
}

/** Makes the host's error for what nobody reads any more, as {@linkcode connectionReset}. */
export function brokenPipe(message: string): Error {
  return hostError("BrokenPipe", "EPIPE", message);
}

function hostError(name: string, code: string, message: string): Error {
  const { Deno } = globalThis as Host;
  const Class = Deno === undefined ? Error : Deno.errors[name]!;
  // Deno's own have one as well.
  return Object.assign(new Class(message), { code });
}

/**
 * Puts what an error of the host is about before its message: an address, a command.
 *
 * @param error What the host threw; a cancel of whoever waited for it stays as it is.
 * @param subject What it is about, such as "Cannot connect to 127.0.0.1:80".
 * @returns The same error.
 */
export function withSubject(error: unknown, subject: string): unknown {
  if (isInstance(error, CancelledError)) return error;
  if (!isError(error) || error.message.startsWith(subject)) {
    return error;
  }
  const { message, stack } = error;
  // The stack's text has the message that the error was made with.
  const heading = `${error.name}: ${message}`;
  const why = message === "" ? reasonsOf(error) : message;
  const full = why === "" ? subject : `${subject}: ${why}`;
  error.message = full;
  if (stack?.startsWith(heading)) {
    error.stack = `${error.name}: ${full}${stack.slice(heading.length)}`;
  }
  return error;
}

// Node gives an AggregateError without a message where each address of a host has refused.
function reasonsOf(error: Error): string {
  const { errors } = error as { readonly errors?: unknown };
  if (!isList(errors)) return "";
  return errors.map((each) => (each as Error).message).join(", ");
}

/**
 * Makes the error of a call that the host has refused: the host's own, with what it is about
 * and the frames of the caller, where it had some of the host and of the library alone.
 *
 * @param error What the host threw, in answer to this one call.
 * @param subject What it is about.
 * @returns The same error, on its way at once.
 */
export function refusal(error: unknown, subject: string): unknown {
  const named = withSubject(error, subject);
  return isError(named) && !isInstance(named, CancelledError)
    ? unplaced(named)
    : named;
}
