/**
 * Arguments: every export and every method refuses what is of the wrong kind at once, and
 * leaves nothing running.
 *
 * Each is called with 40 values in the place of each of its arguments and options, the
 * others being right. What fits is taken; what may not come out is an error of the engine,
 * a hang, or a task that is left.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";
import * as bullmq from "@asyncio/asyncio/bullmq";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
import * as testing from "@asyncio/asyncio/testing";
import * as worker from "@asyncio/asyncio/worker";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import { HOSTILE_VALUES } from "./_hostile_values.ts";

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
  TimeoutError,
  wait,
  waitFor,
} = asyncio;

/** What somebody may give by mistake: 40 values. */
function wrongValues(): unknown[] {
  return [
    undefined,
    null,
    true,
    false,
    0,
    -1,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 60,
    "",
    "text",
    "1",
    Symbol("s"),
    5n,
    {},
    { nmae: 1 },
    { timeout: "1" },
    { signal: {} },
    { loop: {} },
    { context: {} },
    { name: null },
    { limit: 0 },
    [],
    [1],
    [undefined],
    new Map(),
    new Set([1]),
    new Date(0),
    /x/,
    new Error("x"),
    new AbortController().signal,
    new Uint8Array(2),
    Object.create(null),
    new Proxy({}, {}),
    class {},
    () => 5,
    Object.freeze({ then: 5 }),
    new WeakMap(),
  ];
}

/** Errors of the engine, which say nothing of the argument. */
const INTERNAL =
  /Cannot read propert|is not a function|Cannot destructure|is not iterable|not a constructor|Cannot convert|Invalid array length|undefined is not|Cannot use 'in'|called on incompatible|Cannot mix BigInt|Cannot set propert|is not defined|Maximum call stack|Cannot perform '(?!apply)|on proxy: trap|incompatible receiver/i;

