import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  captureCallGraph,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  formatCallGraph,
  Future,
  type FutureCallGraph,
  gather,
  printCallGraph,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "../../mod.ts";
import { both } from "./_both.ts";

/** A graph as names: of the task, of its stack, and the same of who waits for it. */
type Names = [task: string, stack: string[], awaitedBy: Names[]];

function namesOf(graph: FutureCallGraph | undefined): Names {
  const { future, callStack, awaitedBy } = graph!;
  return [
    future instanceof Future && "getName" in future
      ? (future as Task<unknown>).getName()
      : "future",
    callStack.map(({ name }) => name),
    awaitedBy.map(namesOf),
  ];
}

/** Takes the graph of the running task. */
const capture = coroutine(function* capture(): Coro<Names> {
  return namesOf(captureCallGraph());
});

const captureAsync = coroutine(async function capture(): Promise<Names> {
  await sleep(0);
  return namesOf(captureCallGraph());
});

function rename(name: string): void {
  currentTask()!.setName(name);
}

both("graph.CallStackTestBase.stack_task", {
  *generator() {
    rename("parent");
    const task = createTask(capture(), { name: "there there" });
    assertEquals(yield* task, [
      "there there",
      ["capture"],
      [["parent", ["<generator>"], []]],
    ]);
  },
  async async() {
    rename("parent");
    const task = createTask(captureAsync(), { name: "there there" });
    assertEquals(await task, [
      "there there",
      ["capture"],
      [["parent", ["async"], []]],
    ]);
  },
});

both("graph.CallStackTestBase.stack_gather", {
  *generator() {
    rename("parent");
    const task = createTask(capture(), { name: "child" });
    yield* gather(task, sleep(1));
    assertEquals(task.result(), [
      "child",
      ["capture"],
      [["parent", ["<generator>"], []]],
    ]);
  },
  async async() {
    rename("parent");
    const task = createTask(captureAsync(), { name: "child" });
    await gather(task, sleep(1));
    assertEquals(task.result(), [
      "child",
      ["capture"],
      [["parent", ["async"], []]],
    ]);
  },
});

both("graph.CallStackTestBase.stack_shield", {
  *generator() {
    rename("parent");
    const task = createTask(capture(), { name: "child" });
    assertEquals(yield* shield(task), [
      "child",
      ["capture"],
      [["parent", ["<generator>"], []]],
    ]);
  },
  async async() {
    rename("parent");
    const task = createTask(captureAsync(), { name: "child" });
    assertEquals(await shield(task), [
      "child",
      ["capture"],
      [["parent", ["async"], []]],
    ]);
  },
});

both("graph.CallStackTestBase.stack_timeout", {
  *generator() {
    rename("parent");
    const inner = coroutine(function* inner() {
      return yield* timeout(1, function* () {
        return yield* capture();
      });
    });
    const task = createTask(inner(), { name: "child" });
    const [name, stack, awaitedBy] = yield* shield(task);
    assertEquals(name, "child");
    assertEquals(stack.at(-1), "inner");
    assert(stack.includes("timeout"));
    assertEquals(awaitedBy, [["parent", ["<generator>"], []]]);
  },
  async async() {
    rename("parent");
    const inner = coroutine(async function inner() {
      return await timeout(1, async () => await captureAsync());
    });
    const task = createTask(inner(), { name: "child" });
    const [name, stack, awaitedBy] = await shield(task);
    assertEquals(name, "child");
    assertEquals(stack.at(-1), "inner");
    assert(stack.includes("timeout"));
    assertEquals(awaitedBy, [["parent", ["async"], []]]);
  },
});

both("graph.CallStackTestBase.stack_wait", {
  *generator() {
    rename("parent");
    const task = createTask(capture(), { name: "child" });
    yield* wait([task]);
    assertEquals(task.result(), [
      "child",
      ["capture"],
      [["parent", ["wait", "<generator>"], []]],
    ]);
  },
  async async() {
    rename("parent");
    const task = createTask(captureAsync(), { name: "child" });
    await wait([task]);
    assertEquals(task.result(), [
      "child",
      ["capture"],
      [["parent", ["wait", "async"], []]],
    ]);
  },
});

