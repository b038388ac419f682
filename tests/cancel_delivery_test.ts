/**
 * A cancel is never lost, whatever an async function has left behind and wherever it
 * stands; and its clean-up is cancelled once, where the rule can tell.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  CancelledError,
  coroutine,
  createTask,
  currentTask,
  Event,
  fromSignal,
  Future,
  getRunningLoop,
  interruptible,
  Lock,
  Queue,
  run,
  RuntimeError,
  Semaphore,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";
import { inBoth, wait as waitIn } from "./cpython/_program.ts";
import { hostTurns } from "./_host_turns.ts";

const LONG = 1000;

async function fail(): Promise<never> {
  await undefined;
  throw new Error("early");
}

/** What an async function does before it goes on to its last wait. */
const BEGINNINGS: Readonly<Record<string, () => unknown>> = {
  "nothing": () => undefined,
  "a sleep": () => sleep(1),
  "Promise.race()": () => Promise.race([sleep(1), sleep(LONG)]),
  "Promise.race() with the host": () =>
    Promise.race([hostTurns(), sleep(LONG)]),
  "Promise.all()": () => Promise.all([sleep(1), sleep(2)]),
  "Promise.all() that fails": () =>
    Promise.all([sleep(LONG), fail()]).catch(() => {}),
  "Promise.any()": () => Promise.any([sleep(LONG), sleep(1)]),
  "Promise.allSettled()": () => Promise.allSettled([sleep(1), sleep(2)]),
  "scopes side by side": () =>
    Promise.allSettled([
      timeout(1, async () => await sleep(LONG)),
      timeout(2, async () => await sleep(LONG)),
    ]),
  "a helper that nobody awaits": () => {
    void sleep(LONG).then(undefined, () => {});
  },
  "a signal that was asked for": () => void currentTask()!.signal,
};

/** What stands between that and the last wait. */
const MIDDLES: Readonly<Record<string, () => unknown>> = {
  "at once": () => undefined,
  "after the host": () => hostTurns(),
  "after a scope": () => timeout(LONG, async () => await sleep(1)),
};

interface Outcome {
  readonly task: Task<unknown>;
  readonly entered: number;
  readonly cleanedUp: number;
  readonly time: number;
}

async function cancelAt(
  begin: () => unknown,
  goOn: () => unknown,
  moment: (task: Task<unknown>) => Promise<void>,
): Promise<Outcome> {
  return await runVirtual(async () => {
    let entered = 0;
    let cleanedUp = 0;
    const task: Task<unknown> = createTask(async () => {
      await begin();
      await goOn();
      entered++;
      try {
        await sleep(LONG);
      } finally {
        await sleep(1);
        cleanedUp++;
      }
    });
    await moment(task);
    task.cancel();
    await wait([task]);
    return { task, entered, cleanedUp, time: getRunningLoop().time() };
  });
}

for (const [beginning, begin] of Object.entries(BEGINNINGS)) {
  for (const [middle, goOn] of Object.entries(MIDDLES)) {
    Deno.test(`a cancel reaches an async function wherever it stands: ${beginning}, ${middle}`, async () => {
      // Promise.allSettled() takes the CancelledErrors of its waits for itself.
      const swallows = begin.toString().includes("allSettled");
      const moments = [
        ...(swallows ? [0] : [0, 1, 2, 3, 5]).map((turns) => async () => {
          for (let turn = 0; turn < turns; turn++) await sleep(0);
        }),
        ...(swallows ? [4] : [0.5, 1, 1.5, 2, 4]).map((time) => async () => {
          await sleep(time);
        }),
        ...(swallows ? [] : [hostTurns]),
      ];
      for (const moment of moments) {
        const outcome = await cancelAt(begin, goOn, moment);
        assert(outcome.task.cancelled(), String(outcome.task));
        assert(outcome.time < LONG, `it ended at ${outcome.time}`);
        assertEquals(outcome.cleanedUp, outcome.entered);
      }
    });
  }
}

inBoth("a clean-up of several waits is cancelled once", function* (style) {
  const log: string[] = [];
  const task = createTask(style.fn(function* () {
    try {
      yield* waitIn(sleep(LONG));
    } finally {
      yield* waitIn(sleep(1));
      yield* waitIn(sleep(0));
      yield* waitIn(sleep(1));
      log.push("cleaned up");
    }
  }));
  yield* waitIn(sleep(1));
  task.cancel();
  yield* waitIn(wait([task]));
  assert(task.cancelled());
  assertEquals(log, ["cleaned up"]);
});

