/**
 * What is refused at the wrong time, by its `@throws`: for `throws_test.ts`.
 *
 * Wrong arguments stand in `_argument_calls.ts`.
 *
 * @module
 */
import * as asyncio from "@asyncio/asyncio";
import { Job } from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import * as testing from "@asyncio/asyncio/testing";

const {
  Barrier,
  Condition,
  Context,
  ContextVar,
  copyContext,
  createTask,
  EventLoop,
  Future,
  getRunningLoop,
  Lock,
  Queue,
  Runner,
  sleep,
  StreamReader,
  Task,
  TaskGroup,
  Timeout,
} = asyncio;

/** Calls by what they are refused with: `Lock.release: RuntimeError`. */
export type Cases = Readonly<Record<string, readonly (() => unknown)[]>>;

const body = () => sleep(0);
const text = (letters: string) => new TextEncoder().encode(letters);
const foreign = () => new Future<number>({ loop: new EventLoop() });
const error = () => new Error("x");
const fails = () => Promise.reject(error());

function closedLoop(): asyncio.EventLoop {
  const loop = new EventLoop();
  loop.close();
  return loop;
}

/** Gives a function a coroutine that was awaited. */
async function withUsed(
  use: (used: asyncio.Coroutine<void>) => unknown,
): Promise<void> {
  const used = sleep(0);
  await used;
  use(used);
}

function cancelled(): asyncio.Future<number> {
  const future = new Future<number>();
  future.cancel();
  return future;
}

function shutQueue(): asyncio.Queue<number> {
  const queue = new Queue<number>();
  queue.shutdown();
  return queue;
}

function fullQueue(): asyncio.Queue<number> {
  const queue = new Queue<number>(1);
  queue.putNowait(1);
  return queue;
}

/** A wait that is ended by something while it lasts. */
async function whileWaiting(
  wait: asyncio.Coroutine<unknown>,
  end: () => unknown,
): Promise<void> {
  const task = createTask(wait);
  await sleep(0);
  await end();
  await task;
}

function fed(letters: string): asyncio.StreamReader {
  const reader = new StreamReader({ limit: 2 });
  reader.feedData(text(letters));
  return reader;
}

function ended(letters: string): asyncio.StreamReader {
  const reader = fed(letters);
  reader.feedEof();
  return reader;
}

async function besideAReader(
  read: (reader: asyncio.StreamReader) => asyncio.Coroutine<unknown>,
): Promise<void> {
  const reader = new StreamReader();
  const other = createTask(reader.read());
  await sleep(0);
  try {
    await read(reader);
  } finally {
    other.cancel();
  }
}

function writer(): asyncio.StreamWriter {
  return testing.connectionPair()[0][1];
}

function endedWriter(): asyncio.StreamWriter {
  const ended = writer();
  ended.writeEof();
  return ended;
}

function closedWriter(): asyncio.StreamWriter {
  const closed = writer();
  closed.close();
  return closed;
}

const newJob = () => new Job<number>({ cancelJob() {} }, "double", 1);

const JOBS = {
  wait: async () => await sleep(1),
  async *count() {
    await sleep(1);
    yield 1;
  },
};

async function withExecutor(
  use: (
    executor: InlineExecutor<typeof JOBS>,
  ) => unknown,
): Promise<void> {
  const executor = new InlineExecutor(JOBS, {
    maxWorkers: 1,
    concurrency: 1,
    maxQueue: 1,
  });
  try {
    await use(executor);
  } finally {
    await executor.shutdown({ cancelFutures: true });
  }
}

