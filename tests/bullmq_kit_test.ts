/** The kit over BullMQ and a real Redis: jobs in the loop of the worker, and in threads. */
import { assertEquals } from "@std/assert";
import { run } from "@asyncio/asyncio";
import { checks } from "@asyncio/asyncio/executor-testing";
import { BullmqFolder } from "./_bullmq_folder.ts";
import { contextOf, KINDS } from "./_bullmq_kit.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { findRedis } from "./_redis.ts";

const PROGRAM = new URL("./_bullmq_kit_program.ts", import.meta.url);

const redis = await findRedis();
const folder = new BullmqFolder();
Deno.test.afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

for (const kind of KINDS) {
  const engine = redis ?? { bullmq: undefined!, connection: {} };
  const context = contextOf(kind, engine.bullmq, engine.connection);
  for (const check of checks) {
    if (!context.can(check)) continue;
    Deno.test({
      name: `BullmqExecutor over ${kind} keeps: ${check.name}`,
      ignore: redis === undefined,
      fn: () => run(() => check.run(context)),
    });
  }
  Deno.test.afterAll(() => context[Symbol.dispose]());
}

hostTest("BullmqExecutor passes the kit", async (host) => {
  // This host has done so above, and one Node is as good as the other.
  const isDone = host.name === "deno" || host.name.startsWith("node@22");
  if (redis === undefined || isDone) return;
  const port = String(redis.connection.port);
  const path = await folder.path();
  // Both at once: they wait, for the most part.
  const ends = await Promise.all(
    KINDS.map((kind) => runOn(host, PROGRAM, kind, port, path)),
  );
  for (const { lines, code, errors } of ends) {
    assertEquals([lines, code], [["true all passed"], 0], errors);
  }
});
