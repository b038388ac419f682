/** What becomes of the jobs of a queue when who serves it gets a SIGTERM. */
import { assertEquals } from "@std/assert";
import { BullmqFolder } from "./_bullmq_folder.ts";
import { type Host, hostTest, runOn } from "./_hosts.ts";
import { findRedis, type Redis } from "./_redis.ts";

const PROGRAM = new URL("./_bullmq_signal_program.ts", import.meta.url);

const redis = await findRedis();
const folder = new BullmqFolder();
Deno.test.afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What is served, how it ends, and where the two jobs of the queue are then. */
type Case = readonly [
  mode: string,
  job: string,
  lines: readonly string[],
  code: number,
  states: readonly [string, string],
];

// 143 is the SIGTERM.
const CASES: readonly Case[] = [
  ["within the grace", "ends", ["end"], 143, ["completed", "waiting"]],
  ["over the grace", "hangs", ["clean"], 143, ["waiting", "waiting"]],
  ["over no grace", "hangs", ["clean"], 143, ["waiting", "waiting"]],
  ["by two signals", "asksTwice", ["clean"], 143, ["waiting", "waiting"]],
  ["without a grace", "ends", ["end"], 143, ["completed", "waiting"]],
  ["beside closing()", "ends", ["end"], 0, ["completed", "waiting"]],
];

hostTest(
  "serveBullmq() takes no more jobs at a SIGTERM, and those that it has end or go back",
  async (host) => {
    // One Node is as good as the other.
    if (redis === undefined || host.name.startsWith("node@22")) return;
    const more = await folder.args(host);
    // All at once: they wait, for the most part.
    const ends = await Promise.all(
      CASES.map(([mode, job]) => served(host, redis, mode, job, more)),
    );
    assertEquals(ends, CASES.map(([mode, job, ...end]) => [mode, job, ...end]));
  },
);

/** Runs the program on a queue of two jobs, and tells how that went. */
async function served(
  host: Host,
  { bullmq, connection }: Redis,
  mode: string,
  job: string,
  more: readonly string[],
): Promise<unknown[]> {
  const name = `signal-${crypto.randomUUID()}`;
  const queue = new bullmq.Queue(name, { connection });
  try {
    await queue.add(job, { args: [] }, { jobId: "first" });
    await queue.add("next", { args: [] }, { jobId: "second" });
    const port = String(connection.port);
    const { lines, code } = await runOn(
      host,
      PROGRAM,
      mode,
      port,
      name,
      ...more,
    );
    const states = [
      await queue.getJobState("first"),
      await queue.getJobState("second"),
    ];
    return [mode, job, lines, code, states];
  } finally {
    await queue.close();
  }
}
