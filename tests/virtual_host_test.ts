/**
 * Under the virtual clock time stands still while a promise of the host is open, wherever
 * the wait for it stands: in scopes, coroutines, sources, and each in the other.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  type Coroutine,
  coroutine,
  createTask,
  DeadlockError,
  ensureFuture,
  Event,
  firstSuccess,
  fromSignal,
  type Future,
  gather,
  getRunningLoop,
  interruptible,
  iterate,
  mapConcurrent,
  on,
  once,
  race,
  shield,
  sleep,
  StreamReader,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";

const HOST_MS = 4;

/** A promise of the host that settles after some real milliseconds. */
function host(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, HOST_MS));
}

/** Awaits something inside something else. */
type Form = (inside: () => PromiseLike<unknown>) => PromiseLike<unknown>;

const FORMS: Readonly<Record<string, Form>> = {
  "an async function": async (inside) => await inside(),
  "timeout()": (inside) => timeout(5, async () => await inside()),
  "timeout() that abandons": (inside) =>
    timeout(5, async () => await inside(), { abandon: true }),
  "timeout() of a generator": (inside) =>
    timeout(5, function* () {
      return yield* coroutine(async () => await inside())();
    }),
  "taskGroup()": (inside) => taskGroup(async () => await inside()),
  "a task of taskGroup()": (inside) =>
    taskGroup(async (group) => {
      group.createTask(async () => await inside());
      await sleep(0);
    }),
  "waitFor()": (inside) => waitFor(async () => await inside(), 5),
  "coroutine()": (inside) => coroutine(async () => await inside())(),
  "coroutine() of a generator": (inside) =>
    coroutine(function* () {
      return yield* timeout(5, async () => await inside());
    })(),
  "fromSignal()": (inside) => fromSignal(async () => await inside()),
  "interruptible()": (inside) => interruptible((async () => await inside())()),
  "gather()": (inside) => gather(async () => await inside()),
  "shield()": (inside) => shield(async () => await inside()),
  "race()": (inside) => race([async () => await inside(), sleep(5)]),
  "Promise.all()": (inside) => Promise.all([inside()]),
  "asCompleted()": async (inside) => {
    for await (const task of asCompleted([async () => await inside()])) {
      await task;
    }
  },
  "an async source": async (inside) => {
    async function* source() {
      await inside();
      yield 1;
    }
    for await (
      const _ of mapConcurrent(source(), () => sleep(0), { limit: 1 })
    ) {
      // Nothing more.
    }
  },
};

for (const [outer, around] of Object.entries(FORMS)) {
  Deno.test(`virtual time stands still for a promise of the host in ${outer}, whatever stands between`, () =>
    runVirtual(async () => {
      createTask(sleep(5));
      const times: Record<string, number> = {};
      for (const [inner, within] of Object.entries(FORMS)) {
        await around(() => within(host));
        times[inner] = getRunningLoop().time();
      }
      const none = Object.keys(FORMS).map((inner) => [inner, 0]);
      assertEquals(times, Object.fromEntries(none));
    }));
}

/** What waits for a future of the host in the place of a task. */
const OVER_FUTURES: Readonly<
  Record<string, (future: Future<unknown>) => Coroutine<unknown>>
> = {
  "gather()": coroutine((future) => gather(future)),
  "gather() with a limit": coroutine((future) =>
    gather([future], { limit: 1 })
  ),
  "gather() of gather()": coroutine((future) => gather(gather(future))),
  "shield()": coroutine((future) => shield(future)),
  "wait()": (future) => wait([future]),
  "wait() with a timeout": (future) => wait([future], { timeout: 5 }),
  "asCompleted()": coroutine(async (future) => {
    for await (const first of asCompleted([future, sleep(4)])) {
      return await first;
    }
  }),
  "race()": (future) => race([future, sleep(4)]),
  "firstSuccess()": (future) => firstSuccess([future, sleep(4)]),
  "waitFor()": (future) => waitFor(gather(future), 4),
  "timeout()": (future) => timeout(4, () => gather(future)),
};

