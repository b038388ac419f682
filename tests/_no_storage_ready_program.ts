/**
 * Async functions whose first wait has nothing to wait for, on a host without async storage:
 * their next wait is ended by their own scope and task all the same. Prints a line for each
 * that went wrong.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import "./_no_storage.ts";
import {
  asCompleted,
  Barrier,
  Condition,
  coroutine,
  createTask,
  currentTask,
  Event,
  fromSignal,
  Future,
  gather,
  getRunningLoop,
  interruptible,
  Lock,
  mapConcurrent,
  Queue,
  race,
  Semaphore,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../mod.ts";
import { runTest } from "../testing.ts";

type Work = () => Promise<unknown>;

const done = () => {
  const future = new Future<number>();
  future.setResult(1);
  return future;
};
const failed = () => {
  const future = new Future<number>();
  future.setException(new RangeError("failed"));
  return future;
};

/** What has nothing to wait for. */
const READY: Readonly<Record<string, Work>> = {
  "nothing": async () => {},
  "a future that is done": async () => void await done(),
  "a future that has failed": async () => {
    try {
      await failed();
    } catch {
      // It goes on.
    }
  },
  "then() of a future that is done": async () =>
    void await done().then((value) => value + 1),
  "a task that is done": async () => void await finished,
  "a free lock": async () => void await new Lock().acquire(),
  "a free lock with using": async () => {
    using _ = await new Lock().acquire();
  },
  "a free semaphore": async () => void await new Semaphore(1).acquire(),
  "a queue with room": async () => await new Queue<number>(1).put(1),
  "a queue with an item": async () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    await queue.get();
  },
  "a queue that is shut down, iterated": async () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.shutdown();
    for await (const _ of queue);
  },
  "an event that is set": async () => {
    const event = new Event();
    event.set();
    await event.wait();
  },
  "a condition that holds": async () => {
    const condition = new Condition();
    using _ = await condition.acquire();
    await condition.waitFor(() => true);
  },
  "a barrier of one": async () => void await new Barrier(1).wait(),
  "gather() of nothing": async () => void await gather(),
  "gather() of what is done": async () => void await gather(done(), done()),
  "race() of what is done": async () => void await race([done()]),
  "wait() for what is done": async () => void await wait([done()]),
  "shield() of what is done": async () => void await shield(done()),
  "waitFor() what is done": async () => void await waitFor(done(), 1),
  "asCompleted() of what is done": async () => {
    for await (const _ of asCompleted([done(), done()]));
  },
  "mapConcurrent() without a wait": async () => {
    const doubled = mapConcurrent([1, 2], (n) => Promise.resolve(n), {
      limit: 2,
    });
    await doubled.collect();
  },
  "a coroutine without a wait": async () =>
    void await coroutine(function* () {
      return 1;
    })(),
  "a scope without a wait": async () => await timeout(1, async () => {}),
  "a group without a task": async () => await taskGroup(async () => {}),
  "interruptible() of what is settled": async () =>
    void await interruptible(Promise.resolve(1)),
  "sleep(0)": async () => await sleep(0),
};

let finished: PromiseLike<unknown>;

/** How long a body took until its scope, or its task, was ended after a second. */
const ENDINGS: Readonly<Record<string, (body: Work) => Promise<unknown>>> = {
  "timeout()": (body) => timeout(1, body),
  "timeout() after a wait": async (body) => {
    await sleep(0);
    await timeout(1, body);
  },
  "timeout() in a timeout()": (body) => timeout(9, () => timeout(1, body)),
  "waitFor()": (body) => waitFor(body, 1),
  "cancel() of a task": async (body) => {
    const task = createTask(body);
    await sleep(1);
    task.cancel();
    await task;
  },
  "cancel() of an eager task": async (body) => {
    const task = createTask(body, { eagerStart: true });
    await sleep(1);
    task.cancel();
    await task;
  },
  "fromSignal()": (body) => timeout(1, () => fromSignal(body)),
  "a task group": (body) =>
    taskGroup(async (group) => {
      group.createTask(body);
      await sleep(1);
      throw new Error("failed");
    }),
  "gather()": (body) => timeout(1, () => gather(body, body)),
  "mapConcurrent()": (body) =>
    timeout(
      1,
      async () => await mapConcurrent([1, 2, 3], body, { limit: 2 }).collect(),
    ),
  "scopes side by side": (body) =>
    Promise.all([timeout(1, body), timeout(1, body), timeout(1, body)]),
  "a scope beside a helper": async (body) => {
    const helper = async () => {
      await done();
      await sleep(1);
    };
    await Promise.all([helper(), timeout(1, body), helper()]);
  },
};

for (const [ready, first] of Object.entries(READY)) {
  for (const [ending, end] of Object.entries(ENDINGS)) {
    await runTest(async () => {
      const loop = getRunningLoop();
      finished = createTask(async () => {});
      await finished;
      const start = loop.time();
      const body = async () => {
        await first();
        await sleep(60);
      };
      let outcome = "nothing was ended";
      try {
        await end(body);
      } catch (error) {
        outcome = error instanceof TypeError ? error.message : "ended";
      }
      const seconds = loop.time() - start;
      if (outcome === "ended" && seconds === 1) return;
      console.log(`${ready}, ${ending}: ${outcome}, ${seconds} s`);
    });
  }
}
// Nobody has resumed the main of a run: it begins within the call of run().
for (const [ready, first] of Object.entries(READY)) {
  const main = async () => {
    finished = createTask(function* () {}, { eagerStart: true });
    const task = currentTask();
    await first();
    if (currentTask() !== task) return "is of another task";
    return await timeout(1, async () => void await sleep(60));
  };
  const [alone] = await Promise.allSettled([runTest(main)]);
  const both = await Promise.allSettled([runTest(main), runTest(main)]);
  for (const run of [alone, ...both]) {
    const outcome = run.status === "fulfilled" ? run.value : run.reason;
    if (outcome instanceof TimeoutError) continue;
    console.log(`${ready}, the main of ${both.length} runs: ${outcome}`);
  }
}
console.log("end");
Deno.exit();
