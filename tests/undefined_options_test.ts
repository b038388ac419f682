/**
 * An option that is `undefined` is one that was left out, in types and in fact: with
 * `exactOptionalPropertyTypes` who hands options on could not say so otherwise.
 *
 * @module
 */
import { EventEmitter } from "node:events";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";
import {
  connectionPair,
  type ConnectionPairOptions,
  runTest,
} from "@asyncio/asyncio/testing";
import {
  InlineExecutor,
  type InlineExecutorOptions,
} from "../inline_executor.ts";
import type { WorkerExecutorOptions } from "../worker_executor.ts";
import type { ProcessExecutorOptions } from "../process_executor.ts";
import type { BullmqExecutorOptions, ServeBullmqOptions } from "../bullmq.ts";

type Optional<O> = {
  [K in keyof O as object extends Pick<O, K> ? K : never]-?: undefined;
};

/** Compiles if each option of `O` that may be left out may be `undefined`. */
function takesUndefined<O>(
  ..._proof: Optional<O> extends Pick<O, keyof O & keyof Optional<O>> ? []
    : [never]
): void {}

takesUndefined<asyncio.AsCompletedOptions>();
takesUndefined<asyncio.BarrierOptions>();
takesUndefined<asyncio.CallbackOptions>();
takesUndefined<asyncio.CallGraphOptions>();
takesUndefined<asyncio.ConditionOptions>();
takesUndefined<asyncio.ConnectionOptions>();
takesUndefined<asyncio.CreateTaskOptions>();
takesUndefined<asyncio.DelayFields>();
takesUndefined<asyncio.DrainOptions>();
takesUndefined<asyncio.EndOptions>();
takesUndefined<asyncio.EnsureFutureOptions>();
takesUndefined<asyncio.EventLoopOptions>();
takesUndefined<asyncio.EventOptions>();
takesUndefined<asyncio.EveryOptions>();
takesUndefined<asyncio.FutureOptions>();
takesUndefined<asyncio.GatherOptions>();
takesUndefined<asyncio.HandleRequestsOptions>();
takesUndefined<asyncio.LinesOptions>();
takesUndefined<asyncio.LockOptions>();
takesUndefined<asyncio.MapConcurrentOptions>();
takesUndefined<asyncio.OnceOptions>();
takesUndefined<asyncio.OnOptions>();
takesUndefined<asyncio.PrintCallGraphOptions>();
takesUndefined<asyncio.PrintStackOptions>();
takesUndefined<asyncio.PriorityQueueOptions<string>>();
takesUndefined<asyncio.QueueOptions>();
takesUndefined<asyncio.RunnerOptions>();
takesUndefined<asyncio.RunnerRunOptions>();
takesUndefined<asyncio.RunOptions>();
takesUndefined<asyncio.RunProcessOptions>();
takesUndefined<asyncio.SemaphoreOptions>();
takesUndefined<asyncio.ServerOptions>();
takesUndefined<asyncio.ShutdownOptions>();
takesUndefined<asyncio.StreamReaderOptions>();
takesUndefined<asyncio.SubprocessOptions>();
takesUndefined<asyncio.TaskConstructorOptions>();
takesUndefined<asyncio.TaskGroupOptions>();
takesUndefined<asyncio.TaskOptions>();
takesUndefined<asyncio.TimeoutOptions>();
takesUndefined<asyncio.TlsOptions>();
takesUndefined<asyncio.VirtualClockOptions>();
takesUndefined<asyncio.WaitForOptions>();
takesUndefined<asyncio.WaitOptions>();
takesUndefined<ConnectionPairOptions>();
takesUndefined<InlineExecutorOptions>();
takesUndefined<WorkerExecutorOptions>();
takesUndefined<ProcessExecutorOptions>();
takesUndefined<BullmqExecutorOptions>();
takesUndefined<ServeBullmqOptions>();

/** Gives `undefined` for whatever it is asked, as far as it is named. */
function nothing<N extends string>(...names: N[]): Record<N, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined])) as Record<
    N,
    undefined
  >;
}

Deno.test("an option that is undefined is as one that was left out", () =>
  runTest(async (loop) => {
    const {
      Barrier,
      Condition,
      createTask,
      Event,
      gather,
      Lock,
      PriorityQueue,
      Queue,
      Semaphore,
      sleep,
    } = asyncio;
    const name = nothing("name");
    const made = [Barrier, Semaphore].map((Class) => `${new Class(1, name)}`);
    assertEquals(made, [`${new Barrier(1)}`, `${new Semaphore(1)}`]);
    assertEquals(`${new Lock(name)}`, `${new Lock()}`);
    assertEquals(`${new Event(name)}`, `${new Event()}`);
    assertEquals(
      `${new Condition(undefined, name)}`,
      `${new Condition()}`,
    );
    const queue = new PriorityQueue<number>(0, nothing("name", "compare"));
    for (const item of [2, 1]) queue.putNowait(item);
    assertEquals(queue.getNowait(), 1);
    queue.shutdown(nothing("immediate"));
    assertEquals(queue.qsize(), 1);
    assertEquals(`${new Queue(0, name)}`, `${new Queue()}`);

    await sleep({ minutes: 1, ...nothing("seconds", "milliseconds") });
    assertEquals(loop.time(), 60);
    assertThrows(() => sleep(nothing("seconds")), TypeError, "one of days");

    const task = createTask(
      async () => await sleep(1, "done"),
      nothing("name", "context", "eagerStart", "signal"),
    );
    assert(/^Task-\d+$/.test(task.getName()));
    assertEquals(task.getStack(nothing("limit")).length, 1);
    const [word] = await gather(
      [task],
      nothing("returnExceptions", "limit"),
    );
    assertEquals(word, "done");
    const [done] = await asyncio.wait(
      [task],
      nothing("returnWhen", "timeout"),
    );
    assertEquals(done.size, 1);
    for (const next of asyncio.asCompleted([task], nothing("timeout"))) {
      assertEquals(await next, "done");
    }
    await asyncio.waitFor(sleep(1), undefined, nothing("signal"));
    await asyncio.timeout(1, () => sleep(0), nothing("abandon"));
    await asyncio.taskGroup(() => sleep(0), nothing("limit", "signal"));
    loop.callSoon(() => {}, nothing("context"));
    for await (const tick of asyncio.every(1, nothing("missed"))) {
      assertEquals(tick, 1);
      break;
    }
    const squares = asyncio.mapConcurrent([1, 2], (x) => sleep(0, x * x), {
      limit: 2,
      ...nothing("ordered"),
    });
    assertEquals(await squares.collect(), [1, 4]);
  }));