both("graph.CallStackTestBase.stack_tgroup", {
  *generator() {
    rename("root");
    let names: Names | undefined;
    yield* taskGroup(function* main(group): Coro<void> {
      const deep = group.createTask(function* () {
        yield* sleep(1);
        names = yield* capture();
      }, { name: "c2" });
      const sibling = () =>
        function* (): Coro<void> {
          yield* deep;
        };
      group.createTask(sibling(), { name: "sub 1" });
      group.createTask(sibling(), { name: "sub 2" });
    });
    checkGroup(names!);
  },
  async async() {
    rename("root");
    let names: Names | undefined;
    await taskGroup(async function main(group): Promise<void> {
      const deep = group.createTask(async () => {
        await sleep(1);
        names = await captureAsync();
      }, { name: "c2" });
      group.createTask(async () => await deep, { name: "sub 1" });
      group.createTask(async () => await deep, { name: "sub 2" });
      await sleep(0);
    });
    checkGroup(names!);
  },
});

function checkGroup([name, stack, awaitedBy]: Names): void {
  assertEquals([name, stack[0]], ["c2", "capture"]);
  const above = awaitedBy.map(([name, , above]) => [
    name,
    above.map(([name]) => name),
  ]);
  assertEquals(
    new Map(above as [string, string[]][]),
    new Map([
      ["root", []],
      ["sub 1", ["root"]],
      ["sub 2", ["root"]],
    ]),
  );
}

both("graph.CallStackTestBase.stack_future", {
  *generator() {
    rename("test");
    const future = new Future<void>();
    const waitFor = coroutine(function* waiting() {
      yield* future;
    });
    const tasks = [
      createTask(waitFor(), { name: "task A" }),
      createTask(waitFor(), { name: "task B" }),
    ];
    const asker = createTask(function* () {
      yield* sleep(0);
      const names = namesOf(captureCallGraph(future));
      const text = formatCallGraph(future);
      future.setResult();
      return [names, text] as const;
    });
    yield* gather(...tasks);
    checkFuture(yield* asker, "<generator>");
  },
  async async() {
    rename("test");
    const future = new Future<void>();
    const waitFor = coroutine(async function waiting() {
      await future;
    });
    const tasks = [
      createTask(waitFor(), { name: "task A" }),
      createTask(waitFor(), { name: "task B" }),
    ];
    const asker = createTask(async () => {
      await sleep(0.1);
      const names = namesOf(captureCallGraph(future));
      const text = formatCallGraph(future);
      future.setResult();
      return [names, text] as const;
    });
    await gather(...tasks);
    checkFuture(await asker, "async()");
  },
});

function checkFuture(
  [names, text]: readonly [Names, string],
  style: string,
): void {
  const test: Names = ["test", [style.replace("()", "")], []];
  assertEquals(names, ["future", [], [
    ["task A", ["waiting"], [test]],
    ["task B", ["waiting"], [test]],
  ]]);
  assert(text.startsWith("* Future(pending"));
  assertStringIncludes(
    text,
    `
  + Awaited by:
    * Task(name="task A")
      + Call stack:
      |   waiting()
      + Awaited by:
        * Task(name="test")
          + Call stack:
          |   ${style}`,
  );
}

both("tasks.BaseTaskTests.get_stack", {
  *generator() {
    const texts: string[] = [];
    function* bar(): Coro<void> {
      const task = currentTask()!;
      assertEquals(task.getStack({ limit: 1 }), ["foo"]);
      task.printStack({ limit: 1, write: (text) => texts.push(text) });
      yield* sleep(0);
    }
    const foo = coroutine(function* foo() {
      yield* bar();
    });
    yield* createTask(foo());
    assertStringIncludes(texts[0]!, "foo() running");
  },
  async async() {
    const texts: string[] = [];
    async function bar(): Promise<void> {
      const task = currentTask()!;
      assertEquals(task.getStack({ limit: 1 }), ["foo"]);
      task.printStack({ limit: 1, write: (text) => texts.push(text) });
      await sleep(0);
    }
    await createTask(async function foo() {
      await bar();
    });
    assertStringIncludes(texts[0]!, "foo() running");
  },
});

both("pep492.CoroutineTests.task_print_stack", {
  *generator() {
    const foo = coroutine(function* foo(): Coro<void> {
      assertStrictEquals(currentTask(), task);
      assertEquals(task.getStack({ limit: 1 }), ["foo"]);
      const texts: string[] = [];
      printCallGraph(undefined, { write: (text) => texts.push(text) });
      assertStringIncludes(texts[0]!, "foo()");
    });
    const task: Task<void> = createTask(foo());
    yield* task;
  },
  async async() {
    const task: Task<void> = createTask(async function foo(): Promise<void> {
      await sleep(0);
      assertStrictEquals(currentTask(), task);
      assertEquals(task.getStack({ limit: 1 }), ["foo"]);
    });
    await task;
  },
});
