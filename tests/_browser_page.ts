/** Runs the kit in a page, and sends what fails to its server. */
/// <reference lib="dom" />
import { checks, Context, type jobs } from "../executor_testing.ts";
import { run } from "../mod.ts";
import { WorkerExecutor } from "../worker_executor.ts";

const { crossOriginIsolated } = globalThis;
const context = new Context({
  make: (options) =>
    new WorkerExecutor<typeof jobs>(
      () => new Worker("/worker.js", { type: "module" }),
      options,
    ),
  makeBroken: () =>
    new WorkerExecutor<typeof jobs>(
      () => new Worker("/missing.js", { type: "module" }),
    ),
  reuse: true,
  abilities: [
    "structured clone",
    "transfer",
    "give up",
    "kill",
    "crash",
    "limits",
    "back-pressure",
    "deadline",
    // Memory is shared with isolated pages only.
    ...crossOriginIsolated ? ["check", "run elsewhere"] as const : [],
  ],
});

const failed: string[] = [];
let passed = 0;
// For a look at one check.
const only = new URLSearchParams(location.search).get("only");
for (const check of checks) {
  if (!context.can(check)) continue;
  if (only !== null && !check.name.includes(only)) continue;
  await fetch("/begin", { method: "POST", body: check.name });
  try {
    await run(() => check.run(context));
    passed++;
  } catch (error) {
    failed.push(`${check.name}: ${(error as Error).stack}`);
  }
}
await run(() => context.shutdown());
context[Symbol.dispose]();
const body = JSON.stringify({ failed, passed, crossOriginIsolated });
await fetch("/end", { method: "POST", body });
