/**
 * What the library asks of its host beside time: built-in modules, the environment, the
 * system, permissions and the thread.
 *
 * @module
 */
import { running } from "../_base/running.ts";

interface Host {
  readonly Deno?: {
    readonly permissions: {
      querySync(query: PermissionQuery): { readonly state: string };
    };
    readonly env: { get(name: string): string | undefined };
  };
  readonly process?: {
    readonly env?: Record<string, string | undefined>;
    readonly platform?: string;
    getBuiltinModule?(name: string): unknown;
  };
  readonly WorkerGlobalScope?: unknown;
  readonly DedicatedWorkerGlobalScope?: unknown;
}

/** What a program may do, in the words of Deno. */
interface PermissionQuery {
  readonly name: string;
  readonly [detail: string]: string;
}

interface ThreadModule {
  readonly isMainThread: boolean;
}

const VARIABLE = "ASYNCIO_DEBUG";

/**
 * Whether a call may wait for a promise, and the host go on within it: `expect(promise).rejects`
 * of bun:test does so. On the stack of a loop's turn it waits for ever.
 */
export const callsMayWait: boolean = "Bun" in globalThis;

// No static "node:" import: browsers load the library too.
/** Returns a module that is built into the host, if it has it. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as Host;
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** Whether Deno allows something, without asking the user; other hosts allow all. */
export function isGranted(query: PermissionQuery): boolean {
  const { Deno } = globalThis as Host;
  return Deno === undefined ||
    Deno.permissions.querySync(query).state === "granted";
}

/** Whether this is Windows, which has no signals, and files only with their names. */
export function isWindows(): boolean {
  return (globalThis as Host).process?.platform === "win32";
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
  const host = globalThis as Host;
  const { Deno } = host;
  // Deno's workers of "node:worker_threads" have the second only.
  if (host.WorkerGlobalScope ?? host.DedicatedWorkerGlobalScope) return false;
  if (Deno !== undefined) return true;
  return builtin<ThreadModule>("node:worker_threads")?.isMainThread ?? true;
}

function readDebug(): boolean {
  const { Deno, process } = globalThis as Host;
  if (Deno === undefined) return isOn(process?.env?.[VARIABLE]);
  return isGranted({ name: "env", variable: VARIABLE }) &&
    isOn(Deno.env.get(VARIABLE));
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
