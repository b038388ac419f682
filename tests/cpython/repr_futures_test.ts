import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  allTasks,
  type Coro,
  coroutine,
  createTask,
  Future,
  Handle,
  sleep,
  type Task,
  TimerHandle,
  waitFor,
} from "../../mod.ts";
import {
  both,
  caseTest,
  recordReports,
  rejectionOf,
  withLoop,
} from "./_both.ts";

caseTest("futures.BaseFutureTests.future_repr", async () => {
  await withLoop((loop) => {
    const texts = (...futures: Future<unknown>[]) => futures.map(String);
    const pending = loop.createFuture();
    const cancelled = loop.createFuture();
    cancelled.addDoneCallback(() => {});
    cancelled.cancel();
    const finished = loop.createFuture();
    finished.setResult(4);
    const failed = loop.createFuture();
    failed.setException(new RangeError("no"));
    failed.exception();
    assertEquals(texts(pending, cancelled, finished, failed), [
      "<Future pending>",
      "<Future cancelled>",
      "<Future finished result=4>",
      '<Future finished exception=RangeError("no")>',
    ]);

    const first = () => {};
    const last = () => {};
    const future = loop.createFuture();
    future.addDoneCallback(first);
    assertEquals(String(future), "<Future pending cb=[first()]>");
    future.addDoneCallback(last);
    assertEquals(String(future), "<Future pending cb=[first(), last()]>");
    future.removeDoneCallback(last);
    for (let i = 0; i < 8; i++) future.addDoneCallback(() => {});
    future.addDoneCallback(last);
    assertEquals(
      String(future),
      "<Future pending cb=[first(), <8 more>, last()]>",
    );
    future.cancel();
    assertEquals(String(future), "<Future cancelled>");
  });
  await withLoop((loop) => {
    assertMatch(
      String(loop.createFuture()),
      /^<Future pending created at .*repr_futures_test\.ts:\d+:\d+>$/,
    );
  }, { debug: true });
});

both("futures2.FutureReprTests.recursive_repr_for_pending_tasks", {
  *generator() {
    const inner = coroutine(function* () {
      // Both of them wait, the one for the other.
      const one: Task<unknown> = createTask(function* (): Coro<unknown> {
        return yield* two;
      }, { name: "one" });
      const two: Task<unknown> = createTask(function* (): Coro<unknown> {
        return yield* one;
      }, { name: "two" });
      yield* sleep(0);
      yield* sleep(0);
      return [one, ...allTasks()].map(String);
    });
    const texts = yield* waitFor(inner(), 10);
    assertStringIncludes(texts[0]!, "...");
    breakCircle();
  },
  async async() {
    const inner = coroutine(async () => {
      const one: Task<unknown> = createTask(
        async (): Promise<unknown> => await two,
        { name: "one" },
      );
      const two: Task<unknown> = createTask(
        async (): Promise<unknown> => await one,
        { name: "two" },
      );
      await sleep(0.1);
      return [one, ...allTasks()].map(String);
    });
    const texts = await waitFor(inner(), 10);
    assertStringIncludes(texts[0]!, "...");
    breakCircle();
  },
});

// Cancelling a circle has no end, in CPython either: one of them must be let go.
function breakCircle(): void {
  recordReports();
  const [one] = [...allTasks()].filter((task) => task.getName() === "one");
  Future.prototype.cancel.call(one);
}

caseTest("tasks.BaseTaskTests.task_repr", () =>
  withLoop(async (loop) => {
    const work = coroutine(function* notmuch() {
      return "abc";
    });
    const dummy = () => {};
    const task = loop.createTask(work(), { name: "TestTask" });
    task.addDoneCallback(dummy);
    assertEquals(
      String(task),
      '<Task pending name="TestTask" coro=notmuch() cb=[dummy()]>',
    );
    task.cancel();
    assertEquals(
      String(task),
      '<Task cancelling name="TestTask" coro=notmuch() cb=[dummy()]>',
    );
    await rejectionOf(loop.runUntilComplete(task));
    assertEquals(
      String(task),
      '<Task cancelled name="TestTask" coro=notmuch()>',
    );

    const finished = loop.createTask(work(), { name: "TestTask" });
    await loop.runUntilComplete(finished);
    assertEquals(
      String(finished),
      '<Task finished name="TestTask" coro=notmuch() result="abc">',
    );
  }));

