/**
 * Right calls of every export and every method that takes something, for
 * `arguments_test.ts` to put a wrong value in the place of each argument.
 *
 * @module
 */
import * as asyncio from "@asyncio/asyncio";
import * as bullmq from "@asyncio/asyncio/bullmq";
import { Job, JobStream } from "@asyncio/asyncio/executor";
import * as kit from "@asyncio/asyncio/executor-testing";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import * as testing from "@asyncio/asyncio/testing";
import * as worker from "@asyncio/asyncio/worker";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import { lacks } from "./_permissions.ts";
const {
  allTasks,
  Barrier,
  BoundedSemaphore,
  Condition,
  Context,
  ContextVar,
  createTask,
  Event: AsyncEvent,
  EventLoop,
  Future,
  getRunningLoop,
  Handle,
  Lock,
  mapConcurrent,
  Queue,
  Runner,
  Semaphore,
  sleep,
  StreamReader,
  Task,
  TaskGroup,
  Timeout,
  TimerHandle,
  VirtualClock,
  wait,
  waitFor,
} = asyncio;

/** Right arguments of a call, for one of the wrong ones to take a place among. */
export interface Call {
  /** Right arguments, made anew for each call. */
  readonly args: () => readonly unknown[];
  /** The options that the last argument has. */
  readonly options?: readonly string[];
  /** What the last argument has that are no options: it may have others, too. */
  readonly fields?: readonly string[];
  /** What it may not do without permissions. */
  readonly ignore?: boolean;
  call(args: readonly unknown[]): unknown;
}

const body = () => sleep(0);
const fn = () => {};
const future = () => new Future<void>();
const done = () => {
  const future = new Future<void>();
  future.setResult();
  return future;
};

/** A method of something that is made anew for each call. */
function method<T extends object>(
  make: () => T,
  name: keyof T & string,
  args: () => readonly unknown[],
  options?: readonly string[],
): Call {
  return {
    args,
    ...options === undefined ? {} : { options },
    call(given) {
      const target = make();
      return (target[name] as (...args: unknown[]) => unknown)(...given);
    },
  };
}

function plain(
  callee: (...args: never[]) => unknown,
  args: () => readonly unknown[],
  options?: readonly string[],
): Call {
  return {
    args,
    ...options === undefined ? {} : { options },
    call: (given) => callee(...given as never[]),
  };
}

function made(
  kind: abstract new (...args: never[]) => object,
  args: () => readonly unknown[],
  options?: readonly string[],
): Call {
  return {
    args,
    ...options === undefined ? {} : { options },
    call: (given) => Reflect.construct(kind, given),
  };
}

const loop = () => getRunningLoop();
const lock = () => {
  const lock = new Lock();
  lock.acquire().next();
  return lock;
};
const locked = () => new Condition(lock());
const task = () => createTask(body);
const variable = new ContextVar<number>("v", { default: 0 });
const context = () => new Context();
const delay = 0.001;

function closedBullmq(): bullmq.BullmqExecutor<typeof JOBS> {
  const executor = new bullmq.BullmqExecutor<typeof JOBS>(
    ENGINE as never,
    QUEUE(),
  );
  executor.shutdown();
  return executor;
}

/** What a function gives that does nothing before it is waited for: it is not. */
function unawaited(
  callee: (...args: never[]) => asyncio.Coroutine<unknown>,
  args: () => readonly unknown[],
  options?: readonly string[],
): Call {
  return plain((...given) => void callee(...given).close(), args, options);
}

const JOBS = {
  double: (x: number) => 2 * x,
  async *count() {
    yield 1;
  },
};

/** An executor, for arguments that are against its types. */
type AnyExecutor =
  & Record<"submit" | "stream", (...args: unknown[]) => Cancels>
  & {
    shutdown(...args: unknown[]): unknown;
  };
type Cancels = { cancel(...args: unknown[]): unknown };

/** A method of an executor that is shut down after the call. */
function ofExecutor(
  use: (executor: AnyExecutor, ...args: never[]) => unknown,
  args: () => readonly unknown[],
  options: readonly string[],
): Call {
  return plain(
    async (...given) => {
      const executor = new InlineExecutor(JOBS);
      try {
        await use(executor as never, ...given as never[]);
      } finally {
        await executor.shutdown({ cancelFutures: true });
      }
    },
    args,
    options,
  );
}