inBoth("a second cancel interrupts the clean-up", function* (style) {
  const log: string[] = [];
  const task = createTask(style.fn(function* () {
    try {
      yield* waitIn(sleep(LONG));
    } finally {
      yield* waitIn(sleep(LONG));
      log.push("cleaned up");
    }
  }));
  yield* waitIn(sleep(1));
  task.cancel();
  yield* waitIn(sleep(1));
  task.cancel();
  yield* waitIn(wait([task]));
  assert(task.cancelled());
  assertEquals([log, getRunningLoop().time()], [[], 2]);
});

Deno.test("a cancel in the turn that wakes a task is thrown at its next wait, with a signal too", async () => {
  await runVirtual(async () => {
    const future = new Future<void>();
    const task = createTask(async () => {
      void currentTask()!.signal;
      await future;
      await sleep(LONG);
    });
    await sleep(1);
    future.setResult();
    getRunningLoop().callSoon(() => task.cancel());
    await wait([task]);
    assert(task.cancelled());
    assertEquals(getRunningLoop().time(), 1);
  });
});

const GIVERS: Readonly<
  Record<string, () => { take(): Promise<unknown>; give(): void }>
> = {
  "Queue.get()": () => {
    const queue = new Queue<string>();
    return {
      take: async () => await queue.get(),
      give: () => queue.putNowait("item"),
    };
  },
  "Lock.acquire()": () => {
    const lock = new Lock();
    void lock.acquire().then(undefined, () => {});
    return {
      take: async () => await lock.acquire(),
      give: () => lock.release(),
    };
  },
  "Semaphore.acquire()": () => {
    const semaphore = new Semaphore(0);
    return {
      take: async () => await semaphore.acquire(),
      give: () => semaphore.release(),
    };
  },
};

for (const [name, make] of Object.entries(GIVERS)) {
  Deno.test(`a task that returns what ${name} gave it before the cancel keeps it`, async () => {
    await runVirtual(async () => {
      const giver = make();
      const task = createTask(() => giver.take());
      await sleep(1);
      giver.give();
      const loop = getRunningLoop();
      // After the task's own step of that turn.
      loop.callSoon(() => loop.callSoon(() => task.cancel()));
      await wait([task]);
      assert(!task.cancelled());
    });
  });
}

Deno.test("fromSignal() hands a cancel to its function's next wait", async () => {
  await runVirtual(async () => {
    const go = new Event();
    const task = createTask(fromSignal(async () => {
      await go.wait();
      await sleep(LONG);
    }));
    await sleep(1);
    go.set();
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
    assertEquals(getRunningLoop().time(), 1);
  });
});

// What APIs of Node do when their signal aborts.
function abortError(signal: AbortSignal): Promise<never> {
  return rejectedBy(signal, "AbortError");
}

function rejectedBy(signal: AbortSignal, name: string): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => {
      const error = new Error("The operation was aborted");
      error.name = name;
      reject(error);
    })
  );
}

Deno.test("an AbortError that answers the scope's signal is the scope's cancel", async () => {
  await runVirtual(async () => {
    const scoped = await Promise.resolve(
      timeout(1, async (scope) => await abortError(scope.signal)),
    ).catch((error: unknown) => error);
    assertInstanceOf(scoped, TimeoutError);
    const ofTask = await Promise.resolve(
      waitFor(async () => await abortError(currentTask()!.signal), 1),
    ).catch((error: unknown) => error);
    assertInstanceOf(ofTask, TimeoutError);
  });
});

Deno.test("an AbortError that answers the task's signal is the task's cancel", async () => {
  await runVirtual(async () => {
    const task = createTask(() => abortError(currentTask()!.signal));
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
  });
});

const COMBINED: Readonly<
  Record<string, (signal: AbortSignal) => Promise<unknown>>
> = {
  "Promise.any()": (signal) =>
    Promise.any([abortError(signal), abortError(signal)]),
  "Promise.any() beside a wait of the library": (signal) =>
    Promise.any([abortError(signal), sleep(LONG)]),
  "Promise.any() in Promise.any()": (signal) =>
    Promise.any([Promise.any([abortError(signal)]), abortError(signal)]),
  "the clean-up of a block": async (signal) => {
    await using _ = {
      [Symbol.asyncDispose]: () =>
        Promise.reject(
          Object.assign(new Error("It was aborted"), { name: "AbortError" }),
        ),
    };
    await abortError(signal);
  },
};

