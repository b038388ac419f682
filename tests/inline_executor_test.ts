/** The kit on InlineExecutor, under the virtual clock, and what only it has. */
import { checks, Context, jobs } from "@asyncio/asyncio/executor-testing";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { runTest } from "@asyncio/asyncio/testing";

// The kit writes logs.
const NO_FILES = (await Promise.all([
  Deno.permissions.query({ name: "read" }),
  Deno.permissions.query({ name: "write" }),
])).some(({ state }) => state !== "granted");

const context = new Context({
  make: (options) => new InlineExecutor(jobs, options),
  abilities: [
    "structured clone",
    "transfer",
    "give up",
    "limits",
    "back-pressure",
    "deadline",
    "async context",
  ],
});

for (const check of checks) {
  if (!context.can(check)) continue;
  Deno.test({
    name: `InlineExecutor keeps: ${check.name}`,
    ignore: NO_FILES,
    fn: () => runTest(() => check.run(context)),
  });
}

Deno.test.afterAll(() => context[Symbol.dispose]());