/** A future of something of the host. */
const HOST_FUTURES: Readonly<Record<string, () => Future<unknown>>> = {
  "interruptible()": () => interruptible(host()),
  "ensureFuture()": () => ensureFuture(host()),
  "once()": () => {
    const target = new EventTarget();
    setTimeout(() => target.dispatchEvent(new globalThis.Event("x")), HOST_MS);
    return once(target, "x");
  },
  "on()": () => {
    const target = new EventTarget();
    setTimeout(() => target.dispatchEvent(new globalThis.Event("x")), HOST_MS);
    return ensureFuture(on(target, "x").next());
  },
};

for (const [made, make] of Object.entries(HOST_FUTURES)) {
  Deno.test(`virtual time stands still for a future of ${made}, whatever is made of it`, async () => {
    for (const [name, form] of Object.entries(OVER_FUTURES)) {
      const ended = (): [string, number] => [name, getRunningLoop().time()];
      const inAsync = await runVirtual(async () => {
        getRunningLoop().callLater(1, () => {});
        await form(make());
        return ended();
      });
      assertEquals(inAsync, [name, 0]);
      const inGenerator = await runVirtual(function* () {
        createTask(sleep(1));
        yield* form(make());
        return ended();
      });
      assertEquals(inGenerator, [name, 0]);
    }
  });
}

Deno.test("a loop with nothing due is not given up while gather() waits for a future of the host", () =>
  runVirtual(async () => {
    // Longer than a loop that nothing will wake is given.
    const slow = new Promise((resolve) => setTimeout(resolve, 300, "read"));
    assertEquals(await gather(interruptible(slow)), ["read"]);
  }));

Deno.test("virtual time goes on though a future of the host is open that nobody waits for any more", () =>
  runVirtual(async () => {
    const never = interruptible(new Promise(() => {}));
    await race([never, sleep(1)]).catch(() => {});
    interruptible(new Promise(() => {}));
    await sleep(3600);
    assertEquals(getRunningLoop().time(), 3601);
  }));

Deno.test("virtual time stands still for each of many promises of the host, one after the other", () =>
  runVirtual(async () => {
    createTask(sleep(5));
    for (let i = 0; i < 100; i++) await gather(async () => await host());
    assertEquals(getRunningLoop().time(), 0);
  }));

const IDLE: Readonly<Record<string, () => Promise<unknown>>> = {
  "on()": async () => await on(new EventTarget(), "never").next(),
  "once()": async () => await once(new EventTarget(), "never"),
  "a stream": async () => {
    for await (const _ of iterate(new ReadableStream()));
  },
  "a promise of the loop's own timer": async () => {
    const loop = getRunningLoop();
    await interruptible(
      new Promise<void>((done) => void loop.callLater(3600, done)),
    );
  },
};

for (const [name, wait] of Object.entries(IDLE)) {
  Deno.test(`the host has its turns before each step of virtual time beside ${name}`, () =>
    runVirtual(async () => {
      const idle = createTask(wait);
      for (let minute = 1; minute <= 5; minute++) {
        let hasRead = false;
        host().then(() => hasRead = true);
        await sleep(60);
        assert(hasRead);
        assertEquals(getRunningLoop().time(), 60 * minute);
      }
      idle.cancel();
    }));
}

// Time jumps to their deadlines: see docs/promises.md.
const WITH_DEADLINE: ReadonlySet<string> = new Set([
  "timeout()",
  "timeout() that abandons",
  "timeout() of a generator",
  "waitFor()",
  "coroutine() of a generator",
  "race()",
]);

for (const [name, around] of Object.entries(FORMS)) {
  if (WITH_DEADLINE.has(name)) continue;
  Deno.test(`a loop with nothing due is not given up while a function beside a wait of the library is at the host, in ${name}`, () =>
    runVirtual(async () => {
      const event = new Event();
      const log: string[] = [];
      await around(async () => {
        void (async () => {
          await event.wait();
          log.push("helper");
        })();
        await host();
        event.set();
        await sleep(0);
        await host();
        log.push("body");
      });
      assertEquals(log, ["helper", "body"]);
    }));
}

const WOKEN_BY_CALLBACK = {
  "an async function": async (event: Event) => {
    await event.wait();
  },
  "a generator": function* (event: Event) {
    yield* event.wait();
  },
};

