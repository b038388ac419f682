/** Jobs while workers are killed, and what is left after many. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { gather, run } from "@asyncio/asyncio";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import type * as jobs from "./_executor_jobs.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { BLIND } from "./_modules.ts";

// The long forms: `deno run -A tests/_executor_chaos.ts thread 10000 50`, and `process`;
// Node and Bun run the same file.
const CHAOS = new URL("./_executor_chaos.ts", import.meta.url);
for (const kind of ["thread", "process"] as const) {
  hostTest(
    `a ${kind} that is killed loses what it had begun, and no job ends twice`,
    async (host) => {
      const ended = await runOn(host, CHAOS, kind, "400", "40");
      assertEquals(ended.code, 0, ended.errors);
      const { ok, lost, cancelled } = JSON.parse(ended.lines.at(-1)!);
      assertEquals(ok + lost + cancelled, 400);
      assertGreater(ok, lost);
    },
  );
}

// The long form: `bench/executors/soak.ts 100000 500` with the same flags.
Deno.test({
  name: "WorkerExecutor leaves no thread, file, listener or memory behind",
  ignore: BLIND,
  async fn() {
    // In a process of its own, as other tests have threads.
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ..."run --quiet --no-check -A --v8-flags=--expose-gc".split(" "),
        "bench/executors/soak.ts",
        "1000",
        "16",
      ],
      cwd: new URL("..", import.meta.url),
    }).output();
    const text = new TextDecoder();
    assertEquals(code, 0, text.decode(stdout) + text.decode(stderr));
  },
});

Deno.test({
  name: "WorkerExecutor leaves no memory behind for jobs that are done",
  ignore: BLIND || !("gc" in globalThis),
  async fn() {
    const collect = (globalThis as unknown as { gc(): void }).gc;
    const module = new URL("./_executor_jobs.ts", import.meta.url);
    await run(async () => {
      await using executor = new WorkerExecutor<typeof jobs>(module, {
        maxWorkers: 2,
      });
      const round = async () => {
        for (let i = 0; i < 10; i++) {
          await gather(
            Array.from(
              { length: 500 },
              (_, k) => executor.submit("double", [k], { timeout: 60 }),
            ),
          );
        }
        collect();
        return Deno.memoryUsage().heapUsed;
      };
      await round();
      const before = await round();
      const after = await round();
      // 5,000 jobs of 1 kB each would be 5 MB.
      assertLess(after - before, 2_000_000);
    });
  },
});
