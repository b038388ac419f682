import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import {
  asCompleted,
  Barrier,
  CancelledError,
  Condition,
  type Coro,
  coroutine,
  type CoroutineFunction,
  createSubprocessExec,
  createTask,
  DeadlockError,
  firstSuccess,
  fromSignal,
  gather,
  getRunningLoop,
  interruptible,
  Lock,
  mapConcurrent,
  openConnection,
  openUnixConnection,
  PriorityQueue,
  Queue,
  race,
  run,
  runProcess,
  shield,
  sleep,
  startUnixServer,
  StreamReader,
  Task,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
  wait,
  waitFor,
} from "../mod.ts";
import { rejectionOf, runVirtual } from "./cpython/_both.ts";
import { hostTest, runOn } from "./_hosts.ts";

/** What fails, as it is called in a function of each style that is named `caller`. */
type Failing = () => Coro<unknown> & PromiseLike<unknown>;

const fails = {
  generator: (failing: Failing, delay = 1) =>
    function* outer(): Coro<unknown> {
      function* caller(): Coro<unknown> {
        yield* sleep(delay);
        return yield* failing();
      }
      return yield* caller();
    },
  async: (failing: Failing, delay = 1) =>
    async function outer() {
      async function caller() {
        await sleep(delay);
        return await failing();
      }
      return await caller();
    },
};

/** Runs what fails in both styles, and checks the error. */
function inBoth(
  name: string,
  failing: () => unknown,
  check: (error: Error, isDebug: boolean) => void,
): void {
  for (const [style, wrap] of Object.entries(fails)) {
    for (const debug of [false, true]) {
      Deno.test(`${name} (${style}, debug=${debug})`, async () => {
        const main = wrap(failing as Failing) as CoroutineFunction<unknown>;
        const error = await rejectionOf(runVirtual(main, { debug }));
        assertInstanceOf(error, Error);
        check(error, debug);
      });
    }
  }
}

/** The functions that the first frames of a stack name, and whether they are of this file. */
function firstFrame(error: Error): string {
  return error.stack!.split("\n").find((line) => /^ {4}at /.test(line)) ?? "";
}

const scopes: Record<string, () => unknown> = {
  "timeout()": () => timeout(1, () => sleep(9)),
  "timeout() of a generator": () =>
    timeout(1, function* () {
      yield* sleep(9);
    }),
  "timeout() of an async function": () =>
    timeout(1, async () => {
      await sleep(9);
    }),
  "timeout() that abandons": () =>
    timeout(0, () => new Promise<void>(() => {}), {
      abandon: true,
    }),
  "timeoutAt()": () => timeoutAt(getRunningLoop().time() + 1, () => sleep(9)),
  "waitFor()": () => waitFor(sleep(9), 1),
  "waitFor() of a function": () => waitFor(async () => await sleep(9), 1),
  "waitFor() with no time": () => waitFor(() => sleep(9), 0),
  "waitFor() round another": () => waitFor(timeout(1, () => sleep(9)), 5),
  "a task that timeout() is": () => createTask(timeout(1, () => sleep(9))),
  "waitFor() of a task": () =>
    waitFor(createTask(timeout(1, () => sleep(9))), 5),
  "gather()": () => gather(timeout(1, () => sleep(9)), sleep(9)),
  "gather() with a limit": () =>
    gather([timeout(1, () => sleep(9))], { limit: 1 }),
  "shield()": () => shield(timeout(1, () => sleep(9))),
  "race()": () => race([timeout(1, () => sleep(9)), sleep(9)]),
  "taskGroup()": () =>
    taskGroup(async (group) => {
      group.createTask(() => Promise.reject(new RangeError("broken")));
      await sleep(9);
    }),
  "firstSuccess()": () =>
    firstSuccess([() => Promise.reject(new RangeError("broken"))]),
};

for (const [name, scope] of Object.entries(scopes)) {
  inBoth(`the error of ${name} begins with the frame of its caller`, scope, (
    error,
    isDebug,
  ) => {
    assert(error instanceof TimeoutError || error instanceof AggregateError);
    assert(error.stack!.startsWith(`${error.name}: ${error.message}\n`));
    // In debug mode that of the call itself, which is in the table above.
    const first = firstFrame(error);
    assert(
      /\bcaller\b/.test(first) || first.includes(name) && isDebug,
      first,
    );
    assertMatch(first, /error_place_test/);
    assertMatch(error.stack!, /\bcaller\b.*error_place_test/);
  });
}