caseTest(
  "tasks.BaseTaskTests.task_repr_wait_for",
  () =>
    withLoop(async (loop) => {
      const future = loop.createFuture<void>();
      const task = loop.createTask(function* () {
        yield* future;
      });
      await loop.runUntilComplete(sleep(0));
      assertStringIncludes(String(task), `wait_for=${future}`);
      const same = loop.createTask(async () => await future);
      await loop.runUntilComplete(sleep(0));
      assertStringIncludes(String(same), `wait_for=${future}`);
      future.setResult();
      await loop.runUntilComplete(task);
      await loop.runUntilComplete(same);
    }),
);

caseTest("events.HandleTests.handle_repr", () =>
  withLoop((loop) => {
    function noop(): void {}
    class Service {
      method(): void {}
    }
    const handle = new Handle(noop, loop);
    assertEquals(String(handle), "<Handle noop()>");
    handle.cancel();
    assertEquals(String(handle), "<Handle cancelled>");
    assertEquals(
      String(new Handle(noop.bind(undefined), loop)),
      "<Handle noop()>",
    );
    const service = new Service();
    assertEquals(
      String(new Handle(service.method.bind(service), loop)),
      "<Handle method()>",
    );
    assertEquals(String(new Handle(() => {}, loop)), "<Handle <anonymous>()>");
  }));

caseTest("events.HandleTests.handle_repr_debug", () =>
  withLoop((loop) => {
    function noop(): void {}
    const handle = new Handle(noop, loop);
    const place = "created at .*repr_futures_test\\.ts:\\d+:\\d+";
    assertMatch(String(handle), new RegExp(`^<Handle noop\\(\\) ${place}>$`));
    for (let i = 0; i < 2; i++) {
      handle.cancel();
      assertMatch(
        String(handle),
        new RegExp(`^<Handle cancelled noop\\(\\) ${place}>$`),
      );
    }
  }, { debug: true }));

caseTest(
  "events.HandleTests.coroutine_like_object_debug_formatting",
  () =>
    withLoop((loop) => {
      const like = (name?: string) => {
        const object = {
          ...name === undefined ? {} : { name },
          next: () => ({ done: true, value: undefined }),
          throw: () => ({ done: true, value: undefined }),
          return: () => ({ done: true, value: undefined }),
          [Symbol.iterator]: () => object,
        };
        return object as never;
      };
      loop.setExceptionHandler(() => {});
      const named = loop.createTask(like("NAME"));
      assertStringIncludes(String(named), "coro=NAME()");
      const nameless = loop.createTask(like());
      assertStringIncludes(String(nameless), "coro=<generator>");
    }),
);

caseTest("events.TimerTests.timer_repr", () =>
  withLoop((loop) => {
    function noop(): void {}
    const timer = new TimerHandle(123, noop, loop);
    assertEquals(String(timer), "<TimerHandle when=123 noop()>");
    timer.cancel();
    assertEquals(String(timer), "<TimerHandle when=123 cancelled>");
  }));

caseTest("events.TimerTests.timer_repr_debug", () =>
  withLoop((loop) => {
    function noop(): void {}
    const timer = new TimerHandle(123, noop, loop);
    const place = "created at .*repr_futures_test\\.ts:\\d+:\\d+";
    assertMatch(
      String(timer),
      new RegExp(`^<TimerHandle when=123 noop\\(\\) ${place}>$`),
    );
    timer.cancel();
    assertMatch(
      String(timer),
      new RegExp(`^<TimerHandle when=123 cancelled noop\\(\\) ${place}>$`),
    );
  }, { debug: true }));
