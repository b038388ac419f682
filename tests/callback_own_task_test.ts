/**
 * A callback of the host may wait for the task that it stems from, by whatever way: the end of
 * the task waits for none of these, and cancels none of them.
 */
import { assertEquals } from "@std/assert";
import {
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  firstSuccess,
  fromSignal,
  gather,
  mapConcurrent,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";

const WAYS: Readonly<
  Record<string, (task: Task<unknown>) => PromiseLike<unknown>>
> = {
  "await": (task) => task,
  "then()": (task) => task.then((value) => value),
  "Promise.all()": (task) => Promise.all([task]),
  "gather()": (task) => gather(task),
  "gather() with a limit": (task) => gather([task], { limit: 1 }),
  "wait()": (task) => wait([task]),
  "wait() for another task too": (task) =>
    wait([task, createTask(sleep(0.005))]),
  "waitFor()": (task) => waitFor(task, 60),
  "shield()": (task) => shield(task),
  "race()": (task) => race([task, sleep(60)]),
  "firstSuccess()": (task) => firstSuccess([task]),
  "staggeredRace()": (task) => staggeredRace([async () => await task], 60),
  "asCompleted()": async (task) => {
    for await (const each of asCompleted([task])) each.result();
  },
  "timeout()": (task) => timeout(60, async () => await task),
  "timeout() of a generator": (task) =>
    timeout(60, function* (): Coro<void> {
      yield* task;
    }),
  "taskGroup()": (task) => taskGroup(async () => void await task),
  "a task of a group": (task) =>
    taskGroup(async (group) => {
      group.createTask(async () => await task);
      await sleep(0);
    }),
  "scopes in each other": (task) =>
    timeout(60, () => taskGroup(() => timeout(60, async () => await task))),
  "a scope that has waited before": (task) =>
    timeout(60, async () => {
      await sleep(0);
      await task;
    }),
  "another task": (task) => createTask(async () => await task),
  "coroutine()": (task) => coroutine(async () => await task)(),
  "fromSignal()": (task) => fromSignal(async () => await task),
  "mapConcurrent()": (task) =>
    mapConcurrent([task], async (each) => await each, { limit: 1 }).collect(),
};

/** Ways in which the task ends, and what becomes of it. */
const ENDS: Readonly<
  Record<string, [end: (task: Task<unknown>) => void, outcome: string]>
> = {
  "ends": [() => {}, "done"],
  "fails": [() => {
    throw new RangeError("failed");
  }, "RangeError"],
  "is cancelled": [(task) => void task.cancel(), "CancelledError"],
};

async function outcomeOf(task: Task<unknown>): Promise<string> {
  try {
    await task;
    return "done";
  } catch (error) {
    return (error as Error).name;
  }
}

for (const [way, waitBy] of Object.entries(WAYS)) {
  for (const [how, [end, outcome]] of Object.entries(ENDS)) {
    Deno.test(`a callback of the host waits for its own task, which ${how}, by ${way}`, () =>
      run(async () => {
        let waited: Promise<string> | undefined;
        const wait = async (task: Task<unknown>) => {
          try {
            await waitBy(task);
            return "went on";
          } catch (error) {
            return (error as Error).name;
          }
        };
        const task = createTask(async () => {
          const own = currentTask()!;
          setTimeout(() => waited = wait(own));
          while (waited === undefined) await sleep(0.001);
          await sleep(0.001);
          end(own);
          await sleep(0);
        });
        assertEquals(await outcomeOf(task), outcome);
        const given = await waited;
        if (outcome === "done") assertEquals(given, "went on");
      }));
  }
}

Deno.test("a time limit in a callback of the host ends the task that it waits for", () =>
  run(async () => {
    let waited: Promise<unknown> | undefined;
    const task = createTask(async () => {
      const own = currentTask()!;
      setTimeout(() => {
        waited = Promise.resolve(waitFor(own, 0.005)).catch((error) =>
          error.name
        );
      });
      await sleep(60);
    });
    assertEquals(await outcomeOf(task), "CancelledError");
    await waited;
  }));

Deno.test("a function of a task that waits for the task itself is told, also in a scope and after a wait", () =>
  run(async () => {
    for (
      const way of [
        "await",
        "waitFor()",
        "timeout()",
        "timeout() of a generator",
        "coroutine()",
        "a scope that has waited before",
      ]
    ) {
      const task: Task<unknown> = createTask(async () => {
        await sleep(0);
        await WAYS[way]!(currentTask()!);
      });
      assertEquals(await outcomeOf(task), "RuntimeError", way);
    }
  }));