/** Right arguments of a call, for one of the wrong ones to take a place among. */
interface Call {
  /** Right arguments, made anew for each call. */
  readonly args: () => readonly unknown[];
  /** The options that the last argument has. */
  readonly options?: readonly string[];
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
const ENGINE = Object.fromEntries(
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
const TLS_OPTIONS = [
  "serverHostname",
  "ca",
  "cert",
  "key",
  "alpn",
  "handshakeTimeout",
];
const MODULE = "file:///nowhere/jobs.js";
const writer = () => testing.connectionPair()[0][1];

const CALLS: Record<string, Call> = {
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
    "concurrency",
    "grace",
    "maxQueue",
    "name",
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
  "StreamReader.from()": plain(StreamReader.from, () => [
    (async function* () {})(),
    {},
  ], ["limit"]),
  "Coroutine.then()": plain(
    (...given) => Promise.resolve(sleep(0).then(...given)),
    () => [fn, fn],
  ),
  "Coroutine.catch()": method(() => sleep(0), "catch", () => [fn]),
  "Coroutine.finally()": method(() => sleep(0), "finally", () => [fn]),
  "Future.catch()": method(done, "catch", () => [fn]),
  "Future.finally()": method(done, "finally", () => [fn]),
  "EventLoop.defaultExceptionHandler()": method(
    loop,
    "defaultExceptionHandler",
    () => [{ message: "x" }],
  ),
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
  "EventLoop.callExceptionHandler()": method(
    quietLoop,
    "callExceptionHandler",
    () => [{ message: "x" }],
  ),
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
    () => new TaskGroup(),
    "createTask",
    () => [body, {}],
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
    ["name", "context"],
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
  "newEventLoop()": plain(asyncio.newEventLoop, () => [{}], ["clock", "debug"]),
  "on()": plain(asyncio.on as never, () => [new EventTarget(), "x", {}], [
    "args",
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
    ["limit"],
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
  "timeout()": plain(asyncio.timeout, () => [delay, body]),
  "timeoutAt()": plain(asyncio.timeoutAt, () => [0, body]),
  "toSeconds()": plain(asyncio.toSeconds, () => [1]),
  "wait()": plain(wait, () => [[done()], {}], ["timeout", "returnWhen"]),
  "waitFor()": plain(asyncio.waitFor, () => [done(), delay, {}], ["signal"]),
  "createSubprocessExec()": plain(
    asyncio.createSubprocessExec,
    () => ["", [], {}],
  ),
  "createSubprocessShell()": plain(
    asyncio.createSubprocessShell,
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
  "observe()": plain(testing.observe, () => [new EventLoop(), {}]),
  "taskOf()": plain(testing.taskOf, () => [{ toString: () => "" }]),
};

/** Exports that take nothing, or are no functions; and errors, which are the engine's. */
const NO_ARGUMENTS = new Set([
  "DEVNULL",
  "PIPE",
  "STDOUT",
  "ALL_COMPLETED",
  "Coroutine",
  "FIRST_COMPLETED",
  "FIRST_EXCEPTION",
  "FUTURE_MARKER",
  "SystemClock",
  "checkCancelled",
  "closing",
  "copyContext",
  "currentContext",
  "currentJob",
  "getEventLoop",
  "getRunningLoop",
  "taskSignal",
]);

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

/** Makes a value, and says what it is. */
type Made = readonly [what: string, make: () => unknown];

const WRONG: readonly Made[] = wrongValues().map((value, i) => [
  show([value]),
  () => wrongValues()[i],
]);
const HOSTILE: readonly Made[] = Object.entries(HOSTILE_VALUES);

/** Each place of an argument, and of an option, with one value in it. */
function* variants(
  { args, options = [] }: Call,
  values: readonly Made[],
): Generator<[what: string, given: unknown[]]> {
  const count = args().length;
  for (let place = 0; place < count; place++) {
    for (const [what, make] of values) {
      yield [`${what} as the argument ${place}`, args().with(place, make())];
    }
  }
  for (const name of options) {
    for (const [what, make] of values) {
      const right = args();
      const last = right.at(-1) as object;
      yield [
        `${what} as the option ${name}`,
        right.with(-1, { ...last, [name]: make() }),
      ];
    }
  }
  yield ["nothing", []];
}

/** What was given back may be one of the values. */
function isAwaitable(given: unknown): given is PromiseLike<unknown> {
  try {
    return given instanceof asyncio.Coroutine || given instanceof Promise ||
      given instanceof Future;
  } catch {
    return false;
  }
}

/** What a call gives, waited for; its error if it throws. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    const given = call();
    if (isAwaitable(given)) {
      // An endless wait is right for some: Infinity, or a future that nobody settles.
      await waitFor(given, 1e6);
    }
    return undefined;
  } catch (error) {
    return error instanceof TimeoutError ? undefined : error;
  }
}

async function bears(call: Call, values: readonly Made[]): Promise<void> {
  using loop = new testing.TestLoop();
  const bad: string[] = [];
  await loop.runUntilComplete(async () => {
    for (const [what, given] of variants(call, values)) {
      const error = await outcomeOf(() => call.call(given));
      for (const task of allTasks()) {
        if (task !== asyncio.currentTask()) task.cancel();
      }
      await sleep(0);
      if (error !== undefined && INTERNAL.test(textOf(error))) {
        bad.push(`${what}: ${textOf(error)}`);
      }
    }
    await sleep(10);
    const left = [...allTasks()].filter((task) =>
      task !== asyncio.currentTask()
    );
    assertEquals(left.map(String), []);
  });
  loop.reports.length = 0;
  assertEquals(bad, []);
}

/** What users throw may be no text. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "";
  }
}

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`${name} bears 40 values in each place`, () => bears(call, WRONG));
  Deno.test(`${name} bears what fights back in each place`, () =>
    bears(call, HOSTILE));
}

/** What is no object of options, or has one that nobody knows. */
const NO_OPTIONS: readonly unknown[] = [
  null,
  1,
  "text",
  true,
  [],
  () => {},
  new Map(),
  new AbortController().signal,
  new Error("x"),
  { nmae: 1 },
];

for (const [name, call] of Object.entries(CALLS)) {
  if (call.options === undefined || name.startsWith("sleep")) continue;
  if (name.endsWith("of TLS")) continue;
  Deno.test(`${name} refuses what are no options, and unknown ones`, async () => {
    using loop = new testing.TestLoop();
    await loop.runUntilComplete(async () => {
      for (const options of NO_OPTIONS) {
        const given = call.args().with(-1, options);
        const error = await outcomeOf(() => call.call(given));
        assert(error instanceof TypeError, `${show([options])}: ${error}`);
        assertMatch(error.message, /^Cannot .*(options must be|option "nmae")/);
        assertEquals(allTasks().size, tasksOf(name));
        for (const task of allTasks()) {
          if (task !== asyncio.currentTask()) task.cancel();
        }
        await sleep(0);
        await sleep(0);
      }
    });
    loop.reports.length = 0;
  });
}

/**
 * What tells by a first look whether the library has made the options, which is on the way
 * of every task. Where it sees nothing there, the second look is checked, and counts.
 */
const LOOKED_AT_TWICE =
  /^new (Task|Future|Handle|TimerHandle)\(\) (loop|context)$/;

for (const [name, call] of Object.entries(CALLS)) {
  if (call.options === undefined || name.startsWith("sleep")) continue;
  Deno.test(`${name} reads each option once`, async () => {
    using loop = new testing.TestLoop();
    await loop.runUntilComplete(async () => {
      const right = call.args();
      const reads = new Map<PropertyKey, number>();
      const read = (of: object, option: PropertyKey) => {
        const before = reads.get(option) ?? 0;
        reads.set(option, before + 1);
        if (LOOKED_AT_TWICE.test(`${name} ${String(option)}`)) return undefined;
        return before === 0 ? Reflect.get(of, option) : Symbol("another one");
      };
      const given = new Proxy(
        {
          ...Object.fromEntries(call.options!.map((option) => [option])),
          ...right.at(-1) as object,
        },
        { get: read },
      );
      const error = await outcomeOf(() => call.call(right.with(-1, given)));
      for (const task of allTasks()) {
        if (task !== asyncio.currentTask()) task.cancel();
      }
      await sleep(0);
      await sleep(0);
      assert(reads.size > 0, "No option was read");
      const twice = [...reads].filter(([option, count]) =>
        typeof option === "string" && count > 1 &&
        !LOOKED_AT_TWICE.test(`${name} ${option}`)
      );
      assertEquals(twice, []);
      assert(!/another one/.test(textOf(error)), textOf(error));
    });
    loop.reports.length = 0;
  });
}

// The methods of a task are called on one that is made for the call.
function tasksOf(name: string): number {
  return name.startsWith("Task.") ? 2 : 1;
}

function show(given: readonly unknown[]): string {
  return given.map((value) => {
    try {
      return typeof value === "object" ? Deno.inspect(value) : String(value);
    } catch {
      return "?";
    }
  }).join(", ");
}

function isErrorClass(name: string): boolean {
  const { prototype } = (MODULES as Record<string, unknown>)[name] as {
    prototype?: unknown;
  } ?? {};
  return prototype instanceof Error;
}

/** The modules of the package beside the two that have all the rest. */
const MODULES = {
  ...asyncio,
  ...testing,
  ...bullmq,
  ...worker,
  InlineExecutor,
  ProcessExecutor,
  WorkerExecutor,
};

Deno.test("every export that takes an argument is in the table", () => {
  const named = new Set(
    Object.keys(CALLS).map((name) =>
      name.replace(/^new /, "").replace(/\(.*$/, "").replace(/\..*$/, "")
    ),
  );
  const missing = Object.keys(MODULES).filter((name) =>
    !named.has(name) && !NO_ARGUMENTS.has(name) && !isErrorClass(name)
  );
  assertEquals(missing, []);
  assert(wrongValues().length === 40);
});

/** What hosts and loops call, and not users; and what refuses to be called at all. */
const NOT_OF_USERS =
  /^(\w*Clock\.(attach|detach|wait|unwait)|\w+\.(next|throw|return|toString)|Task\.set(Result|Exception)|Token\.restore)$/;

Deno.test("every method that takes an argument is in the table", () => {
  const named = new Set(
    Object.keys(CALLS).map((name) => name.replace(/\(.*$/, "")),
  );
  const missing = Object.entries(MODULES).flatMap(([name, value]) =>
    isErrorClass(name) ? [] : methodsOf(value).map((of) => `${name}.${of}`)
  );
  // A subclass has those of its base.
  const inherited = /^(BoundedSemaphore|LifoQueue|PriorityQueue|TimerHandle)\./;
  assertEquals(
    missing.filter((method) =>
      !named.has(method) && !NOT_OF_USERS.test(method) &&
      !inherited.test(method)
    ),
    [],
  );
});

/** The methods of a class that say in their text that they take something. */
function methodsOf(value: unknown): string[] {
  const { prototype } = value as { prototype?: object };
  if (typeof value !== "function" || prototype === undefined) return [];
  return [...Object.entries(Object.getOwnPropertyDescriptors(prototype))]
    .filter(([name, { value }]) =>
      typeof value === "function" && !/^(_|constructor$)/.test(name) &&
      !/^(async )?\*?\w+\(\s*\)/.test(String(value))
    )
    .map(([name]) => name);
}
