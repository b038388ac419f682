/**
 * More tasks are cancelled in one turn than the library tells apart by what follows from each
 * cancel: every function gets its cancel all the same.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  createTask,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../mod.ts";
import { RealOrderLoop } from "./_real_order_loop.ts";

const MANY = 2_000;

type Wait = (name: string) => Promise<void>;

/** What each task does; `wait` notes that it was cancelled, under a name. */
const SHAPES: Readonly<
  Record<string, readonly [names: string[], work: (wait: Wait) => unknown]>
> = {
  "a function": [["a"], (wait) => wait("a")],
  "two functions": [
    ["a", "b"],
    (wait) => Promise.all([wait("a"), wait("b")]),
  ],
  "a helper that nobody awaits": [["a", "b"], (wait) => {
    wait("a").catch(() => {});
    return wait("b");
  }],
  "a function in a timeout()": [
    ["a"],
    (wait) => timeout(900, () => wait("a")),
  ],
};

/** How they are cancelled: makes the tasks, and gives what cancels them. */
const CANCELS: Readonly<
  Record<string, (work: () => Promise<void>) => Task<unknown>[]>
> = {
  "each": (work) => Array.from({ length: MANY }, () => createTask(work)),
  "their group": (work) => [
    createTask(() =>
      taskGroup(async (group) => {
        for (let i = 0; i < MANY; i++) group.createTask(work);
        await sleep(600);
      })
    ),
  ],
};

for (const [what, [names, work]] of Object.entries(SHAPES)) {
  for (const [whom, begin] of Object.entries(CANCELS)) {
    Deno.test(`thousands of tasks are cancelled in one turn, ${whom}: ${what} of each gets it once`, async () => {
      const cancelled: Record<string, number> = {};
      const went: string[] = [];
      const wait = async (name: string): Promise<void> => {
        try {
          await sleep(600);
          went.push(name);
        } catch (error) {
          cancelled[name] = (cancelled[name] ?? 0) + 1;
          throw error;
        }
      };
      await run(async () => {
        const tasks = begin(async () => void await work(wait));
        await sleep(1);
        for (const task of tasks) task.cancel();
        const ended = await Promise.allSettled(tasks);
        assertEquals(ended.filter(({ status }) => status !== "rejected"), []);
      }, { loopFactory: () => new RealOrderLoop() });
      assertEquals(went, []);
      assertEquals(
        cancelled,
        Object.fromEntries(names.map((name) => [name, MANY])),
      );
    });
  }
}
