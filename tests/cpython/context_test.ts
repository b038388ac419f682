import { assertEquals } from "@std/assert";
import {
  ContextVar,
  copyContext,
  type Coro,
  createTask,
  Future,
  gather,
  getRunningLoop,
  sleep,
  Task,
  wait,
} from "../../mod.ts";
import { both, caseTest, oneTurn, withLoop } from "./_both.ts";
import { collectGarbage } from "./_garbage.ts";

caseTest(
  "futures2.FutureTests.task_exc_handler_correct_context",
  () =>
    withLoop(async (loop) => {
      const variable = new ContextVar("variable", { default: "foo" });
      const seen: string[] = [];
      loop.setExceptionHandler(() => seen.push(variable.get()));
      const fail = async () => {
        await sleep(0);
        variable.set("bar");
        throw new RangeError("nobody fetches this");
      };
      loop.createTask(fail);
      await loop.runUntilComplete(sleep(1));
      for (let i = 0; i < 10 && seen.length === 0; i++) await collectGarbage();
      assertEquals(seen, ["bar"]);
    }),
);

caseTest(
  "futures2.FutureTests.handle_exc_handler_correct_context",
  () =>
    withLoop(async (loop) => {
      const variable = new ContextVar("variable", { default: "foo" });
      const seen: string[] = [];
      loop.setExceptionHandler(() => seen.push(variable.get()));
      loop.callSoon(() => {
        variable.set("bar");
        throw new RangeError("failed");
      });
      await oneTurn(loop);
      assertEquals(seen, ["bar"]);
      assertEquals(variable.get(), "foo");
    }),
);

both("tasks.BaseTaskTests.context_1", {
  *generator() {
    const variable = new ContextVar("variable", { default: "nope" });
    const task = createTask(function* () {
      yield* sleep(0.01);
      assertEquals(variable.get(), "nope");
      variable.set("something else");
    });
    variable.set("yes");
    assertEquals(variable.get(), "yes");
    yield* task;
    assertEquals(variable.get(), "yes");
  },
  async async() {
    const variable = new ContextVar("variable", { default: "nope" });
    const task = createTask(async () => {
      await sleep(0.01);
      assertEquals(variable.get(), "nope");
      variable.set("something else");
    });
    variable.set("yes");
    assertEquals(variable.get(), "yes");
    await task;
    assertEquals(variable.get(), "yes");
  },
});

both("tasks.BaseTaskTests.context_2", {
  *generator() {
    const variable = new ContextVar("variable", { default: "nope" });
    yield* createTask(function* (): Coro<void> {
      variable.set("yes");
      const future = resolvedLater(variable, "yes");
      yield* future;
      assertEquals(variable.get(), "yes");
      yield* sleep(0.001);
      assertEquals(variable.get(), "yes");
      variable.set("maybe");
      yield* resolvedLater(variable, "maybe");
      assertEquals(variable.get(), "maybe");
    });
    assertEquals(variable.get(), "nope");
  },
  async async() {
    const variable = new ContextVar("variable", { default: "nope" });
    await createTask(async () => {
      variable.set("yes");
      await resolvedLater(variable, "yes");
      assertEquals(variable.get(), "yes");
      await sleep(0.001);
      assertEquals(variable.get(), "yes");
      variable.set("maybe");
      await resolvedLater(variable, "maybe");
      assertEquals(variable.get(), "maybe");
    });
    assertEquals(variable.get(), "nope");
  },
});

function resolvedLater(
  variable: ContextVar<string>,
  expected: string,
): Future<void> {
  const future = new Future<void>();
  future.addDoneCallback(() => {
    assertEquals(variable.get(), expected);
    variable.set("something else");
  });
  getRunningLoop().callSoon(() => future.setResult());
  return future;
}

// A fixed sequence in place of random delays.
const DELAYS = Array.from({ length: 100 }, (_, i) => (i * 37 % 11) / 1000);

