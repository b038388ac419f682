/**
 * Runs the kit of executors on a host, and prints what fails: `_kit_program.ts thread`.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import { checks, Context, type jobs, jobsUrl } from "../executor_testing.ts";
import { run } from "../mod.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { WorkerExecutor } from "../worker_executor.ts";

type Options = ConstructorParameters<typeof WorkerExecutor>[1];
type Kind = "thread" | "process";

const isDeno = "Deno" in globalThis;
const execArgv = isDeno ? ["-A"] : [];
const MISSING = new URL("./no_such_module.ts", import.meta.url);

/** Makes the context of an executor of real workers. */
export function contextOf(kind: Kind, reuse: boolean): Context {
  const make = (url: URL, options: Options = {}) =>
    kind === "thread"
      ? new WorkerExecutor<typeof jobs>(url, options)
      : new ProcessExecutor<typeof jobs>(url, { ...options, execArgv });
  const isThread = kind === "thread";
  return new Context({
    make: (options) => make(jobsUrl, options),
    makeBroken: () => make(MISSING),
    reuse,
    abilities: [
      "structured clone",
      "give up",
      "crash",
      "run elsewhere",
      "limits",
      "back-pressure",
      "deadline",
      "async context",
      "check",
      ...isThread ? ["transfer"] as const : [],
      // Deno cannot stop a thread that is in a loop.
      ...isThread && isDeno ? [] : ["kill"] as const,
    ],
  });
}

if (process.argv[1]?.endsWith("_kit_program.ts")) {
  const context = contextOf(process.argv[2] as Kind, true);
  let failed = 0;
  let passed = 0;
  for (const check of checks) {
    if (!context.can(check)) continue;
    try {
      await run(() => check.run(context));
      passed++;
    } catch (error) {
      failed++;
      console.log(`${check.name}: ${(error as Error).stack}`);
    }
  }
  await run(() => context.shutdown());
  context[Symbol.dispose]();
  console.log(failed === 0 ? `${passed > 60} all passed` : `${failed} failed`);
}
