import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  ContextVar,
  coroutine,
  createTask,
  Runner,
  RuntimeError,
  sleep,
} from "../../mod.ts";
import { caseTest, errorOf, virtualLoop } from "./_both.ts";

const virtual = { loopFactory: () => virtualLoop() };

caseTest("runners.RunnerTests.non_debug", async () => {
  await using runner = new Runner({ debug: false });
  assertFalse(runner.getLoop().getDebug());
});

caseTest("runners.RunnerTests.debug", async () => {
  await using runner = new Runner({ debug: true });
  assert(runner.getLoop().getDebug());
});

caseTest("runners.RunnerTests.custom_factory", async () => {
  const loop = virtualLoop();
  await using runner = new Runner({ loopFactory: () => loop });
  assertStrictEquals(runner.getLoop(), loop);
});

caseTest("runners.RunnerTests.run", async () => {
  const runner = new Runner(virtual);
  const loop = runner.getLoop();
  {
    await using _ = runner;
    assertEquals(
      await runner.run(async () => {
        await sleep(0);
        return "done";
      }),
      "done",
    );
    assertEquals(
      await runner.run(function* () {
        yield* sleep(0);
        return "done";
      }),
      "done",
    );
  }
  assertThrows(() => runner.getLoop(), RuntimeError, "closed");
  assert(loop.isClosed());
});

caseTest("runners.RunnerTests.run_non_coro", async () => {
  await using runner = new Runner(virtual);
  await assertRejects(() => runner.run(123 as never), TypeError, "123");
});

caseTest("runners.RunnerTests.run_future", async () => {
  await using runner = new Runner(virtual);
  const future = runner.getLoop().createFuture<string>();
  future.setResult("done");
  assertEquals(await runner.run(future), "done");
});

caseTest("runners.RunnerTests.run_awaitable", async () => {
  const awaitable: PromiseLike<string> = {
    then: (...callbacks) => Promise.resolve("done").then(...callbacks),
  };
  await using runner = new Runner(virtual);
  assertEquals(await runner.run(awaitable), "done");
});

caseTest("runners.RunnerTests.explicit_close", async () => {
  const runner = new Runner(virtual);
  const loop = runner.getLoop();
  await runner.close();
  assertThrows(() => runner.getLoop(), RuntimeError, "closed");
  assert(loop.isClosed());
});

caseTest("runners.RunnerTests.double_close", async () => {
  const runner = new Runner(virtual);
  const loop = runner.getLoop();
  await runner.close();
  assert(loop.isClosed());
  await runner.close();
});

caseTest("runners.RunnerTests.second_with_block_raises", async () => {
  const steps: string[] = [];
  const work = coroutine(async () => {
    await sleep(0);
    steps.push("ran");
  });
  const runner = new Runner(virtual);
  {
    await using _ = runner;
    await runner.run(work());
  }
  await assertRejects(
    async () => {
      await using _ = runner;
      await runner.run(work());
    },
    RuntimeError,
    "closed",
  );
  assertEquals(steps, ["ran"]);
});

caseTest("runners.RunnerTests.run_keeps_context", async () => {
  const variable = new ContextVar("variable", { default: -1 });
  const set = coroutine(async (value: number) => {
    await sleep(0);
    const old = variable.get();
    variable.set(value);
    return old;
  });
  const setToo = coroutine(function* (value: number) {
    const old = variable.get();
    variable.set(value);
    return old;
  });
  await using runner = new Runner(virtual);
  assertEquals(await runner.run(set(1)), -1);
  assertEquals(await runner.run(setToo(2)), 1);
  assertEquals(await runner.run(set(3)), 2);
});

caseTest("runners.RunnerTests.recursive_run", async () => {
  await using runner = new Runner(virtual);
  await runner.run(async () => {
    await assertRejects(
      () => runner.run(sleep(0)),
      RuntimeError,
      "running event loop",
    );
  });
  await runner.run(function* () {
    const refused = runner.run(sleep(0));
    assertInstanceOf(
      yield* errorOf(createTask(() => refused)),
      RuntimeError,
    );
  });
});

caseTest("runners.RunnerTests.no_repr_is_call_on_the_task_result", async () => {
  let shown = 0;
  class Secret {
    toString(): string {
      shown++;
      return "secret";
    }
  }
  await using runner = new Runner(virtual);
  const result = await runner.run(async () => {
    await sleep(0);
    return new Secret();
  });
  assertInstanceOf(result, Secret);
  const other = await runner.run(function* () {
    return new Secret();
  });
  assertInstanceOf(other, Secret);
  assertEquals(shown, 0);
  assertEquals(allTasks(runner.getLoop()).size, 0);
});
