/** Jobs while workers are killed, and what is left after many. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { kill } from "node:process";
import { gather, run, sleep } from "@asyncio/asyncio";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import { killUnheard } from "./_dead.ts";
import type * as jobs from "./_executor_jobs.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { BLIND } from "./_modules.ts";

const MODULE = new URL("./_executor_jobs.ts", import.meta.url);

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

// The sanitizers look for processes and their channels.
processTest(
  "ProcessExecutor leaves nothing when a process has died and nobody has heard of it",
  async (executor) => {
    killUnheard(await executor.submit("pid", []));
  },
);

// Deno throws at who lets go of a process between its end and the news of it.
processTest(
  "ProcessExecutor comes to rest in the turn in which it would hear that a process died",
  async (executor) => {
    for (let round = 0; round < 4; round++) {
      const id = await executor.submit("pid", []);
      // It rests after 10 ms, which are over when the host hears of the end.
      await sleep(0.002);
      killUnheard(id);
      await sleep(0.02);
    }
  },
);

for (const seconds of [0, 0.02, 0.1, 0.3]) {
  processTest(
    `ProcessExecutor leaves nothing when it is shut down ${seconds} s after a process died`,
    async (executor) => {
      const id = await executor.submit("pid", []);
      const left = Array.from(
        { length: 8 },
        (_, i) => executor.submit("slow", [0.05, i]),
      );
      kill(id, "SIGKILL");
      await sleep(seconds);
      await executor.shutdown({ cancelFutures: true });
      await Promise.allSettled(left);
    },
  );
  processTest(
    `ProcessExecutor leaves nothing when it is shut down ${seconds} s after it began to start`,
    async (executor) => {
      executor.submit("pid", []).cancel();
      await sleep(seconds);
    },
  );
}

function processTest(
  name: string,
  body: (executor: ProcessExecutor<typeof jobs>) => Promise<void>,
): void {
  Deno.test({
    name,
    // Windows has no signals to send to a child.
    ignore: BLIND || Deno.build.os === "windows",
    fn: () =>
      run(async () => {
        await using executor = new ProcessExecutor<typeof jobs>(MODULE, {
          maxWorkers: 2,
          concurrency: 2,
          execArgv: ["-A"],
        });
        await body(executor);
      }),
  });
}

Deno.test({
  name: "WorkerExecutor leaves no memory behind for jobs that are done",
  ignore: BLIND || !("gc" in globalThis),
  async fn() {
    const collect = (globalThis as unknown as { gc(): void }).gc;
    await run(async () => {
      await using executor = new WorkerExecutor<typeof jobs>(MODULE, {
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