// In debug mode the stack is that of the call, which here the loop has made.
const calledByTheLoop: Record<string, () => unknown> = {
  "a task": () => createTask(() => timeout(1, () => sleep(9))),
  "mapConcurrent()": () =>
    mapConcurrent([1], () => timeout(1, () => sleep(9)), { limit: 1 })
      .collect(),
};

for (const [name, failing] of Object.entries(calledByTheLoop)) {
  inBoth(
    `the error of what the function of ${name} gives begins with the frame of who waits`,
    failing,
    (error, isDebug) =>
      assertMatch(
        firstFrame(error),
        isDebug ? /error_place_test/ : /\bcaller\b.*error_place_test/,
      ),
  );
}

inBoth(
  "the error of Promise.all() has the frame of its caller",
  coroutine(async function together() {
    await Promise.all([timeout(1, () => sleep(9)), sleep(1)]);
  }),
  (error) => assertMatch(error.stack!, /\btogether\b.*error_place_test/),
);

const waitsThatFail: Record<string, () => unknown> = {
  "QueueShutDown of get()": () => {
    const queue = new Queue<number>();
    getRunningLoop().callLater(1, () => queue.shutdown());
    return queue.get();
  },
  "QueueShutDown of put()": () => {
    const queue = new Queue<number>(1);
    queue.putNowait(1);
    getRunningLoop().callLater(1, () => queue.shutdown());
    return queue.put(2);
  },
  "QueueShutDown in a scope": () => {
    const queue = new Queue<number>();
    getRunningLoop().callLater(1, () => queue.shutdown());
    return timeout(9, () => queue.get());
  },
  "BrokenBarrierError": () => {
    const barrier = new Barrier(2);
    getRunningLoop().callLater(1, () => createTask(barrier.abort()));
    return barrier.wait();
  },
  "BrokenBarrierError at once": () =>
    timeout(9, async () => {
      const barrier = new Barrier(2);
      await barrier.abort();
      return await barrier.wait();
    }),
  "IncompleteReadError of readexactly()": () => {
    const reader = new StreamReader();
    getRunningLoop().callLater(1, () => reader.feedEof());
    return reader.readexactly(2);
  },
  "IncompleteReadError of readuntil()": () => {
    const reader = new StreamReader();
    getRunningLoop().callLater(1, () => reader.feedEof());
    return reader.readuntil();
  },
  "LimitOverrunError": () => {
    const reader = new StreamReader({ limit: 1 });
    getRunningLoop().callLater(1, () => reader.feedData(new Uint8Array(9)));
    return reader.readuntil();
  },
  "RangeError of readline()": () => {
    const reader = new StreamReader({ limit: 1 });
    getRunningLoop().callLater(1, () => reader.feedData(new Uint8Array(9)));
    return reader.readline();
  },
};

for (const [name, failing] of Object.entries(waitsThatFail)) {
  inBoth(`a wait that ends in a ${name} has a frame of its caller`, failing, (
    error,
  ) => {
    assert(name.startsWith(error.name), error.name);
    assertMatch(error.stack!, /error_place_test\.ts/);
  });
}

const mistakes: Record<string, [refused: () => unknown, says: RegExp]> = {
  "timeout() whose body gives nothing": [
    () => timeout(1, (() => {}) as Failing),
    /its function must give .*, gave undefined: make it async, or return/,
  ],
  "a coroutine function that gives nothing": [
    coroutine((() => 5) as unknown as Failing),
    /its function must give .*, gave 5: make it async, or return/,
  ],
  "fromSignal() whose function gives nothing": [
    () => fromSignal((() => {}) as unknown as () => Promise<void>),
    /must give a promise, gave undefined: make it async, or return/,
  ],
  "wait() for a function": [
    () => wait([failing as unknown as Task<void>]),
    /got the function failing, use createTask\(\) first/,
  ],
  "wait() for nothing": [() => wait([]), /the list of futures is empty/],
  "wait() on a condition without its lock": [
    () => new Condition().wait(),
    /the lock of .* is not acquired/,
  ],
  "waitFor() on a condition without its lock": [
    () => new Condition().waitFor(() => false),
    /the lock of .* is not acquired/,
  ],
};
async function failing() {}

