/**
 * What a job may do to its worker, and what becomes of it and of its neighbours, on Deno,
 * Node and Bun: `_losses_program.ts thread` prints what does not hold.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { BrokenExecutor, CancelledError, WorkerLostError } from "../errors.ts";
import type { Executor, Job } from "../executor.ts";
import { ProcessExecutor } from "../process_executor.ts";
import { run } from "../runner.ts";
import { sleep } from "../sleep.ts";
import {
  WorkerExecutor,
  type WorkerExecutorOptions,
} from "../worker_executor.ts";
import { killUnheard } from "./_dead.ts";
import type * as jobs from "./_executor_jobs.ts";
import { checkLibraryErrors } from "./_library_errors.ts";

type Jobs = typeof jobs;

const [kind, memory] = process.argv.slice(2);
const isDeno = "Deno" in globalThis;
const MODULE = new URL("./_executor_jobs.ts", import.meta.url);

function make(
  module = MODULE,
  flags: readonly string[] = [],
  limits: WorkerExecutorOptions = {},
): Executor<Jobs> {
  const options = { maxWorkers: 2, grace: 0.05, ...limits };
  return kind === "thread"
    ? new WorkerExecutor<Jobs>(module, options)
    : new ProcessExecutor<Jobs>(module, {
      ...options,
      execArgv: [...isDeno ? ["-A"] : [], ...flags],
    });
}

/** Shuts an executor down after its use; Node 22 has no `await using`. */
async function use(
  executor: Executor<Jobs>,
  body: (executor: Executor<Jobs>) => Promise<void>,
): Promise<void> {
  try {
    await body(executor);
  } finally {
    await executor.shutdown();
  }
}

/** Waits for a job, however it ends. */
async function settled(job: Job<unknown>): Promise<void> {
  await job.then(() => {}, () => {});
}

/** Submits what the types of the jobs would not let pass. */
function submitAny(
  executor: Executor<Jobs>,
  name: string,
  args: unknown[],
): PromiseLike<unknown> {
  return executor.submit(name as never, args as never);
}

/** A job that ends its worker: its neighbour goes on, and so does the next job. */
async function loses(
  executor: Executor<Jobs>,
  name: "exit" | "fillMemory",
  args: [] | [number],
): Promise<void> {
  await executor.submit("double", [1]);
  const neighbour = executor.submit("slow", [0.3, "neighbour"]);
  while (neighbour.state() !== "running") await sleep(0.01);
  await assert.rejects(
    async () => await submitAny(executor, name, args),
    WorkerLostError,
  );
  assert.equal(await neighbour, "neighbour");
  for (let i = 0; i < 20; i++) {
    assert.equal(await executor.submit("double", [i]), 2 * i);
  }
}

