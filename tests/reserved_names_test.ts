/**
 * The names that subclasses must not use: the library's own, which begin with `_`.
 *
 * Nothing but the name keeps them apart from a user's, so a new one is a decision: it
 * breaks the subclass that has it already.
 */
import { assertEquals } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";

/** What a class reserves, with what its base class does. */
const RESERVED: Readonly<Record<string, readonly string[]>> = {
  Condition: ["_describe"],
  ContextVar: ["_number"],
  Coroutine: [
    "_await",
    "_caller",
    "_callerBody",
    "_isOfLibrary",
    "_mayRunAsync",
    "_start",
    "_startInContext",
    "_state",
  ],
  EventLoop: [
    "_abortRun",
    "_addTimer",
    "_addUnawaited",
    "_addUnfetched",
    "_awaitCoroutine",
    "_becomesIdle",
    "_bursts",
    "_deadlockError",
    "_deleteUnawaited",
    "_deleteUnfetched",
    "_endResources",
    "_endStrays",
    "_endWith",
    "_enqueue",
    "_handlesSignal",
    "_hasAsyncgens",
    "_hasReady",
    "_hasResources",
    "_hasStrays",
    "_hold",
    "_letBurstEnd",
    "_letGo",
    "_microtasks",
    "_noteOfHost",
    "_noteRan",
    "_noteResumed",
    "_noteStarting",
    "_noteStray",
    "_noteSuspended",
    "_observe",
    "_pauseTurn",
    "_placeInTurn",
    "_plainOptions",
    "_resources",
    "_runEnded",
    "_runForever",
    "_shutdown",
    "_tasks",
    "_tellAtExit",
    "_tellBeforeHost",
    "_tellDueErrors",
    "_timeBurst",
    "_timeStep",
    "_timerCancelled",
    "_trace",
    "_traceOf",
    "_unobserve",
    "_unwatchCancelled",
    "_waitingSince",
    "_waitsForHost",
    "_watchCancelled",
  ],
  Future: [
    "_addWaiter",
    "_await",
    "_awaitedBy",
    "_cancelReason",
    "_failure",
    "_givesCancelled",
    "_removeWaiter",
    "_requestWait",
    "_settleCancelled",
    "_state",
    "_takeWaitRequest",
    "_waitersOrOutcome",
  ],
  Handle: ["_run"],
  Lock: ["_suspend"],
  Queue: ["_core"],
  Runner: ["_beforeHost", "_run"],
  Task: [
    "_addAwait",
    "_addWaiter",
    "_await",
    "_awaitCoroutine",
    "_awaitedBy",
    "_awaits",
    "_body",
    "_cancelReason",
    "_coroutine",
    "_describe",
    "_endAwait",
    "_failure",
    "_givesCancelled",
    "_isOnItsWay",
    "_isOver",
    "_keepsResult",
    "_lastEnd",
    "_line",
    "_makeSlot",
    "_mayAwaitTask",
    "_mayHaveHelpers",
    "_nextTask",
    "_opener",
    "_outer",
    "_previousTask",
    "_removeAwait",
    "_removeWaiter",
    "_request",
    "_requestWait",
    "_resume",
    "_run",
    "_scope",
    "_settleCancelled",
    "_slot",
    "_start",
    "_state",
    "_takeCancel",
    "_takeWaitRequest",
    "_task",
    "_waitersOrOutcome",
    "_waitingOn",
    "_waitsFor",
    "_wake",
    "_wouldTakeCancel",
  ],
  Timeout: ["_abandonable", "_enter", "_leave"],
  TimerHandle: ["_inHeap", "_isCalledOff", "_run"],
};

Deno.test("classes reserve the listed names for themselves", async () => {
  const found = await asyncio.run(async () =>
    Object.entries(await samples())
      .map(([name, sample]): [string, string[]] => [name, namesOf(sample)])
      .filter(([, names]) => names.length > 0)
  );
  assertEquals(Object.fromEntries(found), RESERVED);
});

/** One object of each class that users may extend. */
async function samples(): Promise<Readonly<Record<string, object>>> {
  const loop = asyncio.getRunningLoop();
  const task = asyncio.createTask(asyncio.sleep(0));
  await task;
  return {
    Barrier: new asyncio.Barrier(1),
    CancelledError: new asyncio.CancelledError(),
    Condition: new asyncio.Condition(),
    Context: new asyncio.Context(),
    ContextVar: new asyncio.ContextVar("variable"),
    Coroutine: asyncio.coroutine(function* () {})(),
    Event: new asyncio.Event(),
    EventLoop: loop,
    Future: loop.createFuture(),
    Handle: loop.callSoon(() => {}),
    Lock: new asyncio.Lock(),
    Queue: new asyncio.Queue(),
    Runner: new asyncio.Runner(),
    Semaphore: new asyncio.Semaphore(),
    SystemClock: new asyncio.SystemClock(),
    Task: task,
    TaskGroup: new asyncio.TaskGroup(),
    Timeout: new asyncio.Timeout(1),
    TimerHandle: loop.callAt(0, () => {}),
    VirtualClock: new asyncio.VirtualClock(),
  };
}

/** The reserved names of an object, its own and those of all its classes. */
function namesOf(sample: object): string[] {
  const names = new Set<string>();
  for (
    let holder = sample;
    holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (name.startsWith("_")) names.add(name);
    }
  }
  return [...names].sort();
}
