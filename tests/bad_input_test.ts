/**
 * What bad input gets: an error of the right class with the value in its message, and
 * nothing lost by it: the loop, the tasks and the futures go on.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  allTasks,
  asCompleted,
  type Awaitable,
  Barrier,
  BoundedSemaphore,
  type Coro,
  coroutine,
  createTask,
  ensureFuture,
  Event,
  formatTaskTree,
  Future,
  gather,
  getRunningLoop,
  InvalidStateError,
  Lock,
  mapConcurrent,
  newEventLoop,
  Queue,
  race,
  run,
  RuntimeError,
  Semaphore,
  shield,
  sleep,
  Task,
  TaskGroup,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

type ErrorClass = new (message?: string) => Error;

/** Sees that `call` throws, or gives what rejects, and that nothing is left behind. */
async function refuses(
  call: () => unknown,
  errorClass: ErrorClass,
  ...words: string[]
) {
  const before = allTasks().size;
  const error = await assertRejects(
    async () => await (call() as PromiseLike<unknown>),
    errorClass,
  );
  for (const word of words) {
    assert(error.message.includes(word), `"${word}" in "${error.message}"`);
  }
  assertEquals(allTasks().size, before);
  // The loop goes on.
  assertEquals(await sleep(1, "later"), "later");
}

async function refusesSecond(call: () => unknown) {
  const error = await assertRejects(
    async () => await (call() as PromiseLike<unknown>),
  );
  // That of a group stands among its errors.
  const [first = error] = error instanceof AggregateError ? error.errors : [];
  assert(first instanceof RuntimeError, `${first}`);
  assert(first.message.includes("twice"), `${first}`);
}

const bad = (value: unknown) => value as never;

Deno.test("createTask() refuses what is no coroutine", () =>
  runTest(async () => {
    await refuses(() => createTask(bad(42)), TypeError, "42");
    await refuses(() => createTask(bad("text")), TypeError, '"text"');
    await refuses(() => createTask(bad(undefined)), TypeError, "undefined");
    await refuses(() => createTask(bad(null)), TypeError, "null");
    await refuses(() => createTask(bad({})), TypeError, "{}");
    await refuses(
      () => createTask(bad(Promise.resolve())),
      TypeError,
      "Promise",
      "pass the function itself",
    );
  }));

Deno.test("createTask() fails the task if its function gives no coroutine", () =>
  runTest(async () => {
    await refuses(() => createTask(bad(() => 42)), TypeError, "42");
  }));

Deno.test("Future.setResult() refuses a second result and keeps the first", () =>
  runTest(async () => {
    const future = getRunningLoop().createFuture<string>();
    future.setResult("first");
    await refuses(
      () => future.setResult("second"),
      InvalidStateError,
      "second",
    );
    await refuses(
      () => future.setException(new Error("late")),
      InvalidStateError,
      "late",
    );
    assertEquals(await future, "first");
  }));

Deno.test("Future.result() refuses before the end, then gives the result", () =>
  runTest(async () => {
    const future = getRunningLoop().createFuture<string>();
    await refuses(() => future.result(), InvalidStateError, "pending");
    await refuses(() => future.exception(), InvalidStateError, "pending");
    future.setResult("here");
    assertEquals(future.result(), "here");
  }));

Deno.test("a callback that throws is reported, and the others are called", async () => {
  using loop = new TestLoop();
  const calls: string[] = [];
  const future = loop.createFuture<void>();
  const broken = new Error("broken callback");
  function explode() {
    throw broken;
  }
  future.addDoneCallback(explode);
  future.addDoneCallback(() => calls.push("done callback"));
  loop.callSoon(explode);
  loop.callSoon(() => calls.push("soon"));
  loop.callLater(1, explode);
  loop.callLater(1, () => calls.push("later"));
  loop.callSoon(() => future.setResult());
  await loop.runUntilComplete(sleep(2));
  assertEquals(calls, ["soon", "done callback", "later"]);
  assertEquals(
    loop.reports.map(({ exception }) => exception),
    [broken, broken, broken],
  );
  assert(loop.reports[0]!.message.includes("explode"));
});

Deno.test("wait() refuses an empty list", () =>
  runTest(async () => {
    await refuses(() => wait([]), RangeError, "empty");
  }));

Deno.test("wait() refuses an unknown returnWhen", () =>
  runTest(async () => {
    const task = createTask(sleep(5, "kept"));
    await refuses(
      () => wait([task], { returnWhen: bad("SOMETIMES") }),
      RangeError,
      "SOMETIMES",
      "FIRST_COMPLETED",
    );
    assertEquals(await task, "kept");
  }));

