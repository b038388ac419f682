/**
 * What `ensureFuture()` takes: a coroutine, a future, and any other awaitable.
 *
 * `deno run examples/ensure_future.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  createTask,
  ensureFuture,
  getRunningLoop,
  run,
  sleep,
  Task,
} from "@asyncio/asyncio";

export async function doSomething(t: number) {
  await sleep(t);
  return `嵌套Cose ${t}s`;
}

/** In Python an awaitable has `__await__`; in TypeScript it has `then`. */
export class Later implements PromiseLike<string> {
  then<A, B>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ) {
    return Promise.resolve("later").then(onFulfilled, onRejected);
  }
}

export async function main() {
  // A coroutine becomes a task, as by loop.createTask().
  const task = ensureFuture(() => doSomething(2));
  console.log("coroutine:", task instanceof Task, await task);

  // A future, so a task too, is given back as it is.
  const future = getRunningLoop().createFuture<string>();
  console.log("future:", ensureFuture(future) === future);
  console.log("task:", ensureFuture(task) === task);

  // Any other awaitable is awaited by a new task.
  const awaited = ensureFuture(new Later());
  console.log("awaitable:", awaited instanceof Task, await awaited);

  // createTask() takes coroutines only: it is the running loop's createTask().
  console.log("createTask:", await createTask(() => doSomething(1)));
  console.log(
    "loop.createTask:",
    await getRunningLoop().createTask(() => doSomething(1)),
  );
}

/** The same with generators. */
export const generators = {
  *doSomething(t: number): Coro<string> {
    yield* sleep(t);
    return `嵌套Cose ${t}s`;
  },

  *main(): Coro<void> {
    const { doSomething } = generators;
    const task = ensureFuture(doSomething(2));
    console.log("coroutine:", task instanceof Task, yield* task);

    const future = getRunningLoop().createFuture<string>();
    console.log("future:", ensureFuture(future) === future);
    console.log("task:", ensureFuture(task) === task);

    const awaited = ensureFuture(new Later());
    console.log("awaitable:", awaited instanceof Task, yield* awaited);

    console.log("createTask:", yield* createTask(doSomething(1)));
    console.log(
      "loop.createTask:",
      yield* getRunningLoop().createTask(doSomething(1)),
    );
  },
};

if (import.meta.main) {
  await run(Deno.args[0] === "generators" ? generators.main : main);
}