// Nothing of it is called before somebody submits or serves.
export const ENGINE = Object.fromEntries(
  [
    "Queue",
    "QueueEvents",
    "QueueEventsProducer",
    "Worker",
    "UnrecoverableError",
  ]
    .map((name) => [name, class {}]),
);
const QUEUE = () => ({ queue: "q", connection: {} });
const QUEUE_OPTIONS = ["queue", "connection", "prefix"];
const SUBMIT_OPTIONS = ["timeout", "signal", "transfer", "key"];
const POOL_OPTIONS = ["maxWorkers", "concurrency", "grace", "maxQueue", "name"];
const PROCESS_OPTIONS = ["cwd", "env", "grace"];
const STDIO_OPTIONS = [
  ...PROCESS_OPTIONS,
  "stdin",
  "stdout",
  "stderr",
  "limit",
  "clearEnv",
  "newSession",
];
const CONNECTION_OPTIONS = ["limit", "tls"];
const SERVER_OPTIONS = [
  ...CONNECTION_OPTIONS,
  "backlog",
  "reusePort",
  "startServing",
  "grace",
];
/** The options of TLS. */
export const TLS_OPTIONS: readonly string[] = [
  "serverHostname",
  "ca",
  "cert",
  "key",
  "alpn",
  "handshakeTimeout",
  "shutdownTimeout",
];
const MODULE = "file:///nowhere/jobs.js";
const REPORT_FIELDS = [
  "message",
  "exception",
  "future",
  "task",
  "handle",
  "asyncgen",
  "context",
  "sourceTraceback",
];
const OWNER = { cancelJob: fn };
const newJob = () => new Job<number>(OWNER, "double", 1);
const newStream = () => new JobStream<number, number>(doneJob(), 1, fn);

function doneJob(): Job<number> {
  const job = newJob();
  job.finish(1);
  return job;
}

function enteredGroup(): asyncio.TaskGroup {
  const group = new TaskGroup();
  createTask(() =>
    group.run(async () => {
      await sleep(1);
    }), { eagerStart: true });
  return group;
}

const KIT_OPTIONS = (): kit.ContextOptions => ({
  make: () => new InlineExecutor(kit.jobs) as kit.CheckedExecutor,
  abilities: [],
});
const kitContext = () => new kit.Context(KIT_OPTIONS());
const NO_PROCESSES = lacks("read", "run");

/** A method of a process, which is ended after the call. */
function ofProcess(
  use: (process: asyncio.Process, ...args: never[]) => unknown,
  args: () => readonly unknown[],
  options?: readonly string[],
): Call {
  const call = plain(
    async (...given) => {
      await using process = await asyncio.createSubprocessExec("cat", [], {
        stdin: asyncio.PIPE,
        stdout: asyncio.PIPE,
        grace: 0,
      });
      await use(process, ...given as never[]);
    },
    args,
    options,
  );
  return { ...call, ignore: NO_PROCESSES };
}
const writer = () => testing.connectionPair()[0][1];

