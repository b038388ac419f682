/**
 * Work that several tasks wait for: whose it is, and with whom it ends.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  createTask,
  shield,
  sleep,
  type Task,
  wait as waitAll,
} from "../mod.ts";
import { runVirtual } from "./cpython/_both.ts";
import { inBoth, type Program, wait } from "./cpython/_program.ts";

inBoth(
  "shield() of a task in a cache lets a cancel of one who waits for it end that wait alone",
  function* (style) {
    let loads = 0;
    const load = style.fn(function* (): Program<string> {
      loads++;
      yield* wait(sleep(2));
      return "row";
    });
    const cache = new Map<string, Task<string>>();
    const row = style.fn(function* (): Program<string> {
      const task = cache.get("key") ?? createTask(load);
      cache.set("key", task);
      return yield* wait(shield(task));
    });
    const [first, second] = [createTask(row), createTask(row)];
    yield* wait(sleep(1));
    first.cancel();
    assertEquals(yield* wait(second), "row");
    assert(first.cancelled());
    assertEquals(loads, 1);
  },
);

type Job = () => Promise<unknown>;

/** A queue as other libraries have it: who has ended a job calls the next one. */
class ForeignQueue {
  readonly #jobs: Job[] = [];
  #isBusy = false;

  add(job: Job): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#jobs.push(() => job().then(resolve, reject));
    if (!this.#isBusy) void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) {
      await job();
    }
    this.#isBusy = false;
  }
}

/** Gives two tasks that have ended, each of which had a job in such a queue. */
async function twoTasks(bind: (job: Job) => Job): Promise<Task<unknown>[]> {
  const queue = new ForeignQueue();
  const tasks = ["first", "second"].map((name) =>
    createTask(async () => {
      const result = await queue.add(bind(async () => await sleep(2, name)));
      // By then the next job has begun.
      await sleep(1);
      return result;
    }, { name })
  );
  await waitAll(tasks);
  assertEquals(tasks[0]!.result(), "first");
  return tasks;
}

Deno.test("createTask() names the task with which a job ends that a queue of another library has begun in it", () =>
  runVirtual(async () => {
    const [, second] = await twoTasks((job) => job);
    assert(second!.cancelled());
    const error = await second!.catch((error: unknown) => error);
    assertInstanceOf(error, CancelledError);
    assertEquals(
      error.message,
      "first has ended, and with it what nobody in it awaits",
    );
  }));

Deno.test("createTask() leaves a job to its own task that is bound to it, whoever begins it", () =>
  runVirtual(async () => {
    const [, second] = await twoTasks((job) => AsyncLocalStorage.bind(job));
    assertEquals(second!.result(), "second");
  }));
