/**
 * What the library asks of its host beside time: the environment and the thread.
 *
 * @module
 */

interface Host {
  readonly Deno?: {
    readonly permissions: {
      querySync(
        query: { name: "env"; variable: string },
      ): { readonly state: string };
    };
    readonly env: { get(name: string): string | undefined };
  };
  readonly process?: {
    readonly env?: Record<string, string | undefined>;
    getBuiltinModule?(
      name: string,
    ): { readonly isMainThread?: boolean } | undefined;
  };
  readonly WorkerGlobalScope?: unknown;
}

const VARIABLE = "ASYNCIO_DEBUG";

/** Whether the environment turns debug mode on; never asks for a permission. */
export function debugByEnvironment(): boolean {
  const { Deno, process } = globalThis as Host;
  if (Deno !== undefined) {
    const { state } = Deno.permissions.querySync({
      name: "env",
      variable: VARIABLE,
    });
    return state === "granted" && isOn(Deno.env.get(VARIABLE));
  }
  return isOn(process?.env?.[VARIABLE]);
}

/** Whether this is the program's main thread, and not a worker. */
export function isMainThread(): boolean {
  const { process, WorkerGlobalScope } = globalThis as Host;
  if (WorkerGlobalScope !== undefined) return false;
  return process?.getBuiltinModule?.("node:worker_threads")?.isMainThread ??
    true;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
