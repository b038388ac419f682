/** The kit over BullMQ and a real Redis: jobs in the loop of the worker, and in threads. */
import { assertEquals } from "@std/assert";
import { run } from "@asyncio/asyncio";
import { checks } from "@asyncio/asyncio/executor-testing";
import { contextOf, KINDS } from "./_bullmq_kit.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { findRedis } from "./_redis.ts";

const PROGRAM = new URL("./_bullmq_kit_program.ts", import.meta.url);
// As in `_bullmq_engine.ts`, which Node can't load.
const PACKAGES = ["bullmq@6.7.0", "ioredis@6.0.0"];

const redis = await findRedis();
Deno.test.afterAll(async () => await redis?.[Symbol.asyncDispose]());

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
  const folder = await Deno.makeTempDir({ prefix: "asyncio-bullmq-" });
  try {
    await new Deno.Command("npm", {
      args: ["install", "--silent", "--prefix", folder, ...PACKAGES],
      stdout: "null",
    }).output();
    const port = String(redis.connection.port);
    // Both at once: they wait, for the most part.
    const ends = await Promise.all(
      KINDS.map((kind) => runOn(host, PROGRAM, kind, port, folder)),
    );
    for (const { lines, code, errors } of ends) {
      assertEquals([lines, code], [["true all passed"], 0], errors);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
