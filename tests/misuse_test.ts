/**
 * Calls at the wrong time or in the wrong place: each is refused in words that say why, and
 * leaves all as it was.
 */
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  closing,
  type Coroutine,
  coroutine,
  createTask,
  EventLoop,
  mapConcurrent,
  onClosing,
  run,
  RuntimeError,
  sleep,
  taskGroup,
  Timeout,
  timeout,
  TimeoutError,
  wait,
} from "../mod.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { TestLoop } from "../testing.ts";
import { failureOf, inBoth, wait as waitFor } from "./cpython/_program.ts";

inBoth(
  "Coroutine.close() is refused while it runs, which goes on",
  function* (style) {
    let own: Coroutine<string> | undefined = undefined as never;
    const work = coroutine(style.fn(function* () {
      for (let n = 0; n < 2; n++) {
        assertThrows(
          () => own!.close(),
          RuntimeError,
          "it is running, cancel its task instead",
        );
        yield* waitFor(sleep(1));
      }
      return "ended";
    }));
    own = work() as Coroutine<string>;
    assertEquals(yield* waitFor(own), "ended");
    own.close();
  },
);

inBoth("wait() refuses a future of another loop", function* () {
  using other = new EventLoop();
  const future = other.createFuture<number>();
  const error = yield* failureOf(wait([createTask(sleep(0)), future]));
  assertEquals(
    String(error),
    "RangeError: Cannot wait: <Future pending> belongs to another loop",
  );
});

inBoth(
  "mapConcurrent() refuses a source whose await was forgotten",
  function* (style) {
    const load = style.fn(function* () {
      yield* waitFor(sleep(0));
      return [1, 2];
    });
    const double = (item: unknown) => sleep(0, item);
    const done = createTask(load);
    yield* waitFor(done);
    for (const source of [done, createTask(load), coroutine(load)()]) {
      const refused = assertThrows(
        () => mapConcurrent(source, double, { limit: 2 }),
        TypeError,
        "Cannot map concurrently: source must be an iterable, got <",
      );
      assertStringIncludes(refused.message, ">: wait for it first");
      const items = yield* waitFor(source);
      const mapped = mapConcurrent(items, double, { limit: 2 }).collect();
      assertEquals(yield* waitFor(mapped), [1, 2]);
    }
  },
);

Deno.test("run() refuses a future of another loop", async () => {
  using other = new EventLoop();
  await assertRejects(
    () => run(other.createFuture<number>()),
    RangeError,
    "Cannot run: <Future pending> belongs to another loop",
  );
});

Deno.test("a loop in debug mode refuses a callback from another loop's code", async () => {
  using other = new EventLoop({ debug: true });
  const made: string[] = [];
  const schedule = () => {
    for (
      const [name, call] of Object.entries({
        "callSoon()": () => other.callSoon(() => {}),
        "callLater()": () => other.callLater(1, () => {}),
        "callAt()": () => other.callAt(1, () => {}),
      })
    ) {
      assertThrows(
        call,
        RuntimeError,
        `Cannot schedule: ${name} was called in another loop's code`,
      );
      made.push(name);
    }
    return sleep(0);
  };
  await run(schedule);
  assertEquals(made.length, 3);
  // From nobody's code, and without debug mode, it may.
  other.callSoon(() => made.push("called"));
  await other.runUntilComplete(() => sleep(0));
  assertEquals(made.length, 4);
});

Deno.test("a scope has no signal before it has begun", () => {
  assertThrows(
    () => new Timeout(1).signal,
    RuntimeError,
    "Cannot give a signal: <Timeout [created]> has not been entered",
  );
});

Deno.test("closing() and onClosing() are refused where no loop runs", () => {
  for (const call of [() => closing(), () => onClosing("x", () => {})]) {
    assertThrows(
      call,
      RuntimeError,
      "no event loop is running, call it in run()",
    );
  }
});

Deno.test("a job refuses a result and an error of others", () =>
  run(async () => {
    await using executor = new InlineExecutor({
      double: (n: number) => sleep(0, 2 * n),
    });
    const job = executor.submit("double", [4]);
    assertThrows(
      () => job.setResult(5 as never),
      RuntimeError,
      "it comes from where the job runs",
    );
    assertThrows(
      () => job.setException(new Error()),
      RuntimeError,
      "it comes from where the job runs",
    );
    assertEquals(await job, 8);
  }));

Deno.test("a group that an abandoned body has left tells of a task that fails when its parent is done", async () => {
  const loop = new TestLoop();
  const answer = Promise.withResolvers<void>();
  await loop.runUntilComplete(async () => {
    const parent = createTask(
      () =>
        timeout(1, () =>
          taskGroup(async (group) => {
            group.createTask(async () => {
              await answer.promise;
              throw new RangeError("child");
            }, { name: "child" });
            await sleep(0);
          }), { abandon: true }),
      { name: "parent" },
    );
    await assertRejects(async () => await parent, TimeoutError);
    assertEquals(loop.reports, []);
    answer.resolve();
    await sleep(1);
  });
  const [first, second] = loop.reports.map(({ message }) => message);
  assertStringIncludes(first!, 'name="child"');
  assertStringIncludes(
    first!,
    'has failed, but its parent <Task finished name="parent"',
  );
  assertStringIncludes(second!, "in a body that was abandoned at its deadline");
  assertEquals(loop.reports.length, 2);
});
