import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  eagerTaskFactory,
  getRunningLoop,
  RuntimeError,
  sleep,
  type TaskGroup,
  taskGroup,
  taskSignal,
  timeout,
} from "../mod.ts";
import { runVirtual } from "./cpython/_both.ts";
import { failureOf, inBoth, type Program, wait } from "./cpython/_program.ts";

inBoth(
  "taskSignal() aborts with the CancelledError of its task",
  function* (style) {
    let signal: AbortSignal | undefined;
    const task = createTask(style.fn(function* () {
      signal = taskSignal();
      assertStrictEquals(signal, currentTask()!.signal);
      yield* wait(sleep(3600));
    }));
    yield* wait(sleep(1));
    assert(!signal!.aborted);
    task.cancel("enough");
    assert(signal!.aborted);
    assertInstanceOf(signal!.reason, CancelledError);
    assertEquals(signal!.reason.message, "enough");
    yield* failureOf(task);
  },
);

inBoth("taskSignal() is a fresh one after a timeout", function* (style) {
  let inner: AbortSignal | undefined;
  yield* failureOf(timeout(
    1,
    style.fn(function* () {
      inner = taskSignal();
      yield* wait(sleep(2));
    }),
  ));
  assert(inner!.aborted);
  assert(!taskSignal().aborted);
});

Deno.test("taskSignal() refuses to be called outside of a task", async () => {
  assertThrows(() => taskSignal(), RuntimeError, "No running event loop");
  await runVirtual(async () => {
    let error: unknown;
    getRunningLoop().callSoon(() => {
      error = assertThrows(
        () => taskSignal(),
        RuntimeError,
        "no task runs here",
      );
    });
    await sleep(1);
    assertInstanceOf(error, RuntimeError);
  });
});

/** Ways in which a group ends, a second after it began. */
const ENDS: Readonly<Record<string, (group: TaskGroup) => void>> = {
  "one of its tasks fails": (group) => {
    group.createTask(function* () {
      yield* sleep(1);
      throw new Error("failed");
    });
  },
  "it is cancelled": (group) => {
    getRunningLoop().callLater(1, () => group.cancel());
  },
};

for (const [how, end] of Object.entries(ENDS)) {
  inBoth(
    `TaskGroup.signal is the aborted one from the moment on in which ${how}`,
    function* (style) {
      const seen: AbortSignal[] = [];
      const task = createTask(taskGroup(style.fn(function* (group: TaskGroup) {
        const { signal } = group;
        signal.addEventListener("abort", () => {
          seen.push(signal, group.signal);
        });
        end(group);
        try {
          yield* wait(sleep(3600));
        } finally {
          seen.push(group.signal);
        }
      })));
      yield* wait(sleep(2));
      assert(task.done());
      task.exception();
      assertEquals(seen.length, 3);
      for (const signal of seen) assertStrictEquals(signal, seen[0]);
      assertInstanceOf(seen[0]!.reason, CancelledError);
    },
  );
}

inBoth(
  "TaskGroup.signal is aborted for its tasks when the body has failed",
  function* (style) {
    const seen: AbortSignal[] = [];
    yield* failureOf(taskGroup(style.fn(function* (group: TaskGroup) {
      group.createTask(style.fn(function* () {
        try {
          yield* wait(sleep(3600));
        } finally {
          seen.push(group.signal);
          yield* wait(sleep(1));
          seen.push(group.signal);
        }
      }));
      yield* wait(sleep(1));
      throw new Error("failed");
    })));
    assertEquals(seen.map((signal) => signal.aborted), [true, true]);
    assertInstanceOf(seen[0]!.reason, CancelledError);
  },
);

inBoth(
  "createTask() begins nothing when its signal was aborted, eagerly neither",
  function* (style) {
    const signal = AbortSignal.abort("reason");
    let begun = 0;
    const work = style.fn(function* (): Program<void> {
      begun++;
      yield* wait(sleep(1));
    });
    const makers = [
      () => createTask(work, { signal }),
      () => createTask(work, { signal, eagerStart: true }),
      () => {
        getRunningLoop().setTaskFactory(eagerTaskFactory);
        return createTask(work, { signal });
      },
    ];
    for (const make of makers) {
      const error = yield* failureOf(make());
      assertInstanceOf(error, CancelledError);
      assertEquals(error.cause, "reason");
    }
    assertEquals(begun, 0);
  },
);
