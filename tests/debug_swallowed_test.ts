/**
 * Debug mode reports a task that swallows a cancel: one whose function got it, and returned
 * all the same.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  createTask,
  currentTask,
  ensureFuture,
  EventLoop,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { inBoth, wait } from "./cpython/_program.ts";

/** A loop in debug mode that keeps what it reports of cancels. */
function debugLoop(reports: string[]): EventLoop {
  const loop = new EventLoop({ debug: true });
  // However slow the machine is.
  loop.slowCallbackDuration = Infinity;
  loop.setExceptionHandler((_loop, { message }) => reports.push(message));
  return loop;
}

inBoth(
  "debug mode reports a task that swallows a cancel, and none that takes it back",
  function* (style) {
    const reports: string[] = [];
    const loop = getRunningLoop();
    loop.setDebug(true);
    loop.setExceptionHandler((_loop, { message, task }) =>
      reports.push(`${message}: ${(task as { getName(): string }).getName()}`)
    );
    for (const name of ["swallows", "takes it back"]) {
      const task = createTask(
        style.fn(function* () {
          try {
            yield* wait(sleep(2));
          } catch {
            if (name === "takes it back") currentTask()!.uncancel();
          }
        }),
        { name },
      );
      yield* wait(sleep(1));
      task.cancel();
      yield* wait(task);
    }
    assertEquals(reports, [
      "Task was cancelled but swallowed the CancelledError: swallows",
    ]);
  },
);

async function turn(): Promise<number> {
  await sleep(0);
  return 1;
}

/** Each has work of its own that is soon done, and none that catches anything. */
const STEPS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "createTask()": () => createTask(turn),
  "createTask() of a scope": () => createTask(timeout(9, turn)),
  "gather()": () => gather(turn, turn),
  "shield()": () => shield(turn),
  "timeout()": () => timeout(9, async () => await createTask(turn)),
  "waitFor()": () => waitFor(turn, 9),
  "taskGroup()": () =>
    taskGroup(async (group) => {
      await group.createTask(turn);
    }),
};

// As many moments as there are between two waits of a loop, several times.
const MOMENTS = 20;

for (const [name, step] of Object.entries(STEPS)) {
  Deno.test(`debug mode reports no task that keeps its result as who waits by ${name} is cancelled`, async () => {
    const reports: string[] = [];
    const works = [
      async () => {
        for (;;) await step();
      },
      function* () {
        for (;;) yield* ensureFuture(step());
      },
    ];
    const main = async () => {
      for (let turns = 1; turns <= MOMENTS; turns++) {
        for (const work of works) {
          const task = createTask<unknown>(work as () => Promise<unknown>);
          for (let i = 0; i < turns; i++) await sleep(0);
          task.cancel();
          await Promise.allSettled([task]);
        }
      }
    };
    await run(main, { loopFactory: () => debugLoop(reports) });
    assertEquals(reports, []);
  });
}