for (const [name, wait] of Object.entries(WOKEN_BY_CALLBACK)) {
  Deno.test(`a loop with nothing due is not given up before a timer of the host wakes ${name}`, () =>
    runVirtual(async () => {
      const event = new Event();
      setTimeout(() => event.set(), HOST_MS);
      await createTask(() => wait(event));
      assertEquals(getRunningLoop().time(), 0);
    }));

  Deno.test(`a DeadlockError is thrown when nothing ever wakes ${name}`, async () => {
    await assertRejects(
      () => runVirtual(() => wait(new Event())),
      DeadlockError,
      "waits for Event",
    );
  });
}

Deno.test("Promise.race() of a promise of the host and a wait with nothing due gives the host's", () =>
  runVirtual(async () => {
    const first = await Promise.race([
      host().then(() => "host"),
      new Event().wait(),
    ]);
    assertEquals(first, "host");
  }));

/** Gives two items, with the host and a wait of the library before each and at the end. */
async function* mixedSource(): AsyncGenerator<number, void> {
  try {
    for (const item of [1, 2]) {
      await host();
      await sleep(1);
      await host();
      yield item;
    }
  } finally {
    await host();
    await sleep(1);
    await host();
  }
}

/** The same as an iterator that is no generator. */
function plainSource(): AsyncIterable<number> {
  const inner = mixedSource();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => inner.next(),
      return: () => inner.return(),
    }),
  };
}

/** A source that waits for the host alone. */
async function* hostSource(): AsyncGenerator<number, void> {
  try {
    for (const item of [1, 2]) {
      await host();
      yield item;
    }
  } finally {
    await host();
  }
}

/** Reads a source to its end. */
type Reader = (source: AsyncIterable<number>) => PromiseLike<unknown>;

const pass = async (item: number): Promise<number> => {
  await sleep(0);
  return item;
};

const READERS: Readonly<Record<string, Reader>> = {
  "mapConcurrent()": async (source) => {
    for await (const _ of mapConcurrent(source, pass, { limit: 1 })) { /**/ }
  },
  "mapConcurrent() of generators": async (source) => {
    const job = function* (item: number) {
      yield* sleep(0);
      return item;
    };
    for await (const _ of mapConcurrent(source, job, { limit: 2 })) { /**/ }
  },
  "collect()": (source) => mapConcurrent(source, pass, { limit: 2 }).collect(),
  "collect() in a generator": (source) =>
    coroutine(function* () {
      return yield* mapConcurrent(source, pass, { limit: 2 }).collect();
    })(),
  "forEach()": (source) =>
    mapConcurrent(source, pass, { limit: 2 }).forEach(async () => await host()),
  "iterate()": async (source) => {
    for await (const _ of iterate(source)) { /**/ }
  },
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} over a source that waits for the host and for the loop takes the loop's time alone`, () =>
    runVirtual(async () => {
      const loop = getRunningLoop();
      createTask(sleep(50));
      for (const source of [mixedSource, plainSource]) {
        const start = loop.time();
        await timeout(5, async () => await read(source()));
        assertEquals(loop.time() - start, 3, source.name);
      }
      const start = loop.time();
      await timeout(5, async () => await read(hostSource()));
      assertEquals(loop.time() - start, 0);
    }));
}

Deno.test("virtual time stands still while a source that is left early closes at the host", () =>
  runVirtual(async () => {
    createTask(sleep(5));
    for await (const _ of mapConcurrent(hostSource(), pass, { limit: 1 })) {
      break;
    }
    assertEquals(getRunningLoop().time(), 0);
  }));

