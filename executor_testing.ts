/**
 * A kit that proves executors: the behaviours that every one has to keep, as checks.
 *
 * Whoever writes an executor for another engine runs the checks that its abilities allow.
 * The checks need no test framework, and what the executor claims is all that they ask.
 * It is no part of the main entry.
 *
 * ```ts
 * import { checks, Context, jobs } from "@asyncio/asyncio/executor-testing";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 * import { runTest } from "@asyncio/asyncio/testing";
 *
 * using context = new Context({
 *   make: (options) => new InlineExecutor(jobs, options),
 *   abilities: ["structured clone", "transfer", "limits"],
 * });
 * for (const check of checks) {
 *   if (context.can(check)) await runTest(() => check.run(context));
 * }
 * ```
 *
 * @module
 */
import { cancelChecks } from "./_conformance/cancel.ts";
import type { Check } from "./_conformance/check.ts";
import { deadlineChecks } from "./_conformance/deadlines.ts";
import { futureChecks } from "./_conformance/futures.ts";
import { lossChecks } from "./_conformance/losses.ts";
import { poolChecks } from "./_conformance/pool.ts";
import { resultChecks } from "./_conformance/results.ts";
import { streamChecks } from "./_conformance/streams.ts";
import { libraryUrl } from "./_executor/host.ts";

export type { Check } from "./_conformance/check.ts";
export {
  type Ability,
  type CheckedExecutor,
  type CheckedExecutorOptions,
  Context,
  type ContextOptions,
} from "./_conformance/context.ts";
/** The jobs of the checks, for executors that are given functions. */
export * as jobs from "./_conformance/jobs.ts";

/** The URL of the module of jobs, for executors that are given a module. */
export const jobsUrl: URL = libraryUrl("_conformance/jobs");

/** All checks. */
export const checks: readonly Check[] = [
  ...resultChecks,
  ...futureChecks,
  ...cancelChecks,
  ...deadlineChecks,
  ...streamChecks,
  ...lossChecks,
  ...poolChecks,
];