Deno.test("wait() refuses a coroutine, and what is no list", () =>
  runTest(async () => {
    const cold = sleep(1);
    await refuses(() => wait(bad([cold])), TypeError, "sleep", "createTask()");
    await refuses(() => wait(bad(cold)), TypeError, "sleep");
    await refuses(() => wait(bad(7)), TypeError, "7");
    // It was not started, so it can be used.
    await cold;
  }));

Deno.test("gather() refuses futures of two loops, and starts nothing", () =>
  runTest(async () => {
    using other = newEventLoop();
    const foreign = other.createFuture<void>();
    let started = false;
    await refuses(
      () =>
        gather(
          async () => {
            started = true;
            await sleep(0);
          },
          getRunningLoop().createFuture<void>(),
          foreign,
        ),
      RangeError,
      "Future",
    );
    assert(!started);
    assert(!foreign.done());
  }));

Deno.test("ensureFuture() refuses what can't be waited for", () =>
  runTest(async () => {
    await refuses(() => ensureFuture(bad(42)), TypeError, "42");
    using other = newEventLoop();
    const future = getRunningLoop().createFuture<void>();
    await refuses(
      () => ensureFuture(future, { loop: other }),
      RangeError,
      "Future",
    );
  }));

Deno.test("a closed loop refuses all work", async () => {
  const loop = newEventLoop();
  loop.close();
  const { message } = assertThrows(() => loop.callSoon(() => {}), RuntimeError);
  assert(message.includes("closed"));
  assertThrows(() => loop.callLater(1, () => {}), RuntimeError, "closed");
  assertThrows(() => loop.callAt(1, () => {}), RuntimeError, "closed");
  assertThrows(() => loop.callSoonThreadsafe(() => {}), RuntimeError, "closed");
  const cold = sleep(1);
  assertThrows(() => loop.createTask(cold), RuntimeError, "closed");
  await assertRejects(() => loop.runForever(), RuntimeError, "closed");
  await assertRejects(
    () => loop.runUntilComplete(sleep(0)),
    RuntimeError,
    "closed",
  );
});

Deno.test("a task that yields something foreign gets the error at that place", () =>
  runTest(async () => {
    const log: string[] = [];
    function* work(): Generator<never, string, unknown> {
      for (const thing of [42, "text", null, {}, Promise.resolve()]) {
        try {
          yield bad(thing);
        } catch (error) {
          log.push(String(error));
        }
      }
      return "went on";
    }
    assertEquals(await createTask(bad(work)), "went on");
    assertEquals(log.length, 5);
    for (const text of log) assert(text.startsWith("RuntimeError"), text);
    assert(log[0]!.includes("42"));
    assert(log[1]!.includes("text"));
    assert(log[4]!.includes("Promise"));
  }));

Deno.test("a task that yields a finished future without the star gets the error at that place", () =>
  runTest(function* () {
    const future = getRunningLoop().createFuture<number>();
    future.setResult(3);
    try {
      yield bad(future);
    } catch (error) {
      assertEquals(
        String(error),
        'RuntimeError: Cannot wait: a coroutine yielded <Future finished result=3>, use "yield*"',
      );
      return;
    }
    throw new Error("went on");
  }));

Deno.test("a task that yields what another runs without the star disturbs nobody", () =>
  runTest(function* () {
    let calls = 0;
    const work = coroutine(function* () {
      calls++;
      yield* sleep(1);
      return "done";
    });
    for (const running of [work(), sleep(1, "done")]) {
      const other = createTask(function* () {
        return yield* running;
      });
      yield* sleep(0.5);
      try {
        yield bad(running);
        throw new Error("went on");
      } catch (error) {
        assertEquals(
          String(error),
          `RuntimeError: Cannot wait: a coroutine yielded ${running}, use "yield*"`,
        );
      }
      assertEquals(yield* other, "done");
    }
    assertEquals(calls, 1);
  }));

Deno.test("a task that yields an awaitable without the star gets the error at that place", () =>
  runTest(async (loop) => {
    const awaitables = [
      loop.createFuture<number>(),
      gather(sleep(1)),
      createTask(sleep(1), { name: "other" }),
      sleep(1),
      sleep(0),
      new Lock().acquire(),
      coroutine(function* named() {})(),
    ];
    function* work(): Generator<never, string[], unknown> {
      const log: string[] = [];
      for (const awaitable of awaitables) {
        try {
          yield bad(awaitable);
          log.push("went on");
        } catch (error) {
          log.push(String(error));
        }
      }
      return log;
    }
    const log = await createTask<string[]>(bad(work));
    assertEquals(
      log,
      awaitables.map((awaitable) =>
        `RuntimeError: Cannot wait: a coroutine yielded ${awaitable}, use "yield*"`
      ),
    );
  }));