for (const [name, [refused, says]] of Object.entries(mistakes)) {
  inBoth(
    `the refusal of ${name} says what to do, at the caller's frame`,
    refused,
    (
      error,
    ) => {
      assertMatch(error.message, says);
      // In debug mode that of the call itself, which is in the table above.
      assertMatch(firstFrame(error), /error_place_test/);
      assertMatch(error.stack!, /\bcaller\b.*error_place_test/);
    },
  );
}

const refusals: Record<string, () => unknown> = {
  "openConnection()": () => openConnection("127.0.0.1", 1),
  "openUnixConnection()": () => openUnixConnection("/no/such.sock"),
  "startUnixServer()": () => startUnixServer(async () => {}, "/no/such/dir"),
  "createSubprocessExec()": () => createSubprocessExec("/no/such/program", []),
  "createSubprocessExec() whose errors go with the output": () =>
    createSubprocessExec("/no/such/program", [], { stderr: "stdout" }),
  "runProcess()": () => runProcess("/no/such/program", []),
};

for (const [name, refused] of Object.entries(refusals)) {
  for (const [style, wrap] of Object.entries(fails)) {
    Deno.test({
      name:
        `the host's error for ${name} begins with the frame of the caller (${style})`,
      ignore: Deno.build.os === "windows",
      async fn() {
        const main = wrap(refused as Failing, 0) as CoroutineFunction<unknown>;
        const error = await rejectionOf(run(main)) as Error;
        assertMatch(error.message, /^Cannot (?:connect to|listen at|start) /);
        assertMatch(firstFrame(error), /\bcaller\b.*error_place_test/);
        assert(error.stack!.includes(error.message));
      },
    });
  }
}

Deno.test({
  name: "a ProcessError begins with the frame of its caller",
  ignore: Deno.build.os === "windows",
  async fn() {
    async function caller() {
      await runProcess("false", []);
    }
    const error = await rejectionOf(run(caller)) as Error;
    assertMatch(firstFrame(error), /\bcaller\b.*error_place_test/);
    assert(error.stack!.startsWith(`ProcessError: ${error.message}\n`));
  },
});

Deno.test("a body that is a promise or a coroutine is told to be passed as a function", () =>
  runVirtual(async () => {
    const bodies = [Promise.resolve(1), sleep(1), sleeper()];
    for (const body of bodies as unknown as Failing[]) {
      const advice = /must be a function, got .*: pass the function itself$/;
      for (const scope of [() => timeout(1, body), () => taskGroup(body)]) {
        const error = await rejectionOf((async () => await scope())());
        assertMatch((error as Error).message, advice);
      }
    }
    function* sleeper(): Coro<void> {
      yield* sleep(1);
    }
  }));

Deno.test("an error of the user's in a wait, and one of a call, keep their frames", async () => {
  function compare(): never {
    throw new RangeError("no order");
  }
  const failed = await rejectionOf(runVirtual(async () => {
    const queue = new PriorityQueue<object>(1, { compare });
    queue.putNowait({});
    getRunningLoop().callLater(1, () => queue.shutdown());
    await queue.put({}).catch(() => {});
    const other = new PriorityQueue<object>(0, { compare });
    other.putNowait({});
    await other.put({});
  }));
  assertMatch((failed as Error).stack!, /compare/);
  const refused = await rejectionOf(runVirtual(async () => {
    const queue = new Queue();
    queue.shutdown();
    async function callsNowait(): Promise<void> {
      await sleep(1);
      queue.getNowait();
    }
    await createTask(callsNowait);
  }));
  assertMatch((refused as Error).stack!, /callsNowait/);
});

const mains: Record<string, CoroutineFunction<unknown>> = {
  "an arrow function gives": () => timeout(1, () => sleep(9)),
  // deno-lint-ignore require-await -- what it returns is what is waited for
  "an async function returns": async () => timeout(1, () => sleep(9)),
  "a gather() has met": () => gather(timeout(1, () => sleep(9)), sleep(9)),
};

