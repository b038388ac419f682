import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { EventEmitter } from "node:events";
import {
  CancelledError,
  createTask,
  formatTaskTree,
  getRunningLoop,
  on,
  once,
  QueueFull,
  run,
  RuntimeError,
  sleep,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { TestLoop } from "@asyncio/asyncio/testing";
import { captureErrors, recordReports, runVirtual } from "./cpython/_both.ts";
import { failureOf, inBoth, type Program, wait } from "./cpython/_program.ts";
import { type ItemEvent, SOURCES } from "./_listeners.ts";
import { sweepCancels } from "./_cancel_sweep.ts";

for (const [kind, makeSource] of Object.entries(SOURCES)) {
  inBoth(`once() gives the next event of ${kind} alone`, function* () {
    const source = makeSource();
    const event = once<ItemEvent>(source.target, "item");
    assert(source.listeners() > 0);
    source.emit(1);
    source.emit(2);
    assertEquals(source.listeners(), 0);
    assertEquals((yield* wait(event)).item, 1);
  });

  inBoth(`once() waits for an event of ${kind}`, function* () {
    const source = makeSource();
    getRunningLoop().callLater(1, () => source.emit(7));
    const event = yield* wait(once<ItemEvent>(source.target, "item"));
    assertEquals(event.item, 7);
    assertEquals(getRunningLoop().time(), 1);
  });

  inBoth(
    `once() removes its listener from ${kind} on a cancel`,
    function* (style) {
      const source = makeSource();
      const task = createTask(style.fn(function* () {
        return yield* wait(once(source.target, "item"));
      }));
      yield* wait(sleep(0));
      yield* wait(sleep(0));
      assert(source.listeners() > 0);
      task.cancel("enough");
      assertEquals(source.listeners(), 0);
      const error = yield* failureOf(task);
      assertInstanceOf(error, CancelledError);
      assertEquals(error.message, "enough");
      source.emit(1);
    },
  );

  inBoth(
    `once() removes its listener from ${kind} at a timeout`,
    function* (style) {
      const source = makeSource();
      const error = yield* failureOf(timeout(
        1,
        style.fn(function* () {
          return yield* wait(once(source.target, "item"));
        }),
      ));
      assertInstanceOf(error, TimeoutError);
      assertEquals(source.listeners(), 0);
    },
  );

  inBoth(
    `once() removes its listener from ${kind} when it is settled by hand`,
    function* () {
      const source = makeSource();
      const event = once<string>(source.target as EventTarget, "item");
      event.setResult("mine");
      assertEquals(source.listeners(), 0);
      source.emit(1);
      assertEquals(yield* wait(event), "mine");
      const failed = once(source.target, "item");
      failed.setException(new Error("mine"));
      assertEquals(source.listeners(), 0);
      yield* failureOf(failed);
    },
  );

  inBoth(`on() gives every event of ${kind} in order`, function* () {
    const source = makeSource();
    using events = on<ItemEvent>(source.target, "item");
    source.emit(1);
    source.emit(2);
    getRunningLoop().callLater(1, () => {
      source.emit(3);
      source.emit(4);
    });
    const items = [];
    for (let i = 0; i < 4; i++) {
      items.push((yield* wait(events.next())).value!.item);
    }
    assertEquals(items, [1, 2, 3, 4]);
  });

  inBoth(`on() is left by return() and by using, on ${kind}`, function* () {
    const source = makeSource();
    {
      using _ = on(source.target, "item");
      assert(source.listeners() > 0);
    }
    assertEquals(source.listeners(), 0);
    const events = on(source.target, "item");
    source.emit(1);
    events.return();
    assertEquals(source.listeners(), 0);
    assertEquals(yield* wait(events.next()), { done: true, value: undefined });
  });

  inBoth(
    `on() removes its listener from ${kind} when its wait is cancelled`,
    function* (style) {
      const source = makeSource();
      const task = createTask(style.fn(function* () {
        const events = on(source.target, "item");
        yield* wait(events.next());
      }));
      yield* wait(sleep(0));
      yield* wait(sleep(0));
      assert(source.listeners() > 0);
      task.cancel();
      yield* failureOf(task);
      assertEquals(source.listeners(), 0);
    },
  );

  inBoth(
    `on() removes its listener from ${kind} when the event and the cancel come in one turn`,
    function* (style) {
      for (const cancelFirst of [false, true]) {
        const source = makeSource();
        const task = createTask(style.fn(function* () {
          const events = on(source.target, "item");
          yield* wait(events.next());
          yield* wait(events.next());
        }));
        yield* wait(sleep(0));
        yield* wait(sleep(0));
        if (cancelFirst) task.cancel();
        source.emit(1);
        task.cancel();
        assertInstanceOf(yield* failureOf(task), CancelledError);
        assertEquals(source.listeners(), 0);
      }
    },
  );

  Deno.test(`for await over on() leaves no listener on ${kind}, whatever ends it`, async () => {
    await runVirtual(async () => {
      const expected = new Error("expected");
      const bodies: Record<string, (item: number) => Promise<boolean>> = {
        break: () => Promise.resolve(true),
        throw: () => Promise.reject(expected),
        "cancel in the body": async () => await sleep(3600, false),
        "cancel in the wait": () => Promise.resolve(false),
      };
      for (const [name, body] of Object.entries(bodies)) {
        const source = makeSource();
        const task = createTask(async () => {
          for await (const event of on<ItemEvent>(source.target, "item")) {
            if (await body(event.item)) break;
          }
        });
        await sleep(0);
        await sleep(0);
        source.emit(1);
        await sleep(1);
        task.cancel();
        await task.then(() => {}, () => {});
        assertEquals(source.listeners(), 0, name);
      }
    });
  });

  Deno.test(`run() removes the listeners on ${kind} that its program left`, async () => {
    const source = makeSource();
    await runVirtual(async () => {
      once(source.target, "item");
      on(source.target, "item");
      await sleep(1);
      assert(source.listeners() > 0);
    });
    assertEquals(source.listeners(), 0);
    source.emit(1);
  });

  Deno.test(`once() and on() can be cancelled at each wait, on ${kind}`, async () => {
    for (const isAsync of [false, true]) {
      const { waits, cancelledAt } = await sweepCancels(() => {
        const source = makeSource();
        async function inAsync() {
          await once(source.target, "item");
          for await (const event of on<ItemEvent>(source.target, "item")) {
            await sleep(0);
            if (event.item > 3) break;
          }
        }
        function* inGenerator() {
          yield* once(source.target, "item");
          using events = on<ItemEvent>(source.target, "item");
          for (;;) {
            const { value } = yield* events.next();
            yield* sleep(0);
            if (value!.item > 3) break;
          }
        }
        return {
          tasks: {
            victim: isAsync ? inAsync : inGenerator,
            async emitter() {
              for (let item = 1; item < 12; item++) {
                await sleep(0);
                await sleep(0);
                source.emit(item);
              }
            },
          },
          victims: ["victim"],
          check: () => assertEquals(source.listeners(), 0),
        };
      });
      assertEquals(cancelledAt, waits);
      assert(waits.victim! > 3);
    }
  });
}

inBoth("once() throws the error of an emitter, and gives one", function* () {
  const emitter = new EventEmitter();
  const failed = once(emitter, "item");
  const given = once(emitter, "error");
  const error = new Error("expected");
  emitter.emit("error", error);
  assertStrictEquals(yield* failureOf(failed), error);
  assertStrictEquals(yield* wait(given), error);
  assertEquals(emitter.eventNames(), []);
});

inBoth(
  "on() throws the error of an emitter where the first waits, and ends the others",
  function* (style) {
    for (const error of [new Error("expected"), undefined]) {
      const emitter = new EventEmitter();
      const events = on(emitter, "item");
      const next = style.fn(function* (): Program<IteratorResult<unknown>> {
        return yield* wait(events.next());
      });
      const tasks = [createTask(next), createTask(next), createTask(next)];
      yield* wait(sleep(0));
      emitter.emit("error", error);
      const thrown = yield* failureOf(tasks[0]!);
      if (error !== undefined) assertStrictEquals(thrown, error);
      else assertEquals(String(thrown), "Error: Rejected with undefined");
      const end = { done: true, value: undefined };
      assertEquals(yield* wait(tasks[1]!), end);
      assertEquals(yield* wait(tasks[2]!), end);
      assertEquals(yield* wait(events.next()), end);
      assertEquals(emitter.listenerCount("error"), 0);
    }
  },
);

inBoth("on() throws the error of an emitter after its events", function* () {
  const emitter = new EventEmitter();
  const events = on<number>(emitter, "item");
  const error = new Error("expected");
  emitter.emit("item", 1);
  emitter.emit("error", error);
  assertEquals(emitter.eventNames(), []);
  assertEquals((yield* wait(events.next())).value, 1);
  assertStrictEquals(yield* failureOf(events.next()), error);
  assertEquals((yield* wait(events.next())).done, true);
});

inBoth("once() and on() give all arguments if asked for", function* () {
  const emitter = new EventEmitter();
  const one = once<[string, number]>(emitter, "item", { args: true });
  using events = on<[string, number]>(emitter, "item", { args: true });
  emitter.emit("item", "a", 1);
  assertEquals(yield* wait(one), ["a", 1]);
  assertEquals((yield* wait(events.next())).value, ["a", 1]);
});

inBoth("once() takes the symbol of an emitter's event", function* () {
  const emitter = new EventEmitter();
  const name = Symbol("item");
  const event = once<number>(emitter, name);
  emitter.emit(name, 5);
  assertEquals(yield* wait(event), 5);
});

inBoth(
  "on() ends with QueueFull after the events it has room for",
  function* () {
    const source = SOURCES["an EventTarget"]!();
    const events = on<ItemEvent>(source.target, "item", { maxsize: 2 });
    for (let item = 1; item <= 4; item++) source.emit(item);
    assertEquals(source.listeners(), 0);
    assertEquals((yield* wait(events.next())).value!.item, 1);
    assertEquals((yield* wait(events.next())).value!.item, 2);
    const error = yield* failureOf(events.next());
    assertInstanceOf(error, QueueFull);
    assertEquals(
      error.message,
      'Cannot keep the event "item": 2 wait to be taken, set maxsize higher or overflow to "dropOldest" or "dropNewest"',
    );
    assertEquals((yield* wait(events.next())).done, true);
  },
);

inBoth("on() drops the oldest or the newest event if asked to", function* () {
  for (
    const [overflow, kept] of [
      ["dropOldest", [3, 4]],
      ["dropNewest", [1, 2]],
    ] as const
  ) {
    const source = SOURCES["an EventTarget"]!();
    using events = on<ItemEvent>(source.target, "item", {
      maxsize: 2,
      overflow,
    });
    for (let item = 1; item <= 4; item++) source.emit(item);
    const items = [];
    for (const _ of kept) {
      items.push((yield* wait(events.next())).value!.item);
    }
    assertEquals(items, [...kept]);
  }
});

inBoth(
  "on() serves several waits in the order in which they came",
  function* (style) {
    const source = SOURCES["an EventTarget"]!();
    const events = on<ItemEvent>(source.target, "item");
    const order: string[] = [];
    const waiters = ["a", "b"].map((name) =>
      createTask(style.fn(function* () {
        const { value } = yield* wait(events.next());
        order.push(`${name}${value!.item}`);
      }))
    );
    yield* wait(sleep(1));
    source.emit(1);
    source.emit(2);
    for (const task of waiters) yield* wait(task);
    assertEquals(order, ["a1", "b2"]);
  },
);

inBoth("on() ends the other waits when one is cancelled", function* (style) {
  const source = SOURCES["an EventTarget"]!();
  const events = on<ItemEvent>(source.target, "item");
  const [first, second] = [0, 1].map(() =>
    createTask(style.fn(function* () {
      return (yield* wait(events.next())).done;
    }))
  );
  yield* wait(sleep(1));
  first!.cancel();
  assertEquals(yield* wait(second!), true);
  yield* failureOf(first);
});

Deno.test("on() gives promises of its items", async () => {
  await runVirtual(async () => {
    const source = SOURCES["an EventTarget"]!();
    const events = on<ItemEvent>(source.target, "item");
    source.emit(1);
    source.emit(2);
    const all = await Promise.all([events.next(), events.next()]);
    assertEquals(all.map(({ value }) => value!.item), [1, 2]);
    getRunningLoop().callSoon(() => source.emit(3));
    const third = await events.next().then(({ value }) => value!.item)
      .catch(() => 0).finally(() => {});
    assertEquals(third, 3);
    await events.return();
  });
});

Deno.test("once() is named in the task tree", async () => {
  await runVirtual(async () => {
    const task = createTask(async () => await once(new EventTarget(), "load"));
    await sleep(1);
    assert(
      formatTaskTree(getRunningLoop()).includes('the event "load"'),
      formatTaskTree(getRunningLoop()),
    );
    task.cancel();
    await assertRejects(async () => await task, CancelledError);
  });
});

Deno.test("once() under a virtual clock waits for what the host emits", async () => {
  const target = new EventTarget();
  await runVirtual(async () => {
    const timer = setTimeout(() => target.dispatchEvent(new Event("load")), 2);
    assertEquals((await once(target, "load")).type, "load");
    clearTimeout(timer);
  });
});

inBoth("once() outlives a source that fails to stop", function* (style) {
  const reports = recordReports();
  const expected = new Error("expected");
  const emitter = {
    on: () => {},
    off: () => {
      throw expected;
    },
  };
  const tasks = [
    createTask(style.fn(function* () {
      yield* wait(once(emitter, "item"));
    })),
    createTask(style.fn(function* () {
      yield* wait(on(emitter, "item").next());
    })),
  ];
  yield* wait(sleep(1));
  for (const task of tasks) {
    task.cancel();
    assertInstanceOf(yield* failureOf(task), CancelledError);
  }
  assertEquals(reports.map(({ exception }) => exception), [expected, expected]);
});

/** Says what it has to say to whoever listens, at once. */
class Replaying extends EventEmitter {
  readonly #said: string;
  readonly #count: number;

  constructor(said: string, count: number) {
    super();
    this.#said = said;
    this.#count = count;
  }

  override on(name: string, listener: (...args: unknown[]) => void): this {
    super.on(name, listener);
    if (name !== this.#said) return this;
    for (let i = 0; i < this.#count; i++) this.emit(name, i);
    return this;
  }

  total(): number {
    return this.listenerCount("item") + this.listenerCount("error");
  }
}

inBoth(
  "once() and on() take what a source says while it is listened to, and leave no listener",
  function* () {
    const said = new Replaying("item", 2);
    assertEquals(yield* wait(once(said, "item")), 0);
    assertEquals(said.total(), 0);
    const failing = new Replaying("error", 1);
    assertEquals(yield* failureOf(once(failing, "item")), 0);
    assertEquals(failing.total(), 0);

    const full = on(said, "item", { maxsize: 1 });
    assertEquals(yield* wait(full.next()), { done: false, value: 0 });
    assertInstanceOf(yield* failureOf(full.next()), QueueFull);
    assertEquals(said.total(), 0);
    const failed = on(failing, "item");
    assertEquals(yield* failureOf(failed.next()), 0);
    assertEquals(failing.total(), 0);
  },
);

Deno.test("once() and on() leave no listener on a source that fails to begin", async () => {
  await runVirtual(async () => {
    const emitter = new EventEmitter();
    const { on: add } = emitter;
    emitter.on = function (name, listener) {
      if (name !== "error") throw new Error("expected");
      return add.call(this, name, listener);
    };
    for (const listen of [once, on] as ((...args: unknown[]) => unknown)[]) {
      assertThrows(() => void listen(emitter, "item"), Error, "expected");
    }
    assertEquals(emitter.eventNames(), []);
    await sleep(0);
  });
});

Deno.test("once() and on() that fail to begin are not open at the end of the run", async () => {
  const emitter = {
    on(): never {
      throw new Error("expected");
    },
    off: () => {},
  };
  const lines = await captureErrors(() =>
    run(async () => {
      assertThrows(() => once(emitter, "item"), Error, "expected");
      assertThrows(() => on(emitter, "item"), Error, "expected");
      await sleep(0);
    }, { debug: true })
  );
  assertEquals(lines, []);
});

Deno.test("once() and on() refuse bad input at once", async () => {
  await run(async () => {
    const target = new EventTarget();
    for (const listen of [once, on] as ((...args: unknown[]) => unknown)[]) {
      for (const source of [undefined, null, 1, "x", {}, { on() {} }]) {
        assertThrows(
          () => listen(source, "x"),
          TypeError,
          "Cannot listen: the source must be an EventTarget or an EventEmitter, got",
        );
      }
      for (const name of [undefined, 1, Symbol("x")]) {
        assertThrows(
          () => listen(target, name),
          TypeError,
          "Cannot listen: the name must be a string, got",
        );
      }
    }
    for (const maxsize of [-1, 1.5, NaN]) {
      assertThrows(() => on(target, "x", { maxsize }), RangeError, "maxsize");
    }
    const badOptions: object[] = [{ maxsize: "2" }];
    for (const options of badOptions) {
      assertThrows(() => on(target, "x", options), TypeError, "maxsize");
    }
    assertThrows(
      () => on(target, "x", { overflow: "drop" as "error" }),
      RangeError,
      'Cannot listen: overflow must be one of error, dropOldest, dropNewest, got "drop"',
    );
    await sleep(0);
  });
  assertThrows(() => void once(new EventTarget(), "x"), RuntimeError);
  assertThrows(() => on(new EventTarget(), "x"), RuntimeError);
});

/** What a run reports in which an emitter of "item" is listened to. */
async function reportsOf(
  body: (emitter: EventEmitter) => unknown,
): Promise<unknown[]> {
  let reports: { readonly exception?: unknown }[] = [];
  await runVirtual(async () => {
    reports = recordReports();
    await body(new EventEmitter());
  });
  return reports.map(({ exception }) => exception);
}

const FAILURE = new Error("lost");

Deno.test("on() reports the error of an emitter that nobody has asked for it, when the run ends", async () => {
  const reports = await reportsOf((emitter) => {
    on(emitter, "item");
    emitter.emit("error", FAILURE);
  });
  assertEquals(reports, [FAILURE]);
});

Deno.test("on() reports the error of an emitter behind the event at which the loop is left", async () => {
  const reports = await reportsOf(async (emitter) => {
    const events = on(emitter, "item");
    emitter.emit("item", 1);
    emitter.emit("error", FAILURE);
    for await (const item of events) {
      assertEquals(item, 1);
      break;
    }
    assertEquals(emitter.listenerCount("error"), 0);
  });
  assertEquals(reports, [FAILURE]);
});

Deno.test("on() reports that events were lost for which there was no room, if nobody asks", async () => {
  const reports = await reportsOf((emitter) => {
    using _ = on(emitter, "item", { maxsize: 1 });
    emitter.emit("item", 1);
    emitter.emit("item", 2);
  });
  assertEquals(reports.length, 1);
  assertInstanceOf(reports[0], QueueFull);
});

Deno.test("on() reports no error that was taken", async () => {
  const reports = await reportsOf(async (emitter) => {
    const events = on(emitter, "item");
    emitter.emit("error", FAILURE);
    await assertRejects(async () => await events.next(), Error, "lost");
    events[Symbol.dispose]();
  });
  assertEquals(reports, []);
});

for (
  const [name, listen] of Object.entries({
    "on()": async (target: EventTarget) => {
      for await (const _ of on(target, "x")) break;
    },
    "once()": async (target: EventTarget) => {
      await once(target, "x");
    },
  })
) {
  Deno.test(`${name} ends though its target fails as it stops to listen, which is reported`, async () => {
    using loop = new TestLoop();
    const target = new EventTarget();
    target.removeEventListener = () => {
      throw new RangeError("removed");
    };
    await loop.runUntilComplete(async () => {
      const task = createTask(() => listen(target));
      await sleep(0);
      target.dispatchEvent(new Event("x"));
      await task;
    });
    assertEquals(
      loop.reports.map(({ message, exception }) => `${message}: ${exception}`),
      [
        'Exception while stopping to listen for the event "x": RangeError: removed',
      ],
    );
    loop.reports.length = 0;
  });
}