both("tasks.BaseTaskTests.context_3", {
  *generator() {
    const variable = new ContextVar("variable", { default: -1 });
    function* keep(id: number): Coro<void> {
      for (let i = 0; i < 10; i++) {
        variable.set(id + i);
        yield* sleep(DELAYS[(id + i) % 100]!);
        assertEquals(variable.get(), id + i);
      }
    }
    const tasks = DELAYS.map((_, id) => createTask(keep(id)));
    yield* wait(tasks);
    for (const task of tasks) task.result();
    assertEquals(variable.get(), -1);
  },
  async async() {
    const variable = new ContextVar("variable", { default: -1 });
    async function keep(id: number): Promise<void> {
      for (let i = 0; i < 10; i++) {
        variable.set(id + i);
        await sleep(DELAYS[(id + i) % 100]!);
        assertEquals(variable.get(), id + i);
      }
    }
    const tasks = DELAYS.map((_, id) => createTask(() => keep(id)));
    await wait(tasks);
    for (const task of tasks) task.result();
    assertEquals(variable.get(), -1);
  },
});

both("tasks.BaseTaskTests.context_4", {
  *generator() {
    const variable = new ContextVar<number>("variable");
    const context = copyContext();
    function* set(value: number): Coro<void> {
      yield* sleep(0);
      variable.set(value);
    }
    assertEquals(context.get(variable), undefined);
    yield* new Task(set(1), { context });
    assertEquals(context.get(variable), 1);
    yield* new Task(set(2), { context });
    assertEquals(context.get(variable), 2);
  },
  async async() {
    const variable = new ContextVar<number>("variable");
    const context = copyContext();
    async function set(value: number): Promise<void> {
      await sleep(0);
      variable.set(value);
    }
    assertEquals(context.get(variable), undefined);
    await new Task(() => set(1), { context });
    assertEquals(context.get(variable), 1);
    await new Task(() => set(2), { context });
    assertEquals(context.get(variable), 2);
  },
});

both("tasks.BaseTaskTests.context_5", {
  *generator() {
    const variable = new ContextVar<number>("variable");
    const context = copyContext();
    function* set(value: number): Coro<void> {
      yield* sleep(0);
      variable.set(value);
    }
    assertEquals(context.get(variable), undefined);
    yield* createTask(set(1), { context });
    assertEquals(context.get(variable), 1);
    yield* createTask(set(2), { context });
    assertEquals(context.get(variable), 2);
  },
  async async() {
    const variable = new ContextVar<number>("variable");
    const context = copyContext();
    async function set(value: number): Promise<void> {
      await sleep(0);
      variable.set(value);
    }
    assertEquals(context.get(variable), undefined);
    await createTask(() => set(1), { context });
    assertEquals(context.get(variable), 1);
    await createTask(() => set(2), { context });
    assertEquals(context.get(variable), 2);
  },
});

caseTest("tasks.BaseTaskTests.context_6", () =>
  withLoop(async (loop) => {
    const variable = new ContextVar<number>("variable");
    const context = copyContext();
    const set = async (value: number) => {
      await sleep(0);
      variable.set(value);
    };
    assertEquals(context.get(variable), undefined);
    for (const value of [1, 2]) {
      const task = loop.createTask(() => set(value), { context });
      await loop.runUntilComplete(task);
      assertEquals(context.get(variable), value);
    }
  }));

// Python's decimal precision: a setting that follows the context.
both("context.DecimalContextTest.asyncio_task_decimal_context", {
  *generator() {
    const precision = new ContextVar("precision", { default: 28 });
    const divide = (a: number, b: number) => (a / b).toFixed(precision.get());
    function* fraction(digits: number, a: number, b: number): Coro<string[]> {
      precision.set(digits);
      const first = divide(a, b);
      yield* sleep(0.01);
      const second = divide(a, b * 2);
      return [first, second];
    }
    const results = yield* gather(fraction(3, 1, 3), fraction(6, 1, 3));
    assertEquals(results, [["0.333", "0.167"], ["0.333333", "0.166667"]]);
  },
  async async() {
    const precision = new ContextVar("precision", { default: 28 });
    const divide = (a: number, b: number) => (a / b).toFixed(precision.get());
    async function fraction(digits: number, a: number, b: number) {
      precision.set(digits);
      const first = divide(a, b);
      await sleep(0.01);
      const second = divide(a, b * 2);
      return [first, second];
    }
    const results = await gather(
      () => fraction(3, 1, 3),
      () => fraction(6, 1, 3),
    );
    assertEquals(results, [["0.333", "0.167"], ["0.333333", "0.166667"]]);
  },
});
