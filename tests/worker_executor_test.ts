/** What holds for executors of real workers, beside the kit. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import process from "node:process";
import {
  BrokenExecutor,
  CancelledError,
  EventLoop,
  gather,
  run,
  RuntimeError,
  sleep,
  timeout,
  TimeoutError,
  VirtualClock,
  WorkerLostError,
} from "@asyncio/asyncio";
import type { Executor, Job } from "@asyncio/asyncio/executor";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import { runTest } from "@asyncio/asyncio/testing";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import type * as jobs from "./_executor_jobs.ts";
import { BLIND } from "./_modules.ts";
import { ODD_ERRORS } from "./_odd_errors.ts";

const MODULE = new URL("./_executor_jobs.ts", import.meta.url);
type Options = ConstructorParameters<typeof WorkerExecutor>[1];

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const KINDS = {
  WorkerExecutor: (options: Options = {}, module = MODULE) =>
    new WorkerExecutor<typeof jobs>(module, { maxWorkers: 1, ...options }),
  ProcessExecutor: (options: Options = {}, module = MODULE) =>
    new ProcessExecutor<typeof jobs>(module, {
      maxWorkers: 1,
      execArgv: ["-A"],
      ...options,
    }),
};

for (const [name, make] of Object.entries(KINDS)) {
  test(`${name} is typed by its module`, () =>
    run(async () => {
      await using executor = make();
      const job: Job<number> = executor.submit("double", [1]);
      assertEquals(await job, 2);
      // @ts-expect-error The module has no such function.
      const unknown = executor.submit("nope", []);
      await assertRejects(() => Promise.resolve(unknown), RuntimeError, "nope");
    }));

  test(`${name} fails a job with what its error can tell, whatever it is`, () =>
    run(async () => {
      await using executor = make();
      for (const odd of Object.keys(ODD_ERRORS)) {
        const error = await assertRejects(
          () => Promise.resolve(executor.submit("failOddly", [odd])),
          Error,
        );
        const errors = (error as Partial<AggregateError>).errors ?? [];
        assert(errors.length <= 1_001, `${odd}: ${errors.length}`);
        if (odd === "an aggregate of 100,000,000 holes") {
          assertStringIncludes(String(errors.at(-1)), "more errors");
        }
      }
      assertEquals(await executor.submit("double", [1]), 2);
    }));

  test(`${name}.submit() refuses what is no job, at once`, () =>
    run(async () => {
      await using executor = make();
      const submit = executor.submit.bind(executor) as (
        ...args: unknown[]
      ) => Job<unknown>;
      assertThrows(() => submit(double, [1]), TypeError, "function double");
      assertThrows(() => submit("double", 1), TypeError, "array of arguments");
      assertThrows(() => submit("double", [1], 5), TypeError, "options");
      assertThrows(
        () => submit("double", [1], { key: "k" }),
        RuntimeError,
        '"k"',
      );
      assertThrows(() => submit("double", [1], { timeout: "1" }), TypeError);
      assertThrows(() => submit("double", [1], { timeout: NaN }), RangeError);
      assertThrows(
        () => submit("double", [1], { signal: {} }),
        TypeError,
        "signal",
      );
      assertThrows(() => submit("double", [1], { transfer: 1 }), TypeError);
      const stream = executor.stream.bind(executor) as unknown as typeof submit;
      for (const highWaterMark of [0, -1, 1.5, NaN, "4"]) {
        assertThrows(
          () => stream("double", [1], { highWaterMark }),
          RangeError,
        );
      }
      assertEquals(await executor.submit("double", [1]), 2);
    }));

  test(`${name} that is never used ends at once`, () =>
    run(async () => {
      await using _executor = make();
      await sleep(0);
    }));

  test(`${name} outside of a loop says that there is none`, () => {
    assertThrows(() => make().submit("double", [1]), RuntimeError, "loop");
  });

  test(`${name} whose module cannot be loaded says so, with the cause`, () =>
    run(async () => {
      const missing = new URL("./no_such_module.ts", import.meta.url);
      await using executor = make({}, missing);
      const error = await assertRejects(
        async () => await executor.submit("double", [1]),
        BrokenExecutor,
        "no_such_module.ts",
      );
      assertInstanceOf(error.cause, Error);
    }));

  test(`${name} whose workers end while they start breaks, and hangs not`, () =>
    run(async () => {
      const module = new URL("data:text/javascript,process.exit(3)");
      await using executor = make({}, module);
      await assertRejects(
        async () => await executor.submit("double", [1]),
        BrokenExecutor,
        "3 workers ended while they started",
      );
    }));

  test(`${name} serves one run() after the other, and two loops at once`, async () => {
    const executor = make();
    const one = async () => await executor.submit("slow", [0.01, "x"]);
    assertEquals(await run(one), "x");
    assertEquals(await run(one), "x");
    assertEquals(await Promise.all([run(one), run(one)]), ["x", "x"]);
    await run(() => executor.shutdown());
  });

  test(`run() leaves no job of ${name} behind`, async () => {
    const executor = make();
    const flag = new SharedArrayBuffer(8);
    const marks = new Int32Array(flag);
    let job: Job<unknown>;
    let waiting: Job<unknown>;
    await run(async () => {
      await executor.submit("double", [1]);
      // Memory cannot be shared with a process.
      job = name === "WorkerExecutor"
        ? executor.submit("cleanup", [flag])
        : executor.submit("slow", [3600, 1]);
      waiting = executor.submit("double", [1]);
      await sleep(0.05);
    });
    assertEquals([job!.cancelled(), waiting!.cancelled()], [true, true]);
    if (name === "WorkerExecutor") assertEquals([...marks], [1, 1]);
    await run(() => executor.shutdown());
  });

  test(`${name} under a virtual clock: time stands still while a job is out`, () =>
    runTest(async (loop) => {
      await using executor = make();
      const slow = () => executor.submit("slow", [0.1, "x"]);
      assertEquals(await timeout(0.001, async () => await slow()), "x");
      // Nobody but the loop itself knows of the job.
      const job = slow();
      const before = loop.time();
      await sleep(1);
      assertEquals([job.done(), loop.time() - before], [true, 1]);
      await sleep({ hours: 5 });
    }));

  test(`${name} under a virtual clock: time goes on while a stream waits for its reader`, () =>
    runTest(async (loop) => {
      await using executor = make();
      const options = { highWaterMark: 2 };
      const got: number[] = [];
      for await (const value of executor.stream("range", [5], options)) {
        await sleep(3600);
        got.push(value);
      }
      assertEquals([got, loop.time()], [[0, 1, 2, 3, 4], 5 * 3600]);
    }));

  test(`${name} under a virtual clock: a job's own timeout is real`, () =>
    runTest(async () => {
      await using executor = make();
      await executor.submit("double", [1]);
      await assertRejects(
        async () => await executor.submit("slow", [60, "x"], { timeout: 0.05 }),
        TimeoutError,
      );
    }));

  test(`${name} in a closed loop's time: what comes late is dropped`, async () => {
    const executor = make();
    const loop = new EventLoop({ clock: new VirtualClock() });
    loop.setExceptionHandler(() => {});
    await loop.runUntilComplete(async () => {
      await executor.submit("double", [1]);
      executor.submit("slow", [0.01, "late"]);
    });
    loop.close();
    await run(async () => {
      assertEquals(await executor.submit("double", [2]), 4);
      await executor.shutdown();
    });
  });

  test(`${name} loses a job whose worker is out of memory`, () =>
    run(async () => {
      // A thread of Deno has no memory of its own to run out of.
      if (name === "WorkerExecutor") return;
      await using executor = new ProcessExecutor<typeof jobs>(MODULE, {
        maxWorkers: 1,
        execArgv: ["-A", "--v8-flags=--max-old-space-size=32"],
      });
      await assertRejects(
        async () => await executor.submit("fillMemory", []),
        WorkerLostError,
      );
      assertEquals(await executor.submit("double", [1]), 2);
    }));

  test(`${name} tells the exit code of a lost worker`, () =>
    run(async () => {
      await using executor = make();
      const error = await assertRejects(
        async () => await executor.submit("exit", [7]),
        WorkerLostError,
      );
      assertStringIncludes(error.message, "7");
    }));

  test(`Job of ${name} shows its name and state`, () =>
    run(async () => {
      await using executor = make();
      const job = executor.submit("slow", [0.05, 1]);
      assertEquals(String(job), '<Job pending name="slow">');
      await job;
      assertEquals(String(job), '<Job finished name="slow" result=1>');
      assertThrows(() => job.setResult(2), RuntimeError);
      assertThrows(() => job.setException(new Error()), RuntimeError);
    }));

  test(`an idle ${name} lets the program end, and so does one with jobs`, async () => {
    for (const what of ["idle", "in a job"]) {
      const { code, stdout } = await program("./_idle_program.ts", name, what);
      assertEquals([stdout, code], ["2\n", 0]);
    }
  });
}

test("WorkerExecutor.shutdown() lets what jobs have left clean up", () =>
  run(async () => {
    const flag = new SharedArrayBuffer(8);
    const executor = KINDS.WorkerExecutor();
    await executor.submit("leave", [flag]);
    await sleep(0.02);
    await executor.shutdown();
    assertEquals([...new Int32Array(flag)], [1, 1]);
  }));

test("a WorkerExecutor's executor takes the memory that it is given", () =>
  run(async () => {
    await using executor = KINDS.WorkerExecutor();
    const flag = new SharedArrayBuffer(8);
    const job = executor.submit("spin", [flag]);
    const marks = new Int32Array(flag);
    while (marks[0] === 0) await sleep(0.001);
    assertEquals(job.state(), "running");
    job.cancel();
    await assertRejects(async () => await job, CancelledError);
    assertEquals(marks[1], 1);
  }));

// A host that looks at each byte of what comes takes several hundred times as long. By the
// CPU time of all threads: what else the machine does has no part in it.
test("WorkerExecutor sends megabytes for about what a copy of them costs", () =>
  run(async () => {
    await using executor = KINDS.WorkerExecutor();
    const bytes = new Uint8Array(8_000_000);
    const times = { copy: Infinity, send: Infinity };
    for (let round = 0; round < 4; round++) {
      const start = cpuTime();
      structuredClone(bytes);
      const middle = cpuTime();
      assertEquals(await executor.submit("count", [bytes]), bytes.length);
      const end = cpuTime();
      times.copy = Math.min(times.copy, middle - start);
      times.send = Math.min(times.send, end - middle);
    }
    assertLess(times.send / times.copy, 60);
  }));

test("WorkerExecutor tells the end of a job before the next one computes", () =>
  run(async () => {
    await using executor = KINDS.WorkerExecutor();
    await executor.submit("double", [1]);
    // Both are in the hands of the one worker.
    const waits = executor.submit("slow", [0.3, "x"]);
    const computes = executor.submit("spin", [new SharedArrayBuffer(8)]);
    assertEquals(await waits, "x");
    computes.cancel();
    await assertRejects(async () => await computes, CancelledError);
  }));

// Both compute until all the others have run, which only the third worker can do.
test("WorkerExecutor tells the ends of quick jobs before one computes that was handed over with them", () =>
  run(async () => {
    await using executor = new WorkerExecutor<typeof jobs>(MODULE, {
      maxWorkers: 1,
    });
    const doubles = (count: number) =>
      Array.from({ length: count }, (_, i) => executor.submit("double", [i]));
    // One that was never called, then one that has taken long.
    for (let round = 0; round < 2; round++) {
      // From then on the worker has many of them ahead.
      await gather(doubles(1000));
      const counter = new SharedArrayBuffer(4);
      const quick = doubles(10);
      const held = executor.submit("holdUntil", [counter, 1]);
      const behind = doubles(10);
      await gather(quick);
      await sleep(0.002);
      Atomics.store(new Int32Array(counter), 0, 1);
      Atomics.notify(new Int32Array(counter), 0);
      assertEquals(await held, true);
      await gather(behind);
    }
  }));

test("WorkerExecutor leaves no job behind two long ones while a worker has nothing to do", () =>
  run(async () => {
    await using executor = new WorkerExecutor<typeof jobs>(MODULE, {
      maxWorkers: 3,
    });
    // So that the workers are known to be fast, and have many jobs in hand.
    const shorts = (count: number, counter = new SharedArrayBuffer(4)) =>
      Array.from(
        { length: count },
        () => executor.submit("countUp", [counter]),
      );
    for (let round = 0; round < 8; round++) await gather(shorts(2000));
    for (let round = 0; round < 10; round++) {
      await gather(shorts(1500));
      const counter = new SharedArrayBuffer(4);
      const parts = [97 * round + 50, 800 - 61 * round, 500];
      const count = parts.reduce((sum, part) => sum + part);
      const hold = () => executor.submit("holdUntil", [counter, count]);
      const [first, second, third] = parts as [number, number, number];
      const all: Job<void>[] = [...shorts(first, counter)];
      const long = [hold()];
      all.push(...shorts(second, counter));
      long.push(hold());
      all.push(...shorts(third, counter));
      assertEquals(await gather(long), [true, true]);
      await gather(all);
    }
  }));

test("ProcessExecutor on Windows does without the file that tells of a cancel", () =>
  run(async () => {
    const platform = Object.getOwnPropertyDescriptor(process, "platform")!;
    Object.defineProperty(process, "platform", {
      configurable: true,
      value: "win32",
    });
    try {
      await using executor = KINDS.ProcessExecutor({ grace: 0.05 });
      const jobs = [1, 2, 3].map((i) => executor.submit("double", [i]));
      assertEquals(await gather(jobs), [2, 4, 6]);
      const job = executor.submit("spinOn", []);
      while (job.state() !== "running") await sleep(0.01);
      job.cancel();
      const error = await assertRejects(async () => await job, CancelledError);
      assertInstanceOf(error.cause, WorkerLostError);
      assertEquals(await executor.submit("double", [4]), 8);
    } finally {
      Object.defineProperty(process, "platform", platform);
    }
  }));

test("a bad argument or result in a batch leaves its neighbours alone", () =>
  run(async () => {
    for (const make of Object.values(KINDS)) {
      await using executor: Executor<typeof jobs> = make();
      await executor.submit("double", [1]);
      const bad = { f: () => {} } as unknown as number;
      const results = await gather(
        Array.from(
          { length: 40 },
          (_, i) => executor.submit("double", [i % 10 === 3 ? bad : i]),
        ),
        { returnExceptions: true },
      );
      results.forEach((result, i) => {
        if (i % 10 !== 3) return assertEquals(result, 2 * i);
        assertInstanceOf(result, TypeError);
        assertStringIncludes(result.message, 'arguments of the job "double"');
      });
    }
  }));

test("executors refuse bad options", () => {
  for (const count of [0, -1, 1.5, NaN]) {
    assertThrows(() => KINDS.WorkerExecutor({ maxWorkers: count }), RangeError);
    assertThrows(
      () => KINDS.WorkerExecutor({ concurrency: count }),
      RangeError,
    );
    assertThrows(() => KINDS.ProcessExecutor({ maxQueue: count }), RangeError);
  }
  assertThrows(() => KINDS.WorkerExecutor({ grace: -1 }), RangeError);
  const wrong = "2" as unknown as number;
  assertThrows(
    () => KINDS.WorkerExecutor({ grace: wrong }),
    TypeError,
    "Cannot make an executor: grace must be seconds",
  );
  assertThrows(
    () => KINDS.WorkerExecutor({ maxWorkers: wrong }),
    TypeError,
    '"2"',
  );
  assertThrows(
    () => new WorkerExecutor("./jobs.ts"),
    TypeError,
    "import.meta.url",
  );
  assertThrows(() => new WorkerExecutor(5 as never), TypeError);
  for (const Kind of [WorkerExecutor, ProcessExecutor]) {
    for (
      const options of [null, 5, [], { maxWorker: 1 }, {
        name: Object.create(null),
      }]
    ) {
      assertThrows(
        () => new Kind(MODULE, options as never),
        TypeError,
        "Cannot make an executor: ",
      );
    }
  }
  assertThrows(
    () => new ProcessExecutor(MODULE, { execArgv: [1 as never] }),
    TypeError,
  );
});

test("a program without permissions is told so, and hangs not", async () => {
  for (const name of Object.keys(KINDS)) {
    const { code, stdout } = await program("./_denied_program.ts", name);
    assertEquals([stdout, code], ["BrokenExecutor\n", 0]);
  }
});

function double(): void {}

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, ignore: BLIND, fn });
}

async function program(file: string, ...args: string[]) {
  const denied = file.includes("denied");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      ...denied ? [] : ["-A"],
      new URL(file, import.meta.url).pathname,
      ...args,
    ],
    stderr: "inherit",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}