for (const [name, main] of Object.entries(mains)) {
  Deno.test(`a TimeoutError that ${name} as main begins with the frame of who awaits the run`, async () => {
    async function runner() {
      await runVirtual(main);
    }
    const error = await rejectionOf(runner()) as Error;
    assertMatch(firstFrame(error), /\brunner\b.*error_place_test/);
  });
}

for (const style of ["await", "yield*"] as const) {
  Deno.test(`a TimeoutError of a task that is done begins with the frame of the ${style}`, async () => {
    const makeTask = () => createTask(timeout(1, () => sleep(9)));
    const main = style === "await"
      ? async function main() {
        const task = makeTask();
        await sleep(2);
        await task;
      }
      : function* main() {
        const task = makeTask();
        yield* sleep(2);
        yield* task;
      };
    const error = await rejectionOf(runVirtual(main)) as Error;
    assertMatch(firstFrame(error), /\bmain\b.*error_place_test/);
  });
}

Deno.test("a TimeoutError that nothing awaits has its place in debug mode", async () => {
  const main = () => timeout(1, () => sleep(9));
  const error = await rejectionOf(runVirtual(main, { debug: true }));
  assertMatch(firstFrame(error as Error), /\bmain\b.*error_place_test/);
});

Deno.test("the stack of a TimeoutError comes from the innermost caller", async () => {
  const inner = coroutine(function* inner() {
    yield* timeout(1, () => sleep(9));
  });
  const outer = coroutine(function* outer() {
    yield* inner();
  });
  const error = await rejectionOf(runVirtual(outer)) as Error;
  assertMatch(firstFrame(error), /\binner\b/);
});

for (
  const [style, wait] of [
    ["generator", function* (awaitable: Iterable<unknown>): Coro<unknown> {
      return yield* awaitable as Coro<unknown>;
    }],
    ["async", async (awaitable: unknown) => await awaitable],
  ] as const
) {
  const both = wait as (awaitable: unknown) => Coro<unknown>;

  const waits: Record<string, [make: () => unknown, words: string]> = {
    "a sleep": [() => both(sleep(9)), "sleep(9)"],
    "a lock": [() => {
      const lock = new Lock({ name: "db" });
      createTask(function* () {
        using _ = yield* lock.acquire();
        yield* sleep(99);
      }, { eagerStart: true });
      return both(lock.acquire());
    }, 'Lock "db", held by Task-N'],
    "a queue": [() => both(new Queue().get()), "Queue to get an item"],
    "a task": [
      () => both(createTask(sleep(9), { name: "other" })),
      "other, which waited for sleep(9)",
    ],
    "a group": [
      () =>
        both(taskGroup(function* (group) {
          group.createTask(() => sleep(9));
          yield* sleep(0);
        })),
      "taskGroup, 1 not done",
    ],
    "an inner scope": [() => both(timeout(5, () => sleep(9))), "sleep(9)"],
  };
  for (const [name, [make, words]] of Object.entries(waits)) {
    for (
      const [scope, limited] of Object.entries({
        timeout: () => timeout(1, make as () => Coro<unknown>),
        waitFor: () => waitFor(make as () => Coro<unknown>, 1),
      })
    ) {
      Deno.test(`the error of ${scope}() says who waited for ${name} (${style})`, async () => {
        const error = await rejectionOf(runVirtual(async () => {
          await createTask(limited, { name: "worker" });
        })) as Error;
        assertInstanceOf(error, TimeoutError);
        assertEquals(
          error.message.replace(/Task-\d+/, "Task-N"),
          `Timed out after 1 s: worker waited for ${words}`,
        );
      });
    }
  }
}

Deno.test("the error of timeout() says that a promise of the host was waited for", async () => {
  const never = new Promise<void>(() => {});
  for (const body of [() => never, async () => await never]) {
    const error = await rejectionOf(
      runVirtual(() =>
        createTask(() => timeout(0, body, { abandon: true }), {
          name: "worker",
        })
      ),
    ) as Error;
    assertEquals(
      error.message,
      "Timed out after 0 s: worker waited for a promise of the host",
    );
  }
});

Deno.test("the error of timeout() tells of many waits in few words", async () => {
  const error = await rejectionOf(runVirtual(() =>
    timeout(1, async () => {
      await Promise.all(Array.from({ length: 50 }, () => sleep(9)));
    })
  ));
  assertMatch((error as Error).message, /sleep\(9\) and 45 more$/);
});

