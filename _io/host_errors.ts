/**
 * Errors of the host's own classes, with what they are about in the message.
 *
 * @module
 */

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
  const { Deno } = globalThis as Host;
  if (Deno !== undefined) return new Deno.errors.ConnectionReset!(message);
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}