for (const [name, waitAt] of Object.entries(COMBINED)) {
  Deno.test(`AbortErrors that answer a cancel in ${name} are that cancel`, async () => {
    await runVirtual(async () => {
      const task = createTask(() => waitAt(currentTask()!.signal));
      await sleep(1);
      task.cancel();
      await wait([task]);
      assert(task.cancelled(), `${task}`);
      await assertRejects(
        async () =>
          await timeout(1, async (scope) => {
            await waitAt(scope.signal);
          }),
        TimeoutError,
      );
    });
  });
}

const ANSWERS: Readonly<Record<string, string>> = {
  // A package may have one, as in a bundle: its class is another one.
  "a CancelledError of another copy of the library": "CancelledError",
  "a CanceledError, as that of axios,": "CanceledError",
};

for (const [what, answer] of Object.entries(ANSWERS)) {
  Deno.test(`${what} that answers a cancel is that cancel`, async () => {
    await runVirtual(async () => {
      const waitAt = (signal: AbortSignal) => rejectedBy(signal, answer);
      const task = createTask(() => waitAt(currentTask()!.signal));
      await sleep(1);
      task.cancel();
      await wait([task]);
      assert(task.cancelled(), `${task}`);
      await assertRejects(
        async () =>
          await timeout(1, async (scope) => await waitAt(scope.signal)),
        TimeoutError,
      );
      const group = await Promise.resolve(taskGroup(async (group) => {
        group.createTask(() => waitAt(group.signal));
        await sleep(1);
        throw new RangeError("the one error");
      })).catch((error: unknown) => error);
      assertEquals((group as AggregateError).errors.map(String), [
        "RangeError: the one error",
      ]);
      const controller = new AbortController();
      const failed = createTask(() => waitAt(controller.signal));
      await sleep(1);
      controller.abort();
      await wait([failed]);
      assert(!failed.cancelled());
    });
  });
}

Deno.test("an AbortError beside another error in Promise.any() is an error", async () => {
  await runVirtual(async () => {
    const task = createTask(() =>
      Promise.any([
        abortError(currentTask()!.signal),
        Promise.reject(new RangeError("another")),
      ])
    );
    await sleep(1);
    task.cancel();
    await wait([task]);
    assertInstanceOf(task.exception(), AggregateError);
  });
});

Deno.test("an AbortError that nobody asked for is an error", async () => {
  await runVirtual(async () => {
    const controller = new AbortController();
    const task = createTask(() => abortError(controller.signal));
    await sleep(1);
    controller.abort();
    await wait([task]);
    assertEquals((task.exception() as Error).name, "AbortError");
  });
});

Deno.test("a task group does not list the AbortErrors of what it has cancelled", async () => {
  await runVirtual(async () => {
    const error = await Promise.resolve(taskGroup(async (group) => {
      group.createTask(() => abortError(currentTask()!.signal));
      group.createTask(() => abortError(group.signal));
      await sleep(1);
      throw new RangeError("the one error");
    })).catch((error: unknown) => error);
    assertEquals(
      (error as AggregateError).errors.map((each) => each.name),
      ["RangeError"],
    );
  });
});

Deno.test("a signal of an earlier scope ends no task as cancelled", async () => {
  await runVirtual(async () => {
    let stale: AbortSignal | undefined;
    const task = createTask(async () => {
      await Promise.resolve(timeout(1, async (scope) => {
        stale = scope.signal;
        await sleep(LONG);
      })).catch(() => {});
      stale!.throwIfAborted();
    });
    await wait([task]);
    assert(!task.cancelled());
    const error = task.exception();
    assertInstanceOf(error, RuntimeError);
    assertInstanceOf(error.cause, CancelledError);
  });
});