Deno.test("the error of asCompleted() says what was not done", async () => {
  const error = await rejectionOf(runVirtual(async () => {
    const tasks = ["one", "two"].map((name) => createTask(sleep(9), { name }));
    for await (const _ of asCompleted(tasks, { timeout: 1 }));
  })) as Error;
  assertMatch(
    error.message,
    /^Timed out after 1 s: no more is done, Task-\d+ waited for one and two$/,
  );
});

Deno.test("the error of firstSuccess() says who has failed with what", async () => {
  const error = await rejectionOf(runVirtual(() =>
    firstSuccess(
      ["one", "two"].map((name) =>
        createTask(() => Promise.reject(new RangeError(name)), { name })
      ),
    )
  )) as Error;
  assertMatch(
    error.message,
    /^All 2 awaitables of firstSuccess\(\) failed in Task-\d+: one failed with RangeError\("one"\), two failed with RangeError\("two"\)$/,
  );
});

Deno.test("race() throws the error of the winner as it is", async () => {
  const broken = new RangeError("broken");
  const { stack } = broken;
  const error = await rejectionOf(
    runVirtual(() => race([() => Promise.reject(broken)])),
  ) as Error;
  assertEquals(error, broken);
  assertEquals(error.stack, stack);
});

Deno.test("an error of the library is given frames once", async () => {
  const error = await runVirtual(async () => {
    let first: unknown;
    try {
      await timeout(1, () => sleep(9));
    } catch (error) {
      first = error;
    }
    const { stack } = first as Error;
    const again = await rejectionOf(createTask(() => Promise.reject(first)));
    assertEquals(again, first);
    return [stack, (again as Error).stack];
  });
  assertEquals(error[0], error[1]);
});

const PLACE = String.raw`\(made at \S*error_place_test\.ts:\d+:\d+\)`;

Deno.test("the error of timeout() says in debug mode where each was made", async () => {
  const error = await rejectionOf(runVirtual(async () => {
    await createTask(() => timeout(1, async () => await sleep(9)), {
      name: "worker",
    });
  }, { debug: true })) as Error;
  assertMatch(
    error.message,
    new RegExp(
      String
        .raw`^Timed out after 1 s: worker ${PLACE} waited for sleep\(9\) ${PLACE}$`,
    ),
  );
});

Deno.test("a DeadlockError says in debug mode where each was made", async () => {
  const error = await rejectionOf(runVirtual(async () => {
    const queue = new Queue();
    createTask(async () => await queue.get(), { name: "one" });
    createTask(function* () {
      yield* queue.get();
    }, { name: "two" });
    await interruptible(new Lock().acquire());
    await queue.get();
  }, { debug: true })) as Error;
  assertInstanceOf(error, DeadlockError);
  for (const name of ["one", "two"]) {
    assertMatch(
      error.message,
      new RegExp(
        `${name} ${PLACE} waits for Queue to get an item ${PLACE}, since`,
      ),
    );
  }
});

for (const style of ["generator", "async"]) {
  Deno.test(`a CancelledError says in debug mode who has cancelled what (${style})`, async () => {
    const work = style === "async"
      ? async () => await sleep(9)
      : function* (): Coro<void> {
        yield* sleep(9);
      };
    const main = async function canceller() {
      const task = createTask(work as () => Coro<void>, { name: "worker" });
      await sleep(1);
      task.cancel("enough");
      await task;
    };
    const error = await rejectionOf(runVirtual(main, { debug: true })) as Error;
    assertInstanceOf(error, CancelledError);
    assertEquals(error.message, "enough");
    const cause = error.cause as Error;
    assertMatch(
      cause.message,
      new RegExp(
        String
          .raw`^worker ${PLACE} waited for sleep\(9\) ${PLACE} when Task-\d+ cancelled it$`,
      ),
    );
    assertMatch(firstFrame(cause), /\bcanceller\b.*error_place_test/);
  });
}

Deno.test("a CancelledError has the cause that it was given, in debug mode too", async () => {
  const cause = new Error("mine");
  const error = await rejectionOf(runVirtual(async () => {
    const task = createTask(() => sleep(9));
    await sleep(1);
    task.cancel("enough", { cause });
    await task;
  }, { debug: true })) as Error;
  assertEquals(error.cause, cause);
});

