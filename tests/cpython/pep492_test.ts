import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
} from "@std/assert";
import {
  type Coro,
  coroutine,
  createTask,
  isCoroutine,
  isCoroutineFunction,
  RuntimeError,
  sleep,
} from "../../mod.ts";
import { both, caseTest, errorOf, rejectionOf, runVirtual } from "./_both.ts";

caseTest("tasks.BaseTaskTests.iscoroutinefunction", () => {
  // A generator function is a coroutine function here, unlike in Python.
  const mock = Object.assign(() => {}, { calls: [] });
  for (const other of [() => {}, mock, {}, undefined]) {
    assertFalse(isCoroutineFunction(other));
  }
  assert(isCoroutineFunction(async () => {}));
  assert(isCoroutineFunction(function* () {}));
  assert(isCoroutineFunction(coroutine(async () => {})));
});

both("tasks.BaseTaskTests.coroutine_non_gen_function", {
  *generator() {
    const work = coroutine(function* () {
      return "test";
    });
    assert(isCoroutineFunction(work));
    const coro = work();
    assert(isCoroutine(coro));
    assertEquals(yield* coro, "test");
  },
  async async() {
    // deno-lint-ignore require-await
    const work = coroutine(async () => "test");
    assert(isCoroutineFunction(work));
    const coro = work();
    assert(isCoroutine(coro));
    assertEquals(await coro, "test");
  },
});

caseTest("pep492.CoroutineTests.iscoroutine", () => {
  const cold = coroutine(async () => {})();
  assert(isCoroutine(cold));
  cold.close();

  const like = {
    next: () => ({ done: true, value: undefined }),
    throw: () => ({ done: true, value: undefined }),
    return: () => ({ done: true, value: undefined }),
    [Symbol.iterator]: () => like,
  };
  assert(isCoroutine(like));
  assertFalse(isCoroutine([].values()));
  assertFalse(isCoroutine(Promise.resolve()));
});

caseTest("pep492.CoroutineTests.iscoroutinefunction", () => {
  async function foo(): Promise<void> {}
  assert(isCoroutineFunction(foo));
});

caseTest("pep492.CoroutineTests.async_def_coroutines", async () => {
  const bar = async () => {
    await sleep(0);
    return "spam";
  };
  const foo = async () => await bar();
  function* barToo(): Coro<string> {
    yield* sleep(0);
    return "spam";
  }
  function* fooToo(): Coro<string> {
    return yield* barToo();
  }
  for (const debug of [false, true]) {
    assertEquals(await runVirtual(foo, { debug }), "spam");
    assertEquals(await runVirtual(fooToo, { debug }), "spam");
  }
});

both("pep492.CoroutineTests.double_await", {
  *generator() {
    const coro = sleep(1);
    const task = createTask(coro);
    yield* sleep(0);
    const error = yield* errorOf(createTask(function* () {
      yield* coro;
    }));
    assertInstanceOf(error, RuntimeError);
    task.cancel();
  },
  async async() {
    const coro = coroutine(async () => await sleep(1))();
    const task = createTask(coro);
    await sleep(0);
    assertInstanceOf(await rejectionOf(coro), RuntimeError);
    task.cancel();
  },
});