Deno.test("a cancel that nobody noticed for want of a wait is thrown once more after the host", async () => {
  // The example of the docs: a clean-up that begins with a promise of the host.
  await runVirtual(async () => {
    const log: string[] = [];
    const task = createTask(async () => {
      try {
        await sleep(LONG);
      } finally {
        await hostTurns();
        try {
          await sleep(1);
        } catch {
          log.push("again");
        }
        await sleep(1);
        log.push("cleaned up");
      }
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assertEquals(log, ["again", "cleaned up"]);
  });
});

Deno.test("a cancel at the end of a block that was left by one ends the task as cancelled, and not with a SuppressedError", async () => {
  const work = leftTwice;
  await runVirtual(async () => {
    const task = createTask(work);
    const timed = createTask(() => timeout(2, work));
    const group = createTask(() =>
      taskGroup(async (group) => {
        group.createTask(work);
        await sleep(0);
      })
    );
    await sleep(1);
    for (const each of [task, group]) each.cancel("first");
    await sleep(2);
    for (const each of [task, timed, group]) each.cancel("second");
    await wait([task, timed, group]);
    for (const each of [task, timed, group]) {
      assert(each.cancelled(), `${each}`);
    }
    const error = await task.then(() => {}, (error: unknown) => error);
    assertEquals((error as Error).message, "second");
    assertInstanceOf((error as Error).cause, SuppressedError);
  });
});

/** Functions of which a second cancel makes errors that hold others. */
const HOLDERS: Record<string, () => Promise<unknown>> = {
  "Promise.any() of two such blocks": () =>
    Promise.any([leftTwice(), leftTwice()]),
  "a block that ends with Promise.any()": async () => {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await Promise.any([sleep(LONG), sleep(LONG)]);
      },
    };
    await sleep(LONG);
  },
};

async function leftTwice(): Promise<void> {
  await using _ = {
    async [Symbol.asyncDispose]() {
      await sleep(LONG);
    },
  };
  await sleep(LONG);
}

for (const [name, work] of Object.entries(HOLDERS)) {
  Deno.test(`a cancel at the end of a block that was left by one ends the task as cancelled: ${name}`, async () => {
    await runVirtual(async () => {
      const task = createTask(work);
      const timed = createTask(() => timeout(2, work));
      await sleep(1);
      for (const each of [task, timed]) each.cancel();
      await sleep(1);
      for (const each of [task, timed]) each.cancel();
      await wait([task, timed]);
      assert(task.cancelled(), `${task}`);
      assert(timed.cancelled(), `${timed}`);
    });
  });
}

Deno.test("an error at the end of a block that a cancel has left is no cancel", async () => {
  await runVirtual(async () => {
    const task = createTask(async () => {
      await using _ = {
        [Symbol.asyncDispose]: () => Promise.reject(new RangeError("its own")),
      };
      await sleep(LONG);
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(!task.cancelled());
    assertInstanceOf(task.exception(), SuppressedError);
  });
});

// A group that throws the errors of its tasks in place of a CancelledError owes it to the
// next wait, and that may stand in a scope that begins only then.
for (const [name, scope] of Object.entries({ taskGroup, timeout })) {
  inBoth(
    `a cancel that is owed reaches the first wait in a ${name}() that begins then`,
    function* (style) {
      let inner: unknown;
      const failing = style.fn(function* () {
        throw new Error("boom");
      });
      const waiting = style.fn(function* () {
        yield* waitIn(sleep(5));
      });
      const outer = style.fn(function* () {
        const failed = taskGroup((group) => {
          group.createTask(failing);
          return waiting();
        });
        try {
          yield* waitIn(failed);
        } catch (error) {
          assertInstanceOf(error, AggregateError);
        }
        const begun = scope === timeout
          ? timeout(LONG, waiting)
          : taskGroup(waiting);
        try {
          yield* waitIn(begun);
        } catch (error) {
          inner = error;
          throw error;
        }
      });
      let error: unknown;
      try {
        yield* waitIn(timeout(0, outer));
      } catch (thrown) {
        error = thrown;
      }
      assertInstanceOf(error, TimeoutError);
      assertInstanceOf(inner, CancelledError);
      assertEquals(getRunningLoop().time(), 0);
    },
  );
}

for (const takesBack of [false, true]) {
  const end = takesBack ? "keeps its result" : "ends as cancelled";
  const how = takesBack ? "takes back" : "swallows";
  Deno.test(`who ${how} a cancel, waits for the host and returns ${end}`, () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        try {
          await sleep(LONG);
        } catch {
          if (takesBack) currentTask()!.uncancel();
        }
        await hostTurns();
        return "result";
      });
      await sleep(1);
      task.cancel();
      await wait([task]);
      assertEquals(task.cancelled(), !takesBack);
      if (takesBack) assertEquals(task.result(), "result");
    }));
}

for (const goesOn of [true, false]) {
  const then = goesOn ? "waits" : "returns";
  Deno.test(`a cancel that a group's errors have hidden is asked for again, of an async function that ${then}`, () =>
    runVirtual(async () => {
      const log: string[] = [];
      const task = createTask(async () => {
        try {
          await taskGroup(async () => {
            try {
              await sleep(LONG);
            } catch {
              throw new Error("clean-up");
            }
          });
        } catch (error) {
          log.push((error as Error).name);
        }
        if (goesOn) await sleep(LONG);
        log.push("end");
      });
      await sleep(1);
      task.cancel();
      await wait([task]);
      assert(task.cancelled());
      assertEquals(
        log,
        goesOn ? ["AggregateError"] : ["AggregateError", "end"],
      );
    }));
}

