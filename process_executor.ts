/**
 * An executor that runs jobs in processes, which can be killed: Python's
 * `ProcessPoolExecutor`.
 *
 * It is slower than threads to start and to talk to. It is the one for jobs that may crash
 * their host or never end, and on Deno for jobs with permissions of their own.
 *
 * ```ts ignore
 * import { run } from "@asyncio/asyncio";
 * import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
 * import type * as jobs from "./jobs.ts";
 *
 * await run(async () => {
 *   await using executor = new ProcessExecutor<typeof jobs>(
 *     new URL("./jobs.ts", import.meta.url),
 *     { execArgv: ["--allow-read"] },
 *   );
 *   console.log(await executor.submit("double", [21]));
 * });
 * ```
 *
 * @module
 */
import { RuntimeError } from "./errors.ts";
import {
  checkOptions,
  copyList,
  copyRecord,
  type OptionKinds,
} from "./_base/arguments.ts";
import { isList, isObject } from "./_base/repr.ts";
import { builtin } from "./_host/environment.ts";
import { moduleUrl } from "./_pool/checks.ts";
import {
  POOL_OPTIONS,
  PoolExecutor,
  type WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";
import { ProcessFactory } from "./_channel/process_channel.ts";

export type {
  PoolExecutor,
  WorkerExecutorOptions,
} from "./_pool/pool_executor.ts";

/** Options of {@linkcode ProcessExecutor}. */
export interface ProcessExecutorOptions extends WorkerExecutorOptions {
  /**
   * The runtime's own flags. On Deno they are the permissions of the jobs, none unless
   * they are given here; a module of jobs that imports others may need `--allow-read`.
   *
   * @default {[]}
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * The environment of the processes.
   *
   * @default {that of the program}
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const PROCESS_OPTIONS: OptionKinds<ProcessExecutorOptions> = {
  ...POOL_OPTIONS,
  execArgv: {
    words: "an array of strings",
    copy: copyList,
    fits: (value) => isList(value) && value.every(isString),
  },
  env: {
    words: "an object of strings",
    copy: copyRecord,
    fits: (value) =>
      isObject(value) && !isList(value) && Object.values(value).every(isString),
  },
};

function isString(value: unknown): boolean {
  return typeof value === "string";
}

/**
 * Runs the functions of a module in processes.
 *
 * - **Force**: what ignores its cancel for the grace is killed, an endless loop too.
 * - **Losses**: what a process has begun is known exactly, by a file without a name that
 *   both hold. On Windows, and where Deno has no permission to read and write in the folder
 *   for temporary files, all that was sent counts as begun.
 * - **Moving**: nothing can be moved to a process; what `transfer` lists is copied.
 * - **Orphans**: a process ends when the program does, however that ends. To kill one in an
 *   endless loop takes a shell beside it; where there is none, as on Windows, that one stays.
 * - **Permissions**: on Deno the program needs `--allow-run` and `--allow-env`.
 *
 * @typeParam J The type of the module: `typeof import("./jobs.ts")`.
 *
 * @example Run a module's function in a process
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
 * import { assertEquals } from "@std/assert";
 *
 * // A module of jobs is a file; this one is small enough for a URL.
 * const module = "data:text/javascript,export const double = (x) => 2 * x;";
 * type Jobs = { double(x: number): number };
 *
 * await run(async () => {
 *   await using executor = new ProcessExecutor<Jobs>(module, { maxWorkers: 1 });
 *   assertEquals(await executor.submit("double", [21]), 42);
 * });
 * ```
 */
export class ProcessExecutor<J> extends PoolExecutor<J> {
  /**
   * Makes an executor; nothing is started yet.
   *
   * @param jobs The URL of the module of jobs.
   * @param options How many processes, and how they are started and used.
   * @throws {TypeError} If `jobs` is no URL, or an option of the wrong kind.
   * @throws {RangeError} If a count is no whole number above 0, or the grace negative.
   * @throws {RuntimeError} If the host has no processes.
   */
  constructor(jobs: URL | string, options: ProcessExecutorOptions = {}) {
    if (builtin("node:child_process") === undefined) {
      throw new RuntimeError(
        "Cannot make an executor: this host has no processes, use a WorkerExecutor",
      );
    }
    options = checkOptions("make an executor", options, PROCESS_OPTIONS);
    const { execArgv = [], env } = options;
    const factory = new ProcessFactory({ execArgv, env });
    super(factory, moduleUrl(jobs), options, "process");
  }
}