Deno.test("a wrapper that yields on what its coroutine asks for is no yield without the star", () =>
  runTest(function* () {
    const log: string[] = [];
    function* traced<T>(inner: Coro<T>): Coro<T> {
      let step = inner.next();
      while (!step.done) {
        log.push(String(step.value));
        step = inner.next(yield step.value);
      }
      return step.value;
    }
    function* work(): Coro<string> {
      yield* sleep(0);
      const lock = new Lock();
      using _ = yield* lock.acquire();
      yield* createTask(sleep(1), { name: "other" });
      return yield* coroutine(function* named() {
        return yield* sleep(1, "done");
      })();
    }
    assertEquals(yield* traced(work()), "done");
    assertEquals(log.map((line) => line.split(" ")[0]), [
      "undefined",
      "<Task",
      "<coroutine",
    ]);
  }));

Deno.test("a future that is iterated over by other code than a task's refuses", () =>
  runTest(function* () {
    const future = getRunningLoop().createFuture<number>();
    assertThrows(() => [...future], RuntimeError, "Cannot iterate over");
    assertThrows(
      () => {
        for (const item of future) void item;
      },
      RuntimeError,
      "Cannot iterate over",
    );
    assertThrows(
      () => {
        const [first] = future;
        void first;
      },
      RuntimeError,
      "Cannot iterate over",
    );
    future.setResult(3);
    assertEquals(yield* future, 3);
  }));

Deno.test("a wrong value that shows nothing of its own is told by its class", () =>
  runTest(async () => {
    class Empty {}
    const wrong = { signal: new AbortController() as unknown as AbortSignal };
    const signal = () => createTask(() => sleep(1), wrong);
    assertThrows(signal, TypeError, "got AbortController {}");
    for (
      const [value, text] of [
        [new Set([() => sleep(1)]), "got Set {}"],
        [new Map(), "got Map {}"],
        [new Empty(), "got Empty {}"],
        [{}, "got {}"],
        [Object.create(null), "got {}"],
        [{ constructor: undefined }, "got {}"],
        [{ constructor: { name: 1 } }, 'got {"constructor":{"name":1}}'],
      ]
    ) {
      assertThrows(() => gather(value), TypeError, text);
    }
    await sleep(0);
  }));

Deno.test("a coroutine whose await was forgotten refuses to be iterated over", async () => {
  const forgotten = {
    wait: () => wait([createTask(sleep(1))]),
    timeout: () => timeout(1, () => sleep(0.5, [1, 2])),
    "coroutine()": coroutine(async () => {
      await sleep(1);
      return [1, 2];
    }),
    "a generator's coroutine()": coroutine(function* () {
      yield* sleep(1);
      return [1, 2];
    }),
    taskGroup: () => taskGroup(() => sleep(0.5, [1, 2])),
    "collect()": () =>
      mapConcurrent([1, 2], (item) => sleep(1, item), { limit: 1 }).collect(),
  };
  for (const [name, make] of Object.entries(forgotten)) {
    const check = () => {
      const message = "Cannot iterate over <coroutine";
      assertThrows(() => [...make()], RuntimeError, message, name);
      assertThrows(
        () => {
          const [done, pending] = make();
          void [done, pending];
        },
        RuntimeError,
        message,
        name,
      );
    };
    await runTest(async () => {
      check();
      await sleep(0);
    });
    await runTest(function* () {
      check();
      yield* sleep(0);
      assertEquals((yield* make()).length, 2);
      const inTime = yield* timeout(9, function* () {
        return yield* make();
      });
      assertEquals(inTime.length, 2);
    });
  }
});

Deno.test("a task that awaits itself gets the error at that place", () =>
  runTest(async () => {
    const inGenerator: Task<string> = createTask(function* () {
      try {
        yield* inGenerator;
      } catch (error) {
        return String(error);
      }
      return "no error";
    });
    const inAsync: Task<string> = createTask(async () => {
      try {
        await inAsync;
      } catch (error) {
        return String(error);
      }
      return "no error";
    });
    for (const text of await gather(inGenerator, inAsync)) {
      assert(text.startsWith("RuntimeError: Task cannot await itself: <Task"));
    }
  }));