Deno.test("options of events, streams, requests and runs may be undefined", () =>
  runTest(async (loop) => {
    const emitter = new EventEmitter();
    loop.callLater(1, () => emitter.emit("open", 1));
    assertEquals(await asyncio.once(emitter, "open", nothing("args")), 1);
    using events = asyncio.on(
      emitter,
      "open",
      nothing("maxsize", "overflow", "close", "args"),
    );
    emitter.emit("open", 2);
    assertEquals((await events.next()).value, 2);

    const [[reader], [, writer]] = connectionPair(
      nothing("latency", "capacity", "limit"),
    );
    await writer.write(new TextEncoder().encode("one\ntwo\n"));
    writer.close();
    const lines: string[] = [];
    for await (const line of reader.lines(nothing("encoding", "fatal"))) {
      lines.push(line);
    }
    assertEquals(lines, ["one", "two"]);
    new asyncio.StreamReader(nothing("limit", "loop")).feedEof();

    const handler = asyncio.handleRequests(
      async () => await asyncio.sleep(1, new Response("hello")),
      nothing("name", "watchAfter", "timeout", "onError"),
    );
    const answer = await handler(new Request("http://localhost"));
    assertEquals(await answer.text(), "hello");
    await handler.drain(nothing("grace", "cleanup"));

    await using executor = new InlineExecutor(
      { double: (x: number) => 2 * x },
      nothing("concurrency", "maxQueue", "copy", "grace"),
    );
    assertEquals(
      await executor.submit("double", [1], nothing("timeout", "signal", "key")),
      2,
    );
  }));

Deno.test("options of run() may be undefined", async () => {
  const result = await asyncio.run(() => asyncio.sleep(0, 1), {
    ...nothing("debug", "loopFactory", "signals", "grace", "cleanup"),
    ...nothing("onShutdown", "signal"),
  });
  assertEquals(result, 1);
  const loop = new asyncio.EventLoop({
    ...nothing("clock", "debug", "reportUnfetchedAfter", "reportStuckAfter"),
  });
  assertEquals(loop.getDebug(), false);
  loop.close();
  const clock = new asyncio.VirtualClock(nothing("start", "autoJump"));
  assertEquals(clock.time(), 0);
});

Deno.test({
  name: "options of processes and servers may be undefined",
  ignore: Deno.build.os === "windows",
  async fn() {
    await asyncio.run(async () => {
      const { stdout } = await asyncio.runProcess(
        "echo",
        ["hi"],
        nothing("cwd", "env", "input", "grace", "check"),
      );
      assertEquals(new TextDecoder().decode(stdout), "hi\n");
      const process = await asyncio.createSubprocessExec("true", [], {
        ...nothing("stdin", "stdout", "stderr", "limit", "cwd", "env"),
        ...nothing("clearEnv", "newSession", "grace"),
      });
      assertEquals(await process.wait(), 0);
      await using server = await asyncio.startServer(
        async (reader, writer) => {
          await writer.write(await reader.readline());
        },
        "127.0.0.1",
        0,
        {
          ...nothing("limit", "tls", "backlog", "reusePort", "startServing"),
          ...nothing("grace"),
        },
      );
      const [reader, writer] = await asyncio.openConnection(
        "127.0.0.1",
        server.sockets[0]!.port!,
        nothing("limit", "tls", "happyEyeballsDelay", "localAddress"),
      );
      await using _ = writer;
      await writer.write(new TextEncoder().encode("hello\n"));
      assertEquals((await reader.readline()).length, 6);
    });
  },
});

Deno.test("an eager task factory takes an eagerStart of undefined for none", () =>
  asyncio.run(async () => {
    const loop = asyncio.getRunningLoop();
    const factories = [
      asyncio.eagerTaskFactory,
      asyncio.createEagerTaskFactory(asyncio.Task),
    ];
    for (const factory of factories) {
      loop.setTaskFactory(factory);
      let begun = 0;
      const begin = (eagerStart?: boolean) =>
        asyncio.createTask(() => Promise.resolve(begun++), { eagerStart });
      const first = begin(undefined);
      assertEquals(begun, 1);
      const second = begin(false);
      assertEquals(begun, 1);
      await asyncio.gather(first, second);
    }
  }));

Deno.test("InlineExecutor takes a maxWorkers of undefined for none", () =>
  asyncio.run(async () => {
    let now = 0;
    const jobs = {
      async count(): Promise<number> {
        const count = ++now;
        await asyncio.sleep(0.001);
        now--;
        return count;
      },
    };
    await using executor = new InlineExecutor(jobs, { maxWorkers: undefined });
    const counts = await asyncio.gather(
      executor.submit("count", []),
      executor.submit("count", []),
    );
    assertEquals(counts, [1, 1]);
  }));
