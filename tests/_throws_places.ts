/**
 * What is refused at the wrong place, by its `@throws`: for `throws_test.ts`.
 *
 * @module
 */
import * as asyncio from "@asyncio/asyncio";
import { BullmqExecutor } from "@asyncio/asyncio/bullmq";
import { Job } from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import * as testing from "@asyncio/asyncio/testing";
import { ENGINE } from "./_argument_calls.ts";
import type { Cases } from "./_throws_cases.ts";

const { EventLoop, Future, sleep, StreamReader, TaskGroup, Timeout } = asyncio;

const body = () => sleep(0);
const items = async function* () {};
const future = () => new Future({ loop: new EventLoop() });
const executor = () =>
  new InlineExecutor({
    plain() {},
    *count() {
      yield 1;
    },
  });

const bullmq = () =>
  new BullmqExecutor<{ double(x: number): number; count(): Iterable<number> }>(
    ENGINE as never,
    { queue: "q", connection: {} },
  );

/** Called where no loop runs, and none is current. */
export const WITHOUT_A_LOOP: Cases = {
  "asCompleted: RuntimeError": [() => asyncio.asCompleted([body])],
  "captureCallGraph: RuntimeError": [() => asyncio.captureCallGraph()],
  "formatCallGraph: RuntimeError": [() => asyncio.formatCallGraph()],
  "printCallGraph: RuntimeError": [() => asyncio.printCallGraph()],
  "createTask: RuntimeError": [() => asyncio.createTask(body)],
  "currentTask: RuntimeError": [() => asyncio.currentTask()],
  "allTasks: RuntimeError": [() => asyncio.allTasks()],
  "ensureFuture: RuntimeError": [() => asyncio.ensureFuture(body)],
  "once: RuntimeError": [() => asyncio.once(new EventTarget(), "x")],
  "on: RuntimeError": [() => asyncio.on(new EventTarget(), "x")],
  "every: RuntimeError": [() => asyncio.every(1)],
  "new Future: RuntimeError": [() => new Future()],
  "new Task: RuntimeError": [() => new asyncio.Task(body)],
  "gather: RuntimeError": [() => asyncio.gather(body)],
  "iterate: RuntimeError": [() => asyncio.iterate(items())],
  "interruptible: RuntimeError": [
    () => asyncio.interruptible(Promise.resolve()),
  ],
  "race: RuntimeError": [() => asyncio.race([body])],
  "firstSuccess: RuntimeError": [() => asyncio.firstSuccess([body])],
  "getRunningLoop: RuntimeError": [() => asyncio.getRunningLoop()],
  "shield: RuntimeError": [() => asyncio.shield(body)],
  "closing: RuntimeError": [() => asyncio.closing()],
  "onClosing: RuntimeError": [() => asyncio.onClosing("x", () => {})],
  "new StreamReader: RuntimeError": [() => new StreamReader()],
  "StreamReader.from: RuntimeError": [() => StreamReader.from(items())],
  "taskSignal: RuntimeError": [() => asyncio.taskSignal()],
  "taskGroup: RuntimeError": [() => asyncio.taskGroup(body)],
  "TaskGroup.run: RuntimeError": [() => new TaskGroup().run(body)],
  "timeout: RuntimeError": [() => asyncio.timeout(1, body)],
  "timeoutAt: RuntimeError": [() => asyncio.timeoutAt(1, body)],
  "Timeout.run: RuntimeError": [() => new Timeout(1).run(body)],
  "waitFor: RuntimeError": [() => asyncio.waitFor(future(), 1)],
  "connectionPair: RuntimeError": [() => testing.connectionPair()],
  "new Job: RuntimeError": [() => new Job({ cancelJob() {} }, "x", 1)],
  "BullmqExecutor.submit: RuntimeError": [() => bullmq().submit("double", [1])],
  "BullmqExecutor.stream: RuntimeError": [() => bullmq().stream("count", [])],
  "BullmqExecutor.shutdown: RuntimeError": [() => bullmq().shutdown()],
  "PoolExecutor.submit: RuntimeError": [() => executor().submit("plain", [])],
  "PoolExecutor.stream: RuntimeError": [() => executor().stream("count", [])],
  "PoolExecutor.shutdown: RuntimeError": [() => executor().shutdown()],
  "EventLoop.runForever: DeadlockError": [
    () => new testing.TestLoop().runForever(),
  ],
  "EventLoop.runUntilComplete: RangeError": [
    () => new EventLoop().runUntilComplete(future()),
  ],
  "EventLoop.runUntilComplete: RuntimeError": [() => {
    const loop = new EventLoop();
    loop.callSoon(() => loop.stop());
    return loop.runUntilComplete(() => sleep(1));
  }],
  "EventLoop.runUntilComplete: TypeError": [
    () => new EventLoop().runUntilComplete(1 as never),
  ],
  "run: CancelledError": [() =>
    asyncio.run(() => {
      asyncio.currentTask()?.cancel();
      return sleep(0);
    })],
  "Runner.run: CancelledError": [async () => {
    await using runner = new asyncio.Runner();
    await runner.run(() => {
      asyncio.currentTask()?.cancel();
      return sleep(0);
    });
  }],
  "Runner.close: RuntimeError": [async () => {
    await using runner = new asyncio.Runner();
    await runner.run(() => runner.close());
  }],
  "runTest: DeadlockError": [
    () => testing.runTest(() => asyncio.shield(new Future())),
  ],
  "runTest: AggregateError": [() =>
    testing.runTest((loop) => {
      loop.callSoon(() => {
        throw new Error("x");
      });
      return sleep(1);
    })],
};
