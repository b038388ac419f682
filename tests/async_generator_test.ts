/**
 * An `async function*` is no coroutine: every function that takes one says so.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  asCompleted,
  coroutine,
  createEagerTaskFactory,
  createTask,
  ensureFuture,
  firstSuccess,
  fromSignal,
  gather,
  getRunningLoop,
  handleRequests,
  isCoroutine,
  isCoroutineFunction,
  mapConcurrent,
  newEventLoop,
  onClosing,
  race,
  run,
  Runner,
  shield,
  sleep,
  staggeredRace,
  Task,
  TaskGroup,
  taskGroup,
  timeout,
  timeoutAt,
  waitFor,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

// deno-lint-ignore no-explicit-any
type Wrong = any;

let begun = 0;

async function* typo(): AsyncGenerator<number, void, void> {
  begun++;
  await sleep(0.001);
  yield 1;
}

/** The forms in which a user passes one. */
const FORMS: Record<string, () => Wrong> = {
  "the function": () => typo,
  "its call": () => typo(),
  "a function that gives one": () => () => typo(),
};

/** Who takes a coroutine or a function of one, in a task. */
const TAKERS: Record<string, (wrong: Wrong) => unknown> = {
  createTask: (wrong) => createTask(wrong),
  "createTask, eager": (wrong) => createTask(wrong, { eagerStart: true }),
  "loop.createTask": (wrong) => getRunningLoop().createTask(wrong),
  "new Task": (wrong) => new Task(wrong),
  createEagerTaskFactory: (wrong) =>
    createEagerTaskFactory(Task)(getRunningLoop(), wrong),
  "group.createTask": (wrong) =>
    taskGroup(async (group) => await group.createTask(wrong)),
  "group.createTask with a limit": (wrong) =>
    taskGroup(async (group) => await group.createTask(wrong), { limit: 1 }),
  ensureFuture: (wrong) => ensureFuture(wrong),
  gather: (wrong) => gather(wrong),
  "gather with a limit": (wrong) => gather([wrong], { limit: 1 }),
  shield: (wrong) => shield(wrong),
  waitFor: (wrong) => waitFor(wrong, 1),
  "waitFor without a limit": (wrong) => waitFor(wrong, undefined),
  "waitFor at once": (wrong) => waitFor(wrong, 0),
  race: (wrong) => race([wrong]),
  firstSuccess: (wrong) => firstSuccess([wrong]),
  asCompleted: async (wrong) => {
    for await (const future of asCompleted([wrong])) future.result();
  },
};

/** Who takes functions alone. */
const BODY_TAKERS: Record<string, (wrong: Wrong) => unknown> = {
  timeout: (wrong) => timeout(1, wrong),
  timeoutAt: (wrong) => timeoutAt(1, wrong),
  taskGroup: (wrong) => taskGroup(wrong),
  "TaskGroup.run": (wrong) => new TaskGroup().run(wrong),
  coroutine: (wrong) => coroutine(wrong)(),
  fromSignal: (wrong) => fromSignal(wrong),
  mapConcurrent: (wrong) => mapConcurrent([1], wrong, { limit: 1 }).collect(),
  "mapConcurrent, ended by for await": async (wrong) => {
    for await (const _ of mapConcurrent([1], wrong, { limit: 1 }));
  },
  "mapConcurrent, forEach": (wrong) =>
    mapConcurrent([1], async () => {}, { limit: 1 }).forEach(wrong),
  staggeredRace: async (wrong) => {
    const [, , [error]] = await staggeredRace([wrong], undefined);
    throw error;
  },
};

function typeErrorOf(error: unknown): TypeError | undefined {
  if (error instanceof AggregateError) return typeErrorOf(error.errors[0]);
  return error instanceof TypeError ? error : undefined;
}

for (const [who, take] of Object.entries({ ...TAKERS, ...BODY_TAKERS })) {
  for (const [form, make] of Object.entries(FORMS)) {
    if (who in BODY_TAKERS && form === "its call") continue;
    // Its time is over before the function is called.
    if (who === "waitFor at once" && form === "a function that gives one") {
      continue;
    }
    Deno.test(`${who} refuses an async generator: ${form}`, async () => {
      begun = 0;
      const error = await runTest(async () => {
        // Waits for what it gives, in this task.
        await (take(make()) as PromiseLike<unknown>);
      }).then(() => undefined, typeErrorOf);
      assert(error !== undefined);
      assert(/async generator/.test(error.message), error.message);
      assertEquals(begun, 0);
    });
  }
}

for (const [form, make] of Object.entries(FORMS)) {
  Deno.test(`run() refuses an async generator: ${form}`, async () => {
    for (
      const runs of [
        () => run(make()),
        async () => {
          await using runner = new Runner();
          await runner.run(make());
        },
        async () => {
          using loop = newEventLoop();
          await loop.runUntilComplete(make());
        },
      ]
    ) {
      const error = await runs().then(() => undefined, typeErrorOf);
      assert(/async generator/.test(error!.message));
    }
  });
}

Deno.test("createTask() says what to do with an async generator", async () => {
  await runTest(function* () {
    assertThrows(
      () => createTask(typo as Wrong),
      TypeError,
      'A coroutine was expected, got the async generator function typo: take its items with "for await" in an async function',
    );
  });
});

Deno.test("isCoroutine() and isCoroutineFunction() say no to async generators", () => {
  assert(!isCoroutine(typo()));
  assert(!isCoroutineFunction(typo));
});

Deno.test("handleRequests() and onClosing() refuse an async generator function", async () => {
  await runTest(async () => {
    const takers = [handleRequests, (stop: Wrong) => onClosing("jobs", stop)];
    for (const take of takers) {
      for (const wrong of [typo, typo()]) {
        assertThrows(() => take(wrong as Wrong), TypeError, "async generator");
      }
    }
    await sleep(0);
  });
});

Deno.test("callSoon() and its kin refuse an async generator function in debug mode", () => {
  using loop = newEventLoop();
  loop.setDebug(true);
  const callback = typo as () => unknown as () => void;
  const takers = [
    () => loop.callSoon(callback),
    () => loop.callSoonThreadsafe(callback),
    () => loop.callLater(1, callback),
    () => loop.callAt(1, callback),
    () => loop.addSignalHandler("SIGINT", callback),
  ];
  for (const take of takers) {
    assertThrows(take, TypeError, "coroutine function typo");
  }
});