/** What a function does in so many microtasks, or turns, before its first wait. */
const onTheirWay: Record<
  string,
  (hops: number, wait: () => Promise<void>) => PromiseLike<unknown>
> = {
  "an async function": (hops, wait) => later(hops, wait),
  "coroutine()": (hops, wait) => coroutine(() => later(hops, wait))(),
  "timeout()": (hops, wait) => timeout(60, () => later(hops, wait)),
  "timeout() in timeout()": (hops, wait) =>
    timeout(60, () => timeout(60, () => later(hops, wait))),
  "waitFor()": (hops, wait) => waitFor(() => later(hops, wait), 60),
  "taskGroup()": (hops, wait) => taskGroup(() => later(hops, wait)),
};

async function later(hops: number, wait: () => Promise<void>): Promise<void> {
  for (let i = 0; i < hops; i++) await undefined;
  await wait();
}

const endsOfABody: Record<string, (body: () => Promise<void>) => unknown> = {
  "timeout()": (body) => timeout(0, body),
  "reschedule()": (body) =>
    timeout(60, async (scope) => {
      scope.reschedule(0);
      await body();
    }),
  "taskGroup()": (body) =>
    taskGroup(async (group) => {
      getRunningLoop().callSoon(() => group.cancel());
      await body();
    }),
  "cancel()": async (body) => {
    const task = createTask(body);
    await sleep(0);
    task.cancel();
    await wait([task]);
  },
};

for (const [name, begin] of Object.entries(onTheirWay)) {
  for (const [end, cancelSoon] of Object.entries(endsOfABody)) {
    Deno.test(`what is on its way to its first wait beside another one gets the cancel of ${end} (${name})`, async () => {
      for (const hops of [0, 1, 2, 3, 4, 7, 12]) {
        for (const isFirst of [true, false]) {
          let isCancelled = false;
          await run(async () => {
            const never = new Event();
            // Without the cancel the body would not end.
            const giveUp = getRunningLoop().callLater(20, () => never.set());
            const wait = async () => {
              try {
                await never.wait();
              } catch (error) {
                isCancelled = error instanceof CancelledError;
                throw error;
              }
            };
            try {
              await cancelSoon(async () => {
                const other = isFirst ? [sleep(60)] : [];
                const last = isFirst ? [] : [sleep(60)];
                await Promise.all([...other, begin(hops, wait), ...last]);
              });
            } catch (error) {
              if (!(error instanceof TimeoutError)) throw error;
            }
            giveUp.cancel();
          });
          assert(isCancelled, `${hops} microtasks`);
        }
      }
    });
  }
}

const innerScopes: Record<
  string,
  (body: () => Promise<unknown>) => PromiseLike<unknown>
> = {
  "timeout()": (body) => timeout(LONG, body),
  "waitFor()": (body) => waitFor(body, LONG),
  "taskGroup()": (body) => taskGroup(body),
  "timeout() in waitFor()": (body) => waitFor(() => timeout(LONG, body), LONG),
};

/** What fails at a cancel and leaves the other branch to its clean-up: soon, or at once. */
const failing: readonly (() => PromiseLike<unknown>)[] = [
  () => sleep(LONG),
  () => interruptible(new Promise(() => {})),
];

for (const [name, inner] of Object.entries(innerScopes)) {
  for (const [end, cancelSoon] of Object.entries(endsOfABody)) {
    Deno.test(`a clean-up that ${name} leaves behind is cancelled once by ${end} round it`, async () => {
      for (const hops of [0, 1, 2, 3, 4, 7, 12]) {
        for (const fail of failing) {
          const log: string[] = [];
          await runVirtual(async () => {
            const cleaning = async () => {
              try {
                await later(hops, () => sleep(0));
                await sleep(LONG);
              } finally {
                await sleep(1);
                log.push("cleaned up");
              }
            };
            try {
              await cancelSoon(async () => {
                await inner(() => Promise.all([cleaning(), fail()]));
              });
            } catch (error) {
              if (!(error instanceof TimeoutError)) throw error;
            }
          });
          assertEquals(log, ["cleaned up"], `${hops} microtasks`);
        }
      }
    });
  }
}
