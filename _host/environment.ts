/**
 * What the library asks of its host beside time: built-in modules, the environment and the
 * thread.
 *
 * @module
 */
import { running } from "../_base/running.ts";

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
    getBuiltinModule?(name: string): unknown;
  };
  readonly WorkerGlobalScope?: unknown;
}

interface ThreadModule {
  readonly isMainThread: boolean;
}

const VARIABLE = "ASYNCIO_DEBUG";

// No static "node:" import: browsers load the library too.
/** Returns a module that is built into the host, if it has it. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as Host;
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/**
 * Whether the environment turns debug mode on; never asks the user for a permission.
 * Looked up once a process: to query a permission is 4 µs.
 */
export function debugByEnvironment(): boolean {
  return running.debugByEnvironment ??= readDebug();
}

/** Whether this is the program's main thread, and not a worker. */
export function isMainThread(): boolean {
  const { Deno, WorkerGlobalScope } = globalThis as Host;
  if (WorkerGlobalScope !== undefined) return false;
  if (Deno !== undefined) return true;
  return builtin<ThreadModule>("node:worker_threads")?.isMainThread ?? true;
}

function readDebug(): boolean {
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

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