Deno.test("virtual time stands still while a cancelled source closes at the host", () =>
  runVirtual(async () => {
    const log: string[] = [];
    async function* source(): AsyncGenerator<number, void> {
      try {
        yield 1;
        await sleep(100);
      } finally {
        await host();
        log.push(`closed at ${getRunningLoop().time()}`);
      }
    }
    const task = createTask(() =>
      mapConcurrent(source(), pass, { limit: 1 }).collect()
    );
    createTask(sleep(5));
    await sleep(1);
    task.cancel();
    await Promise.resolve(task).catch(() => {});
    assertEquals(log, ["closed at 1"]);
  }));

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} over a source that waits for an event that never comes ends in a DeadlockError, after the host too`, async () => {
    async function* source(): AsyncGenerator<number, void> {
      await host();
      await new Event({ name: "never" }).wait();
      yield 1;
    }
    await assertRejects(
      () => runVirtual(async () => await read(source())),
      DeadlockError,
      'Event "never"',
    );
  });
}

const LINE = new TextEncoder().encode("a line\n");

type ByteReader = (reader: StreamReader) => PromiseLike<unknown>;

const BYTE_READERS: Readonly<Record<string, ByteReader>> = {
  "read()": (reader) => reader.read(),
  "readline()": async (reader) => {
    while ((await reader.readline()).length > 0);
  },
  "readline() in a generator": (reader) =>
    createTask(function* () {
      while ((yield* reader.readline()).length > 0);
    }),
  "lines()": async (reader) => {
    for await (const _ of reader.lines()) { /**/ }
  },
  "a loop over it": async (reader) => {
    for await (const _ of reader) { /**/ }
  },
};

/** Two lines, each after a wait. */
async function* lines(wait: () => PromiseLike<unknown>) {
  for (let i = 0; i < 2; i++) {
    await wait();
    yield LINE;
  }
}

for (const [name, read] of Object.entries(BYTE_READERS)) {
  Deno.test(`StreamReader.from() of a source that waits for the host and for the loop takes the loop's time alone: ${name}`, () =>
    runVirtual(async () => {
      createTask(sleep(50));
      await timeout(5, async () => await read(StreamReader.from(lines(host))));
      assertEquals(getRunningLoop().time(), 0);
      const mixed = lines(async () => {
        await host();
        await sleep(1);
        await host();
      });
      await timeout(5, async () => await read(StreamReader.from(mixed)));
      assertEquals(getRunningLoop().time(), 2);
    }));

  Deno.test(`StreamReader.from() of a source that waits for an event that never comes ends in a DeadlockError: ${name}`, async () => {
    const source = lines(async () => {
      await host();
      await new Event({ name: "never" }).wait();
    });
    await assertRejects(
      () => runVirtual(async () => await read(StreamReader.from(source))),
      DeadlockError,
      'source of a StreamReader waits for the next piece of a source, whose source waits for Event "never"',
    );
  });
}

Deno.test("a DeadlockError names what the function of fromSignal() and a body that may be abandoned wait for", async () => {
  const never = async () => await new Event({ name: "never" }).wait();
  await assertRejects(
    () => runVirtual(() => fromSignal(never)),
    DeadlockError,
    'fromSignal of never, whose function waits for Event "never"',
  );
  await assertRejects(
    () => runVirtual(() => timeout(Infinity, never, { abandon: true })),
    DeadlockError,
    'a body, whose function waits for Event "never"',
  );
});

Deno.test("a DeadlockError says of three that stand in each other what each waits for", async () => {
  const nested = (depth: number): PromiseLike<unknown> =>
    depth === 0
      ? new Event({ name: "never" }).wait()
      : fromSignal(async function inner() {
        await nested(depth - 1);
      });
  const error = await assertRejects(
    () => runVirtual(async () => await nested(500)),
    DeadlockError,
  );
  assertEquals(error.message.match(/fromSignal of inner/g)?.length, 4);
});

/** A promise of the host for longer than the clock gives a loop that has something due. */
async function longHost(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

// The host resumes main, so the loop sees no turn in which it could look again.
const CALLED_OFF: Readonly<Record<string, () => Promise<unknown>>> = {
  "a call": async () => {
    const call = getRunningLoop().callLater(3600, () => {});
    await host();
    call.cancel();
  },
  "two calls": async () => {
    const loop = getRunningLoop();
    const calls = [1800, 3600].map((delay) => loop.callLater(delay, () => {}));
    await host();
    for (const call of calls) call.cancel();
  },
  "the limit of waitFor()": async () => await waitFor(host, 3600),
  "the limit of timeout()": async () => await timeout(3600, host),
  "a timeout() that got none": async () =>
    await timeout(3600, async (scope) => {
      await host();
      scope.reschedule(undefined);
      await longHost();
    }),
};

for (const [name, callOff] of Object.entries(CALLED_OFF)) {
  Deno.test(`time does not go to the end of ${name} that was called off beside the host`, () =>
    runVirtual(async () => {
      await callOff();
      await longHost();
      assertEquals(getRunningLoop().time(), 0);
    }));
}