/** Called in a task. */
export const IN_A_TASK: Cases = {
  "Barrier.wait: BrokenBarrierError": [
    async () => {
      const barrier = new Barrier(2);
      await barrier.abort();
      await barrier.wait();
    },
    () => {
      const barrier = new Barrier(2);
      return whileWaiting(barrier.wait(), () => barrier.reset());
    },
  ],
  "Condition.release: RuntimeError": [() => new Condition().release()],
  "Condition.wait: RuntimeError": [() => new Condition().wait()],
  "Condition.waitFor: RuntimeError": [
    () => new Condition().waitFor(() => false),
  ],
  "Condition.notify: RuntimeError": [() => new Condition().notify()],
  "Condition.notifyAll: RuntimeError": [() => new Condition().notifyAll()],
  "ContextVar.get: ReferenceError": [() => new ContextVar("v").get()],
  "ContextVar.reset: RuntimeError": [() => {
    const variable = new ContextVar<number>("v");
    const token = variable.set(1);
    variable.reset(token);
    variable.reset(token);
  }],
  "Token.restore: RuntimeError": [() => {
    const variable = new ContextVar<number>("v");
    const token = variable.set(1);
    const context = copyContext();
    variable.reset(token);
    token.restore(variable, context);
  }],
  "ContextVar.reset: RangeError": [
    () => new ContextVar<number>("v").reset(new ContextVar<number>("w").set(1)),
    () => {
      const variable = new ContextVar<number>("v");
      variable.reset(copyContext().run(() => variable.set(1)));
    },
  ],
  "Context.run: RuntimeError": [() => {
    const context = new Context();
    context.run(() => context.run(() => {}));
  }],
  "createTask: RuntimeError": [() => withUsed((used) => createTask(used))],
  "ensureFuture: RangeError": [
    () => asyncio.ensureFuture(foreign(), { loop: getRunningLoop() }),
  ],
  "ensureFuture: RuntimeError": [
    () => asyncio.ensureFuture(body, { loop: closedLoop() }),
  ],
  "on: QueueFull": [async () => {
    const target = new EventTarget();
    const options = { maxsize: 1, overflow: "error" } as const;
    const events = asyncio.on(target, "x", options);
    for (let n = 0; n < 2; n++) target.dispatchEvent(new Event("x"));
    for await (const _ of events);
  }],
  "Future.result: InvalidStateError": [() => new Future().result()],
  "Future.result: CancelledError": [() => cancelled().result()],
  "Future.exception: InvalidStateError": [() => new Future().exception()],
  "Future.exception: CancelledError": [() => cancelled().exception()],
  "Future.setResult: InvalidStateError": [() => cancelled().setResult(1)],
  "Future.setException: InvalidStateError": [
    () => cancelled().setException(error()),
  ],
  "Lock.release: RuntimeError": [() => new Lock().release()],
  "EventLoop.callSoon: RuntimeError": [() => closedLoop().callSoon(() => {})],
  "EventLoop.callSoonThreadsafe: RuntimeError": [
    () => closedLoop().callSoonThreadsafe(() => {}),
  ],
  "EventLoop.callLater: RuntimeError": [
    () => closedLoop().callLater(0, () => {}),
  ],
  "EventLoop.callAt: RuntimeError": [() => closedLoop().callAt(0, () => {})],
  "EventLoop.createTask: RuntimeError": [
    () => closedLoop().createTask(body),
    () => withUsed((used) => getRunningLoop().createTask(used)),
  ],
  "EventLoop.runForever: RuntimeError": [
    () => closedLoop().runForever(),
    () => getRunningLoop().runForever(),
    () => new EventLoop().runForever(),
  ],
  "EventLoop.runUntilComplete: RuntimeError": [
    () => new EventLoop().runUntilComplete(body),
  ],
  "EventLoop.close: RuntimeError": [() => getRunningLoop().close()],
  "EventLoop.addSignalHandler: RuntimeError": [
    () => closedLoop().addSignalHandler("SIGHUP", () => {}),
    () => new EventLoop().addSignalHandler("SIGKILL", () => {}),
  ],
  "Queue.put: QueueShutDown": [
    () => shutQueue().put(1),
    () => {
      const queue = fullQueue();
      return whileWaiting(queue.put(2), () => queue.shutdown());
    },
  ],
  "Queue.putNowait: QueueFull": [() => fullQueue().putNowait(2)],
  "Queue.putNowait: QueueShutDown": [() => shutQueue().putNowait(1)],
  "Queue.get: QueueShutDown": [
    () => shutQueue().get(),
    () => {
      const queue = new Queue();
      return whileWaiting(queue.get(), () => queue.shutdown());
    },
  ],
  "Queue.getNowait: QueueEmpty": [() => new Queue().getNowait()],
  "Queue.getNowait: QueueShutDown": [() => shutQueue().getNowait()],
  "Queue.taskDone: RangeError": [() => new Queue().taskDone()],
  "race: RangeError": [() => asyncio.race([foreign()])],
  "firstSuccess: RangeError": [() => asyncio.firstSuccess([foreign()])],
  "firstSuccess: AggregateError": [
    () => asyncio.firstSuccess([fails]),
  ],
  "run: RuntimeError": [() => asyncio.run(body)],
  "runTest: RuntimeError": [() => testing.runTest(body)],
  "Runner.run: RuntimeError": [
    () => new Runner().run(body),
    async () => {
      const runner = new Runner();
      await runner.close();
      await runner.run(body);
    },
  ],
  "Runner.getLoop: RuntimeError": [
    async () => {
      const runner = new Runner();
      await runner.close();
      runner.getLoop();
    },
    () => new Runner({ loopFactory: getRunningLoop }).getLoop(),
  ],
  "BoundedSemaphore.release: RangeError": [
    () => new asyncio.BoundedSemaphore(1).release(),
  ],
  "staggeredRace: AggregateError": [() =>
    asyncio.staggeredRace(
      (function* () {
        throw error();
      })(),
      1,
    )],
  "StreamReader.read: RuntimeError": [
    () => besideAReader((reader) => reader.read()),
  ],
  "StreamReader.readline: RuntimeError": [
    () => besideAReader((reader) => reader.readline()),
  ],
  "StreamReader.readline: RangeError": [() => fed("long\n").readline()],
  "StreamReader.readexactly: RuntimeError": [
    () => besideAReader((reader) => reader.readexactly(1)),
  ],
  "StreamReader.readuntil: RuntimeError": [
    () => besideAReader((reader) => reader.readuntil()),
  ],
  "StreamReader.readexactly: IncompleteReadError": [
    () => ended("x").readexactly(2),
  ],
  "StreamReader.readuntil: IncompleteReadError": [
    () => ended("x").readuntil(),
  ],
  "StreamReader.readuntil: LimitOverrunError": [
    () => fed("long\n").readuntil(),
  ],
  "StreamReader.feedData: RuntimeError": [() => {
    const reader = new StreamReader();
    reader.feedEof();
    reader.feedData(text("x"));
  }],
  "StreamWriter.write: RuntimeError": [() => endedWriter().write(text("x"))],
  "StreamWriter.write: Error": [() => closedWriter().write(text("x"))],
  "StreamWriter.writelines: RuntimeError": [
    () => endedWriter().writelines([text("x")]),
  ],
  "StreamWriter.writelines: Error": [
    () => closedWriter().writelines([text("x")]),
  ],
  "StreamWriter.startTls: RuntimeError": [() => writer().startTls()],
  "new Task: RuntimeError": [() => withUsed((used) => new Task(used))],
  "Task.setResult: RuntimeError": [() => createTask(body).setResult()],
  "Task.setException: RuntimeError": [
    () => createTask(body).setException(error()),
  ],
  "TaskGroup.createTask: RuntimeError": [
    () => new TaskGroup().createTask(body),
    async () => {
      const group = new TaskGroup();
      await group.run(body);
      group.createTask(body);
    },
  ],
  "TaskGroup.run: AggregateError": [() => new TaskGroup().run(fails)],
  "taskGroup: AggregateError": [() => asyncio.taskGroup(fails)],
  "TaskGroup.signal: RuntimeError": [() => new TaskGroup().signal],
  "TaskGroup.run: RuntimeError": [async () => {
    const group = new TaskGroup();
    await group.run(body);
    await group.run(body);
  }],
  "taskGroup: CancelledError": [
    () => asyncio.taskGroup(() => sleep(1), { signal: AbortSignal.abort() }),
  ],
  "Timeout.signal: RuntimeError": [() => new Timeout().signal],
  "Timeout.reschedule: RuntimeError": [
    () => new Timeout().reschedule(1),
    () =>
      asyncio.timeout(0, async (scope) => {
        try {
          await sleep(1);
        } finally {
          scope.reschedule(undefined);
        }
      }),
    async () => {
      const scope = new Timeout();
      await scope.run(body);
      scope.reschedule(1);
    },
  ],
  "timeout: TimeoutError": [() => asyncio.timeout(1, () => sleep(2))],
  "timeoutAt: TimeoutError": [() => asyncio.timeoutAt(0, () => sleep(2))],
  "Timeout.reschedule: TypeError": [
    () =>
      asyncio.timeout(1, (scope) => {
        scope.reschedule("1" as never);
        return sleep(0);
      }),
  ],
  "Timeout.reschedule: RangeError": [() =>
    asyncio.timeout(1, (scope) => {
      scope.reschedule(NaN);
      return sleep(0);
    })],
  "Timeout.run: RuntimeError": [async () => {
    const scope = new Timeout();
    await scope.run(body);
    await scope.run(body);
  }],
  "Timeout.run: TimeoutError": [
    () => new Timeout(getRunningLoop().time()).run(() => sleep(1)),
  ],
  "waitFor: TimeoutError": [() => asyncio.waitFor(sleep(2), 1)],
  "waitFor: CancelledError": [
    () => asyncio.waitFor(sleep(2), 1, { signal: AbortSignal.abort() }),
  ],
  "new Job: RangeError": [
    () => new Job({ cancelJob() {} }, "double", 1, { timeout: NaN }),
  ],
  "Job.setResult: RuntimeError": [() => newJob().setResult(1)],
  "Job.setException: RuntimeError": [() => newJob().setException(error())],
  "PoolExecutor.submit: RuntimeError": [
    () => withExecutor((executor) => executor.submit("wait", [], { key: "k" })),
    () =>
      withExecutor(async (executor) => {
        await executor.shutdown();
        executor.submit("wait", []);
      }),
  ],
  "JobStream.next: CancelledError": [() =>
    withExecutor(async (executor) => {
      const stream = executor.stream("count", []);
      const task = createTask(async () => await stream.next());
      await sleep(0);
      task.cancel();
      await task;
    })],
  "PoolExecutor.submit: QueueFull": [() =>
    withExecutor((executor) => {
      for (let n = 0; n < 3; n++) executor.submit("wait", []);
    })],
  "PoolExecutor.stream: RuntimeError": [
    () =>
      withExecutor((executor) => executor.stream("count", [], { key: "k" })),
    () =>
      withExecutor(async (executor) => {
        await executor.shutdown();
        executor.stream("count", []);
      }),
  ],
  "PoolExecutor.stream: QueueFull": [() =>
    withExecutor((executor) => {
      for (let n = 0; n < 3; n++) executor.stream("count", []);
    })],
};
