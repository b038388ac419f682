import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  eagerTaskFactory,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  sleep,
  staggeredRace,
  taskGroup,
  VirtualClock,
} from "../../mod.ts";
import { observe, taskOf } from "../../testing.ts";
import { both, caseTest } from "./_both.ts";

function eagerly(): EventLoop {
  const loop = getRunningLoop();
  loop.setTaskFactory(eagerTaskFactory);
  return loop;
}

both(
  "eager_task_factory.EagerTaskFactoryLoopTests.staggered_race_with_eager_tasks",
  {
    *generator() {
      eagerly();
      const [winner, index, errors] = yield* staggeredRace<string>([
        function* () {
          yield* new Future();
          return "blocked";
        },
        () => sleep(1, "sleep1"),
        function* () {
          throw new RangeError("fail");
        },
      ], 0.25);
      assertEquals([winner, index], ["sleep1", 1]);
      checkErrors(errors);
    },
    async async() {
      eagerly();
      const [winner, index, errors] = await staggeredRace<string>([
        async () => {
          await new Future();
          return "blocked";
        },
        async () => await sleep(1, "sleep1"),
        // deno-lint-ignore require-await
        async () => {
          throw new RangeError("fail");
        },
      ], 0.25);
      assertEquals([winner, index], ["sleep1", 1]);
      checkErrors(errors);
    },
  },
);

function checkErrors(errors: readonly unknown[]): void {
  assertEquals(errors.length, 3);
  assertInstanceOf(errors[0], CancelledError);
  assertEquals(errors[1], undefined);
  assertInstanceOf(errors[2], RangeError);
}

/** How many tasks ever become ready for `work`, without and with the eager factory. */
async function countTasks(work: () => Coro<void>): Promise<[number, number]> {
  const counts: number[] = [];
  for (const factory of [undefined, eagerTaskFactory]) {
    using loop = new EventLoop({ clock: new VirtualClock() });
    const scheduled = new Set<unknown>();
    await loop.runUntilComplete(function* () {
      loop.setTaskFactory(factory);
      using _ = observe(loop, {
        woken(step) {
          if (taskOf(step) === step) scheduled.add(step);
        },
      });
      const root = createTask(work());
      yield* root;
      scheduled.delete(currentTask()!);
    });
    counts.push(scheduled.size);
  }
  return counts as [number, number];
}

caseTest(
  "eager_task_factory.BaseTaskCountingTests.awaitables_chain",
  async () => {
    const chain = coroutine(function* (depth: number): Coro<number> {
      return depth === 0 ? 0 : 1 + (yield* chain(depth - 1));
    });
    const counts = await countTasks(function* () {
      assertEquals(yield* chain(100), 100);
    });
    assertEquals(counts, [1, 0]);
  },
);

const WIDTH = 5;
const DEPTH = 4;
// 1 + 5 + 25 + 125 + 625
const TREE = 781;
// Those with children: since 3.13.2 a group takes its tasks' ends by way of the loop, so
// its own task waits. (In 3.12 it was 0.)
const INNER = 156;

caseTest(
  "eager_task_factory.BaseTaskCountingTests.recursive_taskgroups",
  async () => {
    function* recurse(depth: number): Coro<void> {
      if (depth === 0) return;
      yield* taskGroup(function* (group): Coro<void> {
        for (let i = 0; i < WIDTH; i++) group.createTask(recurse(depth - 1));
      });
    }
    assertEquals(await countTasks(() => recurse(DEPTH)), [TREE, INNER]);
  },
);

caseTest(
  "eager_task_factory.BaseTaskCountingTests.recursive_gather",
  async () => {
    function* recurse(depth: number): Coro<void> {
      if (depth === 0) return;
      yield* gather(
        Array.from({ length: WIDTH }, () => recurse(depth - 1)),
      );
    }
    assertEquals(await countTasks(() => recurse(DEPTH)), [TREE, 0]);
  },
);
