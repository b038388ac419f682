/** The kit on threads and processes of every host. */
import { assertEquals } from "@std/assert";
import { checks } from "@asyncio/asyncio/executor-testing";
import { run } from "@asyncio/asyncio";
import { type Host, hostTest, runOn } from "./_hosts.ts";
import { contextOf } from "./_kit_program.ts";
import { BLIND } from "./_modules.ts";

const PROGRAM = new URL("./_kit_program.ts", import.meta.url);

// Here check by check, so that the sanitizers look at each.
for (const kind of ["thread", "process"] as const) {
  const executor = kind === "thread" ? "WorkerExecutor" : "ProcessExecutor";
  const context = contextOf(kind, false);
  for (const check of checks) {
    if (!context.can(check)) continue;
    Deno.test({
      name: `${executor} keeps: ${check.name}`,
      ignore: BLIND,
      fn: () => run(() => check.run(context)),
    });
  }
  Deno.test.afterAll(() => context[Symbol.dispose]());
  hostTest(`${executor} passes the kit`, async (host: Host) => {
    // Done above.
    if (host.name === "deno") return;
    const { lines, code } = await runOn(host, PROGRAM, kind);
    assertEquals([lines, code], [["true all passed"], 0]);
  });
}