function moduleOf(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

const CASES: Record<string, () => Promise<void>> = {
  async "exit() in a job"() {
    for (const code of [0, 7]) {
      await use(make(), async (executor) => {
        await loses(executor, "exit", [code]);
      });
    }
  },

  async "no memory left"() {
    // Where a worker has no limit of its own, the whole machine would run out.
    if (memory === undefined) return;
    await use(make(MODULE, [memory]), async (executor) => {
      await loses(executor, "fillMemory", []);
    });
  },

  async "an error that a timer throws"() {
    await use(make(), async (executor) => {
      await executor.submit("throwLater", []);
      // What the dying worker was sent is lost with it, and says so.
      const ends = new Set<unknown>();
      while (!ends.has(2)) {
        await sleep(0.02);
        ends.add(
          await executor.submit("double", [1]).then((x) => x, (error) => {
            assert.ok(error instanceof WorkerLostError);
          }),
        );
      }
    });
  },

  async "an endless loop"() {
    // Deno cannot stop a thread that is in a loop.
    if (isDeno && kind === "thread") return;
    await use(make(), async (executor) => {
      const job = executor.submit("block", []);
      while (job.state() !== "running") await sleep(0.01);
      job.cancel();
      await assert.rejects(
        async () => await job,
        (error: Error) =>
          error instanceof CancelledError &&
          error.cause instanceof WorkerLostError,
      );
      assert.equal(await executor.submit("double", [1]), 2);
    });
  },

  // A Ctrl-C goes to all processes of a terminal; the program may have a grace.
  async "signals that are for the program"() {
    if (kind === "thread") return;
    await use(make(), async (executor) => {
      const pid = await executor.submit("pid", []);
      const job = executor.submit("slow", [0.3, "end"]);
      while (job.state() !== "running") await sleep(0.01);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.kill(pid, signal);
      }
      assert.equal(await job, "end");
      assert.equal(await executor.submit("pid", []), pid);
    });
  },

  async "a job that is sent to a process that is dead"() {
    if (kind === "thread") return;
    for (const isCancelled of [false, true]) {
      await use(make(), async (executor) => {
        killUnheard(await executor.submit("pid", []));
        const job = executor.submit("double", [21]);
        await sleep(0);
        // It was sent, and cannot have begun.
        assert.equal(job.state(), "pending");
        if (isCancelled) {
          job.cancel();
          assert.equal(job.cancelled(), true);
        } else assert.equal(await job, 42);
        assert.equal(await executor.submit("double", [1]), 2);
      });
    }
  },

  async "a worker that ends in a job has begun none of those behind it"() {
    const executor = make(MODULE, [], { maxWorkers: 1, concurrency: 4 });
    await use(executor, async (executor) => {
      for (const name of kind === "thread" ? ["exit"] : ["exit", "block"]) {
        const id = await executor.submit("pid", []);
        // They go in one message.
        const lost = submitAny(executor, name, [7]) as Job<unknown>;
        const others = Array.from(
          { length: 20 },
          (_, i) => executor.submit("double", [i]),
        );
        if (name === "block") {
          while (lost.state() !== "running") await sleep(0.01);
          assert.deepEqual(
            new Set(others.map((job) => job.state())),
            new Set(["pending"]),
          );
          const last = others.pop()!;
          last.cancel();
          assert.equal(last.cancelled(), true);
          process.kill(id, "SIGKILL");
        }
        await assert.rejects(async () => await lost, WorkerLostError);
        for (const [i, job] of others.entries()) assert.equal(await job, 2 * i);
      }
    });
  },

  async "a module that throws while it loads"() {
    await use(
      make(moduleOf(`throw new RangeError("Too early")`)),
      async (executor) => {
        for (let i = 0; i < 2; i++) {
          await assert.rejects(
            async () => await executor.submit("double", [1]),
            (error: Error) =>
              error instanceof BrokenExecutor &&
              /Too early/.test(error.message),
          );
        }
      },
    );
  },

  async "a module that loads but once: nothing waits for a worker that cannot start"() {
    const folder = mkdtempSync(join(tmpdir(), "asyncio-losses-"));
    const [loaded, end] = ["loaded", "end"].map((name) => join(folder, name));
    const module = join(folder, "jobs.mjs");
    writeFileSync(
      module,
      `import { existsSync, mkdirSync } from "node:fs";
      import process from "node:process";
      mkdirSync(${JSON.stringify(loaded)});
      export const double = (x) => 2 * x;
      export function slow(_, path) {
        while (!existsSync(path));
        process.exit(1);
      }`,
    );
    await use(make(pathToFileURL(module)), async (executor) => {
      await executor.submit("double", [1]);
      const lost = executor.submit("slow", [0, end!]);
      const behind = [1, 2, 3].map((x) => executor.submit("double", [x]));
      await assert.rejects(async () => await behind.at(-1), BrokenExecutor);
      mkdirSync(end!);
      await assert.rejects(async () => await lost, WorkerLostError);
      for (const job of behind) {
        await assert.rejects(async () => await job, BrokenExecutor);
      }
    });
    rmSync(folder, { recursive: true });
  },

  async "a job that says something to the parent of its process"() {
    if (kind === "thread") return;
    await use(make(), async (executor) => {
      const id = await executor.submit("pid", []);
      for (const message of ["ready", 1, null, { type: "ready" }]) {
        await executor.submit("tellParent", [message]);
      }
      assert.equal(await executor.submit("pid", []), id);
    });
  },

  async "a module that never ends to load"() {
    const executor = make(moduleOf(
      "export function double() {} await new Promise(() => {})",
    ));
    const late = executor.submit("double", [1], { timeout: 0.1 });
    await assert.rejects(async () => await late, { name: "TimeoutError" });
    const job = executor.submit("double", [1]);
    job.cancel();
    await assert.rejects(async () => await job, CancelledError);
    await executor.shutdown({ cancelFutures: true });
  },

  async "results and arguments that cannot be sent"() {
    await use(make(), async (executor) => {
      const bad = {
        get bad(): never {
          throw new Error("Thrown by a getter");
        },
      } as unknown as number;
      const [one, two, three, four] = [
        executor.submit("giveFunction", []),
        executor.submit("giveThrowingGetter", []),
        executor.submit("double", [bad]),
        executor.submit("double", [21]),
      ];
      await assert.rejects(async () => await one, {
        name: "TypeError",
        message: /^Cannot send the result of the job/,
      });
      await assert.rejects(async () => await two, {
        message: /Thrown by a getter/,
      });
      await assert.rejects(async () => await three, {
        message: /Thrown by a getter/,
      });
      assert.equal(await four, 42);
    });
  },

  async "errors of the library"() {
    await use(make(), async (executor) => {
      await checkLibraryErrors((name) =>
        executor.submit("throwLibraryError", [name])
      );
    });
  },

  async "what hosts write and cannot read"() {
    const text = /Nested more than 1,000 levels deep/;
    await use(make(), async (executor) => {
      const chain = (length: number) => {
        let link: unknown = "end";
        for (let i = 0; i < length; i++) link = { link };
        return link;
      };
      const odd: [unknown, RegExp | undefined][] = [
        [chain(900), undefined],
        [chain(2500), text],
        [chain(100_000), text],
        [[chain(2500)], text],
        [new Map([[1, new Set([chain(2500)])]]), text],
        [new Error("x", { cause: chain(2500) }), undefined],
        [Array.from({ length: 5_000 }, (_, i) => ({ i })), undefined],
      ];
      if (kind === "process") {
        const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
        const module = new WebAssembly.Module(new Uint8Array(bytes));
        odd.push([{ module }, /WebAssembly\.Module|clone|implemented/]);
      }
      for (const [value, message] of odd) {
        const neighbours = [1, 2].map((x) => executor.submit("double", [x]));
        const sent = executor.submit("slow", [0, value]);
        if (message !== undefined) {
          await assert.rejects(async () => await sent, {
            name: "TypeError",
            message,
          });
        } else await settled(sent);
        for (const [i, job] of neighbours.entries()) {
          assert.equal(await job, 2 * (i + 1));
        }
      }
      for (const length of [900, 2500, 100_000]) {
        const given = executor.submit("giveChain", [length]);
        const yielded = executor.stream("yieldChain", [length]);
        if (length < 1000) {
          assert.deepEqual(await given, chain(length));
          assert.deepEqual((await yielded.next()).value, chain(length));
          await yielded.return();
          continue;
        }
        const refused = { name: "TypeError", message: text };
        await assert.rejects(async () => await given, refused);
        await assert.rejects(async () => await yielded.next(), refused);
        assert.equal(await executor.submit("double", [21]), 42);
      }
    });
  },

  async "names that are no functions of the module"() {
    await use(make(), async (executor) => {
      for (
        const name of [
          "nope",
          "__proto__",
          "constructor",
          "then",
          "toString",
          "value",
          "",
        ]
      ) {
        await assert.rejects(async () => await submitAny(executor, name, []), {
          name: "RuntimeError",
          message: /exports no function of that name, it has /,
        });
      }
      assert.equal(await executor.submit("double", [1]), 2);
    });
  },
};

let failed = 0;
for (const [name, body] of Object.entries(CASES)) {
  try {
    await run(body);
  } catch (error) {
    failed++;
    console.log(`${name}: ${(error as Error).stack}`);
  }
}
console.log(failed === 0 ? "all passed" : `${failed} failed`);