Deno.test("a coroutine used twice is refused the second time", () =>
  runTest(async () => {
    const double = coroutine(async function double(x: number) {
      return await sleep(1, 2 * x);
    });
    const cold = double(4);
    assertEquals(await cold, 8);
    await refuses(() => cold, RuntimeError, "double");
    await refuses(() => createTask(cold), RuntimeError, "double");
    const taken = sleep(5);
    const task = createTask(taken);
    assertThrows(() => createTask(taken), RuntimeError, "sleep");
    await task;
  }));

Deno.test("a generator used twice is refused the second time, wherever it was given", () =>
  runTest(async () => {
    const begin = (): Coro<number> =>
      (function* () {
        return yield* sleep(1, 7);
      })();
    const uses: ((generator: Coro<number>) => unknown)[] = [
      (generator) => createTask(generator),
      (generator) => createTask(() => generator),
      (generator) => new Task(generator, { eagerStart: true }),
      (generator) => ensureFuture(generator),
      (generator) => gather(generator),
      (generator) => gather([() => generator], { limit: 1 }),
      (generator) => waitFor(generator, 9),
      (generator) => waitFor(() => generator, 9),
      (generator) => timeout(9, () => generator),
      (generator) => timeout(9, () => generator, { abandon: true }),
      (generator) => coroutine(() => generator)(),
      (generator) =>
        mapConcurrent([1], () => generator, { limit: 2 }).collect(),
      (generator) => shield(generator),
      (generator) => race([() => generator, () => sleep(20, 20)]),
      (generator) =>
        taskGroup(async (group) => await group.createTask(generator)),
    ];
    for (const first of uses) {
      for (const second of uses) {
        const generator = begin();
        const begun = createTask(async () => await first(generator));
        await sleep(0.5);
        // While it runs, and when it has ended.
        await refusesSecond(() => second(generator));
        assertEquals([await begun].flat(), [7]);
        await refusesSecond(() => second(generator));
      }
    }
    const frozen = Object.freeze(begin());
    assertEquals(await createTask(frozen), 7);
  }));

Deno.test("a wait for a future of another loop is refused", () =>
  runTest(async () => {
    using other = newEventLoop();
    const foreign = other.createFuture<void>();
    await refuses(() => foreign, RuntimeError, "another loop");
    await refuses(
      () =>
        createTask(function* () {
          yield* foreign;
        }),
      RuntimeError,
      "another loop",
    );
  }));

Deno.test("run() is refused inside of a run, and closes what it was given", () =>
  runTest(async () => {
    const cold = sleep(0);
    await refuses(() => run(cold), RuntimeError, "await");
    await refuses(
      () => newEventLoop().runUntilComplete(sleep(0)),
      RuntimeError,
      "another loop",
    );
    await refuses(() => getRunningLoop().runForever(), RuntimeError, "running");
    await assertRejects(async () => await cold, RuntimeError);
  }));

Deno.test("run() refuses what can't be waited for", async () => {
  await assertRejects(() => run(bad(42)), TypeError, "42");
  await assertRejects(() => run(bad(undefined)), TypeError, "undefined");
});

Deno.test("callSoon() and its kin refuse what is no function", () =>
  runTest(async () => {
    const loop = getRunningLoop();
    await refuses(() => loop.callSoon(bad(42)), TypeError, "42");
    await refuses(() => loop.callLater(1, bad("f")), TypeError, "f");
    await refuses(() => loop.callAt(1, bad(null)), TypeError, "null");
    await refuses(() => loop.setTaskFactory(bad(1)), TypeError, "1");
    await refuses(() => loop.setExceptionHandler(bad(1)), TypeError, "1");
  }));

Deno.test("a lock that is not held is not released", () =>
  runTest(async () => {
    const lock = new Lock();
    await refuses(() => lock.release(), RuntimeError, "Lock");
    using _ = await lock.acquire();
    assert(lock.locked());
  }));

Deno.test("a semaphore refuses a bad value, and a bounded one too many releases", () =>
  runTest(async () => {
    await refuses(() => new Semaphore(-1), RangeError, "-1");
    await refuses(() => new Semaphore(NaN), RangeError, "NaN");
    const permits = new BoundedSemaphore(1);
    await refuses(() => permits.release(), RangeError, "1");
    using _ = await permits.acquire();
    assert(permits.locked());
  }));

Deno.test("a barrier and a queue refuse numbers that make no sense", () =>
  runTest(async () => {
    await refuses(() => new Barrier(0), RangeError, "0");
    await refuses(() => new Barrier(1.5), RangeError, "1.5");
    await refuses(() => new Queue(NaN), RangeError, "NaN");
  }));

