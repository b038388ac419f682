/**
 * Programs of async functions on a host without async storage, as browsers are: it is taken
 * away before the library is loaded. Prints a line for each that went wrong.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import "./_no_storage.ts";
import {
  createTask,
  currentTask,
  Event,
  gather,
  handleRequests,
  interruptible,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../mod.ts";

type Program = () => Promise<unknown>;

function host(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function nameOf(promise: PromiseLike<unknown>): Promise<string> {
  try {
    return String(await promise);
  } catch (error) {
    return (error as Error).name;
  }
}

const PROGRAMS: Readonly<Record<string, readonly [Program, unknown]>> = {
  "two tasks know themselves": [
    async () => {
      const names = async () => {
        const before = currentTask()!.getName();
        await sleep(0.001);
        await sleep(0);
        return `${before}=${currentTask()!.getName()}`;
      };
      return await gather(
        createTask(names, { name: "a" }),
        createTask(names, { name: "b" }),
      );
    },
    "a=a,b=b",
  ],
  "a cancel reaches a task, which cleans up": [
    async () => {
      const log: string[] = [];
      const task = createTask(async () => {
        try {
          await sleep(0.001);
          await sleep(60);
        } finally {
          await sleep(0.001);
          log.push("cleaned up");
        }
      });
      await sleep(0.01);
      task.cancel();
      await wait([task]);
      return [task.cancelled(), ...log];
    },
    "true,cleaned up",
  ],
  "timeout() ends its body": [
    () => nameOf(timeout(0.01, async () => await sleep(60))),
    "TimeoutError",
  ],
  "waitFor() ends what it waits for": [
    () => nameOf(waitFor(async () => await sleep(60), 0.01)),
    "TimeoutError",
  ],
  "a timeout() after a wait of the library": [
    async () => {
      await sleep(0.001);
      return await nameOf(timeout(0.01, async () => {
        await sleep(0.001);
        await sleep(60);
      }));
    },
    "TimeoutError",
  ],
  "interruptible() keeps the task": [
    async () => {
      await interruptible(host(1));
      return await nameOf(timeout(0.01, async () => {
        await interruptible(host(1));
        await sleep(60);
      }));
    },
    "TimeoutError",
  ],
  "a task group ends its tasks": [
    () =>
      nameOf(taskGroup(async (group) => {
        group.createTask(async () => await sleep(60));
        group.createTask(async () => {
          await sleep(0.001);
          throw new Error("failed");
        });
        await sleep(60);
      })),
    "AggregateError",
  ],
  "who has begun an eager task waits for it, and not the task itself": [
    async () => {
      await sleep(0);
      return createTask(async () => {
        await host(1);
        return "host";
      }, { eagerStart: true });
    },
    "host",
  ],
  "who has begun an eager task is not ended with it": [
    async () => {
      await sleep(0);
      const task = createTask(async () => await host(1), { eagerStart: true });
      const slept = sleep(0.01, "slept").then((result) => result);
      task.cancel();
      return await slept;
    },
    "slept",
  ],
  "an eager task of a main that has not waited knows itself": [
    async () => {
      const task = createTask(async () => {
        await new Lock().acquire();
        return currentTask()!.getName();
      }, { eagerStart: true, name: "eager" });
      const main = currentTask();
      return [await task, currentTask() === main];
    },
    "eager,true",
  ],
  "a queue, a lock and an event": [
    async () => {
      const [queue, lock, event] = [
        new Queue<number>(1),
        new Lock(),
        new Event(),
      ];
      const producer = createTask(async () => {
        for (let i = 0; i < 3; i++) await queue.put(i);
        event.set();
      });
      let sum = 0;
      for (let i = 0; i < 3; i++) {
        using _ = await lock.acquire();
        sum += await queue.get();
      }
      await event.wait();
      await producer;
      return sum;
    },
    "3",
  ],
  "a wait after the host ends, though no task is known": [
    async () => {
      await host(1);
      return await sleep(0.001, "slept");
    },
    "slept",
  ],
  "a scope after the host is refused": [
    async () => {
      await host(1);
      return await nameOf(timeout(1, async () => await sleep(60)));
    },
    "RuntimeError",
  ],
};

const warnings: unknown[] = [];
console.warn = (...args: unknown[]) => warnings.push(args);
for (const [name, [program, expected]] of Object.entries(PROGRAMS)) {
  const late = new Promise((resolve) => setTimeout(resolve, 5000, "it hangs"));
  const outcome = await Promise.race([
    run(program).then(String, (error) => `${error}`),
    late,
  ]);
  if (outcome !== expected) console.log(`${name}: ${outcome}`);
}
if (warnings.length === 0) console.log("nobody was warned");

const permits = new Semaphore(9);
const handler = handleRequests(async () => {
  using _ = await permits.acquire();
  await timeout(60, async () => await sleep(0.001));
  return new Response();
});
const answers = await Promise.all(
  [1, 2, 3].map(() => handler(new Request("http://localhost/"))),
);
const statuses = answers.map((answer) => answer.status).join();
if (statuses !== "200,200,200") console.log(`requests at once: ${statuses}`);
// In the burst in which the last request has ended.
await handler(new Request("http://localhost/"));
const after = await run(() => sleep(0, "run")).catch(String);
if (after !== "run") console.log(`run() after a request: ${after}`);

console.log("end");
Deno.exit();