hostTest(
  "the error of timeout() begins with the frame of its caller",
  async (host) => {
    const { lines, errors } = await runOn(
      host,
      new URL("_error_place_program.ts", import.meta.url),
    );
    // The stacks of Bun do not go over an `await` of what is no promise.
    const isBun = host.name.startsWith("bun");
    assertEquals(lines.map((line) => line.replaceAll(/Task-\d+/g, "Task")), [
      `inAsync debug=false: ${isBun ? undefined : "inAsync"}`,
      "TimeoutError: Timed out after 0.001 s: Task waited for sleep(9)",
      "inGenerator debug=false: inGenerator",
      "TimeoutError: Timed out after 0.001 s: Task waited for sleep(9)",
      "inAsync debug=true: inAsync",
      "inGenerator debug=true: inGenerator",
      "inGeneratorByTask debug=false: inGeneratorByTask",
      "TimeoutError: Timed out after 0.001 s: Task waited for sleep(9)",
      "inRun debug=undefined: inRun",
      "TimeoutError: Timed out after 0.001 s: Task waited for sleep(9)",
    ], errors);
  },
);

hostTest("the error of a wait that is refused has its place", async (host) => {
  const { lines, errors } = await runOn(
    host,
    new URL("_refused_wait_program.ts", import.meta.url),
  );
  // As above: Bun.
  const place = host.name.startsWith("bun") ? "no place" : "its caller";
  assertEquals(lines, [
    `outside: Cannot await <coroutine sleep> outside a task: ${place}`,
    `outside, beside: Cannot await <coroutine sleep> outside a task: ${place}`,
    `twice: Cannot await <coroutine sleep> twice: ${place}`,
    `foreign: Cannot wait: ${place}`,
    `queue: Cannot get an item: ${place}`,
    `reader: Cannot read: ${place}`,
    "twice: Cannot await <coroutine sleep> twice: its caller",
    "foreign: Cannot wait: its caller",
    "queue: Cannot get an item: its caller",
    "reader: Cannot read: its caller",
  ], errors);
});

Deno.test("an error is given to who chains on while it gets its frames", async () => {
  const errors = await runVirtual(async () => {
    const errors: unknown[] = [];
    const note = (error: unknown) => void errors.push(error);
    const never = () => note("fulfilled");
    const limited = timeout(1, () => sleep(9)).then(never, note);
    await sleep(2);
    await limited;
    await timeout(1, () => sleep(9)).then(never).catch(note);
    await timeout(1, () => sleep(9)).finally(() => {}).catch(note);
    return errors;
  });
  assertEquals(errors.map((error) => error instanceof TimeoutError), [
    true,
    true,
    true,
  ]);
});

Deno.test("a CancelledError has in debug mode the place of the wait that it came to", async () => {
  const error = await runVirtual(async () => {
    let seen: unknown;
    async function waiting() {
      try {
        await sleep(9);
      } catch (error) {
        seen = error;
        throw error;
      }
    }
    await timeout(1, waiting).catch(() => {});
    return seen;
  }, { debug: true });
  assertInstanceOf(error, CancelledError);
  assertMatch(firstFrame(error), /\bwaiting\b.*error_place_test/);
});

Deno.test("a timeout and a group bear names that throw", async () => {
  class Hostile<T> extends Task<T> {
    override getName(): string {
      throw new Error("no name");
    }
  }
  const errors = await runVirtual(async () => {
    const loop = getRunningLoop();
    loop.setTaskFactory((loop, coro, options) =>
      new Hostile(coro, { ...options, loop })
    );
    const limited = createTask(() =>
      timeout(1, async () => await createTask(sleep(9)))
    );
    const group = createTask(() =>
      taskGroup(async (group) => {
        group.createTask(() => Promise.reject(new RangeError("broken")));
        await sleep(9);
      })
    );
    return [await rejectionOf(limited), await rejectionOf(group)];
  });
  assertInstanceOf(errors[0], TimeoutError);
  assertEquals(errors[0].message, "Timed out after 1 s: a task waited");
  assertInstanceOf(errors[1], AggregateError);
  assertMatch(errors[1].message, /a task failed with RangeError\("broken"\)$/);
});
