/**
 * What a test may do: plain `deno test` gives it nothing, and leaves out who needs more.
 *
 * @module
 */

/** Says whether one of these permissions is missing, without asking for it. */
export function lacks(...names: Deno.PermissionName[]): boolean {
  return names.some((name) =>
    Deno.permissions.querySync({ name }).state !== "granted"
  );
}

/** Whether connections, sockets in a folder and certificates can't be made. */
export const NO_NETWORK: boolean = lacks("env", "net", "read", "run", "write");