export const CALLS: Readonly<Record<string, Call>> = {
  "new BullmqExecutor()": made(
    bullmq.BullmqExecutor,
    () => [ENGINE, QUEUE()],
    [...QUEUE_OPTIONS, "jobOptions", "grace", "pollInterval"],
  ),
  // A right job is refused, as there is no Redis to bring it to.
  "BullmqExecutor.submit()": method(closedBullmq, "submit", () => [
    "double",
    [1],
    {},
  ], SUBMIT_OPTIONS),
  "BullmqExecutor.stream()": method(closedBullmq, "stream", () => [
    "count",
    [],
    {},
  ], [...SUBMIT_OPTIONS, "highWaterMark"]),
  "BullmqExecutor.shutdown()": method(closedBullmq, "shutdown", () => [{}], [
    "cancelFutures",
  ]),
  "serveBullmq()": unawaited(
    bullmq.serveBullmq,
    () => [ENGINE, new InlineExecutor(JOBS), QUEUE()],
    [
      ...QUEUE_OPTIONS,
      "concurrency",
      "lockDuration",
      "stalledInterval",
      "maxStalledCount",
    ],
  ),
  "new InlineExecutor()": made(InlineExecutor, () => [JOBS, {}], [
    ...POOL_OPTIONS,
    "copy",
  ]),
  "InlineExecutor.submit()": ofExecutor(
    (executor, ...args) => executor.submit(...args),
    () => ["double", [1], {}],
    SUBMIT_OPTIONS,
  ),
  "InlineExecutor.stream()": ofExecutor(
    (executor, ...args) => executor.stream(...args),
    () => ["count", [], {}],
    [...SUBMIT_OPTIONS, "highWaterMark"],
  ),
  "InlineExecutor.shutdown()": ofExecutor(
    (executor, ...args) => executor.shutdown(...args),
    () => [{}],
    ["cancelFutures"],
  ),
  "Job.cancel()": ofExecutor(
    (executor, ...args) => executor.submit("double", [1]).cancel(...args),
    () => ["x", {}],
    ["cause"],
  ),
  // Executors check the options before.
  "new Job()": plain(
    (...given) => void Reflect.construct(Job, given),
    () => [OWNER, "double", 1],
  ),
  "Job.finish()": method(newJob, "finish", () => [1]),
  "Job.fail()": method(newJob, "fail", () => [new Error("x")]),
  "Job.finishCancelled()": method(newJob, "finishCancelled", () => [
    new asyncio.WorkerLostError("x"),
  ]),
  "Job.finishExpired()": method(newJob, "finishExpired", () => [
    new asyncio.WorkerLostError("x"),
  ]),
  "new JobStream()": made(JobStream, () => [newJob(), 1, fn]),
  "JobStream.push()": method(newStream, "push", () => [1]),
  "JobStream.return()": method(newStream, "return", () => [1]),
  "new WorkerExecutor()": made(
    WorkerExecutor,
    () => [MODULE, {}],
    POOL_OPTIONS,
  ),
  "new ProcessExecutor()": made(ProcessExecutor, () => [MODULE, {}], [
    ...POOL_OPTIONS,
    "execArgv",
    "env",
  ]),
  "serveJobs()": plain(worker.serveJobs, () => [JOBS]),
  "transfer()": plain(worker.transfer, () => [{}, []]),
  "StreamWriter.write()": method(writer, "write", () => [new Uint8Array(1)]),
  "StreamWriter.writelines()": method(
    writer,
    "writelines",
    () => [[new Uint8Array(1)]],
  ),
  "StreamWriter.startTls()": unawaited(
    (...given) => writer().startTls(...given),
    () => [{}],
  ),
  "StreamWriter.getExtraInfo()": method(writer, "getExtraInfo", () => [
    "peername",
  ]),
  "StreamReader.from()": plain(StreamReader.from, () => [
    (async function* () {})(),
    {},
  ], ["limit", "loop"]),
  "Coroutine.then()": plain(
    (...given) => Promise.resolve(sleep(0).then(...given)),
    () => [fn, fn],
  ),
  "Coroutine.catch()": method(() => sleep(0), "catch", () => [fn]),
  "Coroutine.finally()": method(() => sleep(0), "finally", () => [fn]),
  "Future.catch()": method(done, "catch", () => [fn]),
  "Future.finally()": method(done, "finally", () => [fn]),
  "EventLoop.defaultExceptionHandler()": {
    ...method(
      quietLoop,
      "defaultExceptionHandler",
      () => [{ message: "x" }],
    ),
    fields: REPORT_FIELDS,
  },
  "openConnection(), not awaited": unawaited(
    asyncio.openConnection,
    () => ["127.0.0.1", 80, {}],
    [...CONNECTION_OPTIONS, "happyEyeballsDelay", "localAddress"],
  ),
  "openConnection(), of TLS": unawaited(
    (tls: asyncio.TlsOptions) => asyncio.openConnection("x", 443, { tls }),
    () => [{}],
    TLS_OPTIONS,
  ),
  "openUnixConnection(), not awaited": unawaited(
    asyncio.openUnixConnection,
    () => ["/nowhere", {}],
    CONNECTION_OPTIONS,
  ),
  "startServer(), not awaited": unawaited(
    asyncio.startServer,
    () => [fn, "127.0.0.1", 0, {}],
    SERVER_OPTIONS,
  ),
  "startServer(), of TLS": unawaited(
    (tls: asyncio.TlsOptions) =>
      asyncio.startServer(fn, "127.0.0.1", 0, { tls }),
    () => [{ cert: "c", key: "k" }],
    TLS_OPTIONS,
  ),
  "startUnixServer(), not awaited": unawaited(
    asyncio.startUnixServer,
    () => [fn, "/nowhere", {}],
    SERVER_OPTIONS,
  ),
  "createSubprocessExec(), not awaited": unawaited(
    asyncio.createSubprocessExec,
    () => ["x", [], {}],
    STDIO_OPTIONS,
  ),
  "createSubprocessShell(), not awaited": unawaited(
    asyncio.createSubprocessShell,
    () => ["x", {}],
    STDIO_OPTIONS,
  ),
  "runProcess(), not awaited": unawaited(
    asyncio.runProcess,
    () => ["x", [], {}],
    [...PROCESS_OPTIONS, "input", "check"],
  ),
  "Process.communicate()": ofProcess(
    (process, ...args) => process.communicate(...args),
    () => [new Uint8Array(1)],
  ),
  "Process.sendSignal()": ofProcess(
    (process, signal) => process.sendSignal(signal),
    () => ["SIGTERM"],
  ),
  "Process.end()": ofProcess(
    (process, ...args) => process.end(...args),
    () => [{ grace: 0 }],
    ["grace"],
  ),
  // The message is a matter of the engine.
  "new LimitOverrunError()": plain(
    (consumed: number) => new asyncio.LimitOverrunError("x", consumed),
    () => [1],
  ),
  "new ProcessError()": plain(
    (result: asyncio.ProcessResult) => new asyncio.ProcessError("x", result),
    () => [{
      stdout: new Uint8Array(),
      stderr: new Uint8Array(),
      code: 1,
      signal: undefined,
    }],
  ),
  "new kit.Context()": made(kit.Context, () => [KIT_OPTIONS()], [
    "make",
    "makeBroken",
    "abilities",
    "reuse",
  ]),
  "kit.Context.can()": method(kitContext, "can", () => [kit.checks[0]]),
  "kit.Context.make()": method(kitContext, "make", () => [{}], [
    "maxWorkers",
    "concurrency",
    "grace",
    "maxQueue",
  ]),
  "kit.Context.use()": method(kitContext, "use", () => [{}, () => sleep(0)]),
  "kit.Context.lines()": method(kitContext, "lines", () => ["log"]),
  // It waits for ever for a line that nobody logs.
  "kit.Context.until()": plain(
    (...given: [string, string, number]) =>
      waitFor(() => kitContext().until(...given), 0.01),
    () => ["nowhere", "line", 1],
  ),
  "new Barrier()": made(Barrier, () => [2, {}], ["name"]),
  "new BoundedSemaphore()": made(BoundedSemaphore, () => [1, {}], ["name"]),
  "new Condition()": made(Condition, () => [new Lock(), {}], ["name"]),
  "Condition.waitFor()": method(locked, "waitFor", () => [() => true]),
  "Condition.notify()": method(locked, "notify", () => [1]),
  "new Context()": made(Context, () => [context().values]),
  "Context.run()": method(context, "run", () => [fn]),
  "Context.get()": method(context, "get", () => [variable]),
  "Context.has()": method(context, "has", () => [variable]),
  "Context.assign()": method(context, "assign", () => [variable, 1]),
  "Context.unset()": method(context, "unset", () => [variable]),
  "new ContextVar()": made(ContextVar, () => ["v", {}], ["default"]),
  "ContextVar.get()": method(() => variable, "get", () => [1]),
  "ContextVar.set()": method(() => variable, "set", () => [1]),
  "ContextVar.reset()": method(
    () => variable,
    "reset",
    () => [variable.set(1)],
  ),
  "new Event()": made(AsyncEvent, () => [{}], ["name"]),
  "new EventLoop()": made(EventLoop, () => [{}], [
    "clock",
    "debug",
    "reportUnfetchedAfter",
    "reportStuckAfter",
  ]),
  "EventLoop.setDebug()": method(
    () => new EventLoop(),
    "setDebug",
    () => [false],
  ),
  "EventLoop.callSoon()": method(loop, "callSoon", () => [fn, {}], ["context"]),
  "EventLoop.callSoonThreadsafe()": method(
    loop,
    "callSoonThreadsafe",
    () => [fn, {}],
    ["context"],
  ),
  "EventLoop.callLater()": method(loop, "callLater", () => [delay, fn, {}], [
    "context",
  ]),
  "EventLoop.callAt()": method(loop, "callAt", () => [0, fn, {}], ["context"]),
  "EventLoop.createTask()": method(loop, "createTask", () => [body, {}], [
    "name",
    "context",
    "eagerStart",
    "signal",
  ]),
  "EventLoop.setTaskFactory()": method(
    () => new EventLoop(),
    "setTaskFactory",
    () => [undefined],
  ),
  "EventLoop.setExceptionHandler()": method(
    () => new EventLoop(),
    "setExceptionHandler",
    () => [undefined],
  ),
  "EventLoop.callExceptionHandler()": {
    ...method(
      quietLoop,
      "callExceptionHandler",
      () => [{ message: "x" }],
    ),
    fields: REPORT_FIELDS,
  },
  "EventLoop.trackAsyncgen()": method(
    quietLoop,
    "trackAsyncgen",
    () => [(async function* () {})()],
  ),
  "EventLoop.addSignalHandler()": method(
    () => new EventLoop(),
    "addSignalHandler",
    () => ["SIGNAL", fn],
  ),
  "EventLoop.removeSignalHandler()": method(
    () => new EventLoop(),
    "removeSignalHandler",
    () => ["SIGNAL"],
  ),
  "EventLoop.runUntilComplete()": method(
    loop,
    "runUntilComplete",
    () => [body],
  ),
  "new Future()": made(Future, () => [{}], ["loop"]),
  "Future.setResult()": method(future, "setResult", () => [1]),
  "Future.setException()": method(quietFuture, "setException", () => [
    new Error("x"),
  ]),
  "Future.cancel()": method(future, "cancel", () => ["x", {}], ["cause"]),
  "Future.addDoneCallback()": method(
    done,
    "addDoneCallback",
    () => [fn, {}],
    ["context"],
  ),
  "Future.removeDoneCallback()": method(
    future,
    "removeDoneCallback",
    () => [fn],
  ),
  "Future.then()": method(done, "then", () => [fn, fn]),
  "new Handle()": made(Handle, () => [fn, loop(), {}], ["context"]),
  "new IncompleteReadError()": made(
    asyncio.IncompleteReadError,
    () => [new Uint8Array(), 5],
  ),
  "new LifoQueue()": made(asyncio.LifoQueue, () => [1, {}], ["name"]),
  "new Lock()": made(Lock, () => [{}], ["name"]),
  "new PriorityQueue()": made(asyncio.PriorityQueue, () => [1, {}], [
    "name",
    "compare",
  ]),
  "new Queue()": made(Queue, () => [1, {}], ["name"]),
  "Queue.put()": method(() => new Queue<unknown>(), "put", () => [1]),
  "Queue.putNowait()": method(
    () => new Queue<unknown>(),
    "putNowait",
    () => [1],
  ),
  "Queue.shutdown()": method(() => new Queue(), "shutdown", () => [{}], [
    "immediate",
  ]),
  "new Runner()": made(Runner, () => [{}], [
    "debug",
    "loopFactory",
    "signals",
    "grace",
    "cleanup",
    "onShutdown",
  ]),
  "Runner.run()": method(() => new Runner(), "run", () => [body, {}], [
    "context",
    "signal",
  ]),
  "new Semaphore()": made(Semaphore, () => [1, {}], ["name"]),
  "new StreamReader()": made(StreamReader, () => [{}], ["limit", "loop"]),
  "StreamReader.read()": method(endedReader, "read", () => [1]),
  "StreamReader.readexactly()": method(endedReader, "readexactly", () => [1]),
  "StreamReader.readuntil()": method(endedReader, "readuntil", () => ["\n"]),
  "StreamReader.lines()": method(endedReader, "lines", () => [{}], [
    "encoding",
    "fatal",
  ]),
  "StreamReader.feedData()": method(
    () => new StreamReader(),
    "feedData",
    () => [new Uint8Array()],
  ),
  "StreamReader.setException()": method(
    () => new StreamReader(),
    "setException",
    () => [new Error("x")],
  ),
  "new Task()": made(Task, () => [body, {}], [
    "loop",
    "name",
    "context",
    "eagerStart",
  ]),
  "Task.cancel()": method(task, "cancel", () => ["x", {}], ["cause"]),
  "Task.setName()": method(task, "setName", () => ["x"]),
  "Task.getStack()": method(task, "getStack", () => [{}], ["limit"]),
  "Task.printStack()": method(task, "printStack", () => [{ write: fn }], [
    "limit",
    "write",
  ]),
  "new TaskGroup()": made(TaskGroup, () => [{}], ["limit", "signal"]),
  "TaskGroup.createTask()": method(
    enteredGroup,
    "createTask",
    () => [body, {}],
    ["name", "context", "eagerStart", "signal"],
  ),
  "TaskGroup.run()": method(() => new TaskGroup(), "run", () => [body]),
  "new Timeout()": made(Timeout, () => [5]),
  "Timeout.run()": method(() => new Timeout(), "run", () => [body]),
  "Timeout.reschedule()": method(
    () => new Timeout(),
    "reschedule",
    () => [5],
  ),
  "new TimerHandle()": made(TimerHandle, () => [0, fn, loop(), {}], [
    "context",
  ]),
  "new Token()": made(
    asyncio.Token,
    () => [variable, context(), true, 1],
  ),
  "new VirtualClock()": made(VirtualClock, () => [{}], ["start", "autoJump"]),
  "VirtualClock.advance()": method(
    () => new VirtualClock(),
    "advance",
    () => [1],
  ),
  "allTasks()": plain(allTasks, () => [loop()]),
  "asCompleted()": plain(asyncio.asCompleted, () => [[done()], {}], [
    "timeout",
  ]),
  "captureCallGraph()": plain(asyncio.captureCallGraph, () => [done(), {}], [
    "limit",
  ]),
  "coroutine()": plain(asyncio.coroutine, () => [body]),
  "createEagerTaskFactory()": plain(
    asyncio.createEagerTaskFactory,
    () => [Task],
  ),
  "createTask()": plain(createTask, () => [body, {}], [
    "name",
    "context",
    "eagerStart",
    "signal",
  ]),
  "currentTask()": plain(asyncio.currentTask, () => [loop()]),
  "eagerTaskFactory()": plain(
    asyncio.eagerTaskFactory,
    () => [loop(), body, {}],
    ["name", "context", "eagerStart"],
  ),
  "ensureFuture()": plain(asyncio.ensureFuture, () => [body, {}], ["loop"]),
  "every()": plain(asyncio.every, () => [1, {}], ["missed"]),
  "firstSuccess()": plain(asyncio.firstSuccess, () => [[done()]]),
  "formatCallGraph()": plain(asyncio.formatCallGraph, () => [done(), {}], [
    "limit",
  ]),
  "formatTaskTree()": plain(asyncio.formatTaskTree, () => [loop()]),
  "fromSignal()": plain(asyncio.fromSignal, () => [() => sleep(0)]),
  "futureAddToAwaitedBy()": plain(
    asyncio.futureAddToAwaitedBy,
    () => [future(), future()],
  ),
  "futureDiscardFromAwaitedBy()": plain(
    asyncio.futureDiscardFromAwaitedBy,
    () => [future(), future()],
  ),
  "gather()": plain(asyncio.gather as never, () => [[body], {}], [
    "limit",
    "returnExceptions",
  ]),
  "gather(), of two": plain(asyncio.gather as never, () => [body, body]),
  "interruptible()": plain(
    asyncio.interruptible,
    () => [Promise.resolve()],
  ),
  "isCoroutine()": plain(asyncio.isCoroutine, () => [1]),
  "isCoroutineFunction()": plain(asyncio.isCoroutineFunction, () => [1]),
  "isFuture()": plain(asyncio.isFuture, () => [1]),
  "iterate()": plain(asyncio.iterate, () => [(async function* () {})()]),
  "mapConcurrent()": plain(mapConcurrent, () => [[1], body, { limit: 1 }], [
    "limit",
    "ordered",
  ]),
  "ConcurrentMap.forEach()": method(
    () => mapConcurrent([1], body, { limit: 1 }),
    "forEach",
    () => [fn],
  ),
  "newEventLoop()": plain(asyncio.newEventLoop, () => [{}], [
    "clock",
    "debug",
    "reportUnfetchedAfter",
    "reportStuckAfter",
  ]),
  "on()": plain(asyncio.on as never, () => [new EventTarget(), "x", {}], [
    "args",
    "close",
    "maxsize",
    "overflow",
  ]),
  "onClosing()": plain(asyncio.onClosing, () => ["service", fn]),
  "once()": plain(asyncio.once as never, () => [new EventTarget(), "x", {}], [
    "args",
  ]),
  "openConnection()": plain(
    asyncio.openConnection,
    () => ["127.0.0.1", 0, {}],
  ),
  "openUnixConnection()": plain(asyncio.openUnixConnection, () => ["", {}]),
  "printCallGraph()": plain(
    asyncio.printCallGraph,
    () => [done(), { write: fn }],
    ["limit", "write"],
  ),
  "race()": plain(asyncio.race, () => [[done()]]),
  "run()": plain(asyncio.run, () => [body, {}], [
    "debug",
    "loopFactory",
    "signals",
    "grace",
    "cleanup",
    "onShutdown",
    "signal",
  ]),
  "setEventLoop()": plain(asyncio.setEventLoop, () => [undefined]),
  "shield()": plain(asyncio.shield, () => [done()]),
  "sleep()": plain(sleep, () => [0]),
  // An await of a result asks it for then(), which is the engine's to do.
  "sleep(), of a result": plain(
    (value) => void createTask(sleep(0, value)),
    () => [1],
  ),
  "sleep(), an object": plain(sleep, () => [{ seconds: 0 }], ["seconds"]),
  "staggeredRace()": plain(asyncio.staggeredRace, () => [[body], delay]),
  "startServer()": plain(asyncio.startServer, () => [fn, "", -1, {}]),
  "startUnixServer()": plain(asyncio.startUnixServer, () => [fn, "", {}]),
  "taskGroup()": plain(asyncio.taskGroup, () => [body, {}], [
    "limit",
    "signal",
  ]),
  "timeout()": plain(asyncio.timeout, () => [delay, body, {}], ["abandon"]),
  "timeoutAt()": plain(asyncio.timeoutAt, () => [0, body]),
  "toSeconds()": plain(asyncio.toSeconds, () => [1]),
  "wait()": plain(wait, () => [[done()], {}], ["timeout", "returnWhen"]),
  "waitFor()": plain(asyncio.waitFor, () => [done(), delay, {}], ["signal"]),
  // What fits is started: it has to end before the test does.
  "createSubprocessExec()": plain(
    async (...given: [string]) => {
      await using _ = await asyncio.createSubprocessExec(...given);
    },
    () => ["", [], {}],
  ),
  "createSubprocessShell()": plain(
    async (...given: [string]) => {
      await using _ = await asyncio.createSubprocessShell(...given);
    },
    () => [1 as never, {}],
  ),
  "handleRequests()": plain(asyncio.handleRequests, () => [fn as never, {}], [
    "name",
    "timeout",
    "watchAfter",
    "onError",
  ]),
  "RequestTasks.drain()": method(
    () => asyncio.handleRequests(() => new Response()),
    "drain",
    () => [{}],
    ["grace", "cleanup"],
  ),
  "runProcess()": plain(asyncio.runProcess, () => ["", [], {}]),
  "connectionPair()": plain(testing.connectionPair, () => [{}], [
    "latency",
    "capacity",
    "limit",
  ]),
  "runTest()": plain(testing.runTest, () => [body]),
  "new TestLoop()": made(testing.TestLoop, () => [new VirtualClock()]),
  "observe()": {
    ...plain(testing.observe, () => [new EventLoop(), {}]),
    fields: ["created", "woken", "before", "after", "choose"],
  },
  "taskOf()": plain(testing.taskOf, () => [{ toString: () => "" }]),
};

function quietLoop(): asyncio.EventLoop {
  const loop = new EventLoop();
  loop.setExceptionHandler(() => {});
  return loop;
}

function quietFuture(): asyncio.Future<void> {
  return new Future<void>({ loop: quietLoop() });
}

function endedReader(): asyncio.StreamReader {
  const reader = new StreamReader();
  reader.feedEof();
  return reader;
}