Deno.test("Queue.taskDone() refuses more than there were items", () =>
  runTest(async () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.taskDone();
    await refuses(() => queue.taskDone(), RangeError);
    assertEquals(queue.qsize(), 1);
  }));

Deno.test("TaskGroup.createTask() refuses before and after, and closes the coroutine", () =>
  runTest(async () => {
    const group = new TaskGroup();
    const early = sleep(1);
    await refuses(() => group.createTask(early), RuntimeError, "TaskGroup");
    await refuses(() => early, RuntimeError);
    await group.run(async () => {});
    const late = sleep(1);
    await refuses(() => group.createTask(late), RuntimeError, "TaskGroup");
    await refuses(() => late, RuntimeError);
  }));

Deno.test("Timeout.reschedule() refuses after the end", () =>
  runTest(async () => {
    const scope = await timeout(1, (scope) => Promise.resolve(scope));
    await refuses(() => scope.reschedule(5), RuntimeError, "Timeout");
  }));

Deno.test("a limit below 1, or no integer, is refused", () =>
  runTest(async () => {
    for (const limit of [0, -1, 1.5, NaN]) {
      await refuses(() => new TaskGroup({ limit }), RangeError, String(limit));
      await refuses(
        () => taskGroup(async () => {}, { limit }),
        RangeError,
        String(limit),
      );
      await refuses(
        () => gather([() => sleep(0)] as Awaitable<void>[], { limit }),
        RangeError,
        String(limit),
      );
    }
  }));

Deno.test("primitives of another loop are refused", async () => {
  const event = new Event();
  await runTest(() =>
    waitFor(event.wait(), 1).then(() => {}, () => {}) as Promise<void>
  );
  await runTest(async () => {
    await refuses(() => event.wait(), RuntimeError, "Event");
  });
});

Deno.test("the text of a task, and of its loop's tasks, needs no look at what the task was made of", () =>
  runTest(async () => {
    for (const work of [function* () {}, async () => {}]) {
      const { proxy, revoke } = Proxy.revocable(work as () => Coro<void>, {});
      const task = createTask(proxy, { name: "dark" });
      revoke();
      assertEquals(
        String(task),
        '<Task pending name="dark" coro=<anonymous>>',
      );
      assert(formatTaskTree(getRunningLoop()).includes("dark"));
      await assertRejects(() => task, TypeError, "revoked");
      assert(String(task).startsWith('<Task finished name="dark"'));
    }
  }));

Deno.test("gather() that gets options after single awaitables says that they follow a list", () =>
  runTest(async () => {
    for (const options of [{ returnExceptions: true }, { limit: 2 }]) {
      assertThrows(
        () => gather(sleep(1), sleep(2), options as never),
        TypeError,
        "options come after a list, as in gather([a, b], options)",
      );
      await sleep(0);
      assertEquals(allTasks().size, 1);
    }
  }));

Deno.test("wait() and asCompleted() of single tasks ask for a list, not for options", () =>
  runTest(async () => {
    const tasks = [createTask(sleep(1)), createTask(sleep(2))] as const;
    const [first, second] = tasks;
    const words = [" was expected, got <Task pending", "a list of "];
    const notIterable = first as never;
    await refuses(
      () => wait(notIterable, second as never),
      TypeError,
      ...words,
    );
    await refuses(
      () => asCompleted(notIterable, second as never),
      TypeError,
      ...words,
    );
    await gather(...tasks);
  }));

Deno.test("a generator that yields a promise is told what to write", () =>
  runTest(async () => {
    const hostile = {
      get then(): never {
        throw new Error("no question");
      },
    };
    for (
      const [value, advice] of [
        [Promise.resolve(), 'use "yield* ensureFuture(promise)"'],
        [hostile, 'use "yield*" with an awaitable'],
      ] as const
    ) {
      await refuses(
        () =>
          createTask(function* () {
            yield value as never;
          }),
        RuntimeError,
        advice,
      );
    }
    const given = createTask(function* () {
      return yield* ensureFuture(Promise.resolve("given"));
    });
    assertEquals(await given, "given");
  }));

Deno.test("what needs a loop says how to get one", () => {
  for (const call of [() => gather(async () => {}), () => new Future()]) {
    assertThrows(call, RuntimeError, "do it in a function that run()");
  }
});

Deno.test("run(main()), which has begun outside of a run, is told to pass the function", async () => {
  async function main() {
    await sleep(1);
  }
  const called = main();
  await assertRejects(
    () => run(called),
    RuntimeError,
    "as in run(main), not run(main())",
  );
});
