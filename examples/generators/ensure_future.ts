/**
 * `../ensure_future.ts` with generators: what `ensureFuture()` takes.
 *
 * `deno run examples/generators/ensure_future.ts`
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
import { Later } from "../ensure_future.ts";

export function* doSomething(t: number): Coro<string> {
  yield* sleep(t);
  return `嵌套Cose ${t}s`;
}

export function* main(): Coro<void> {
  // A coroutine becomes a task, as by loop.createTask().
  const task = ensureFuture(doSomething(2));
  console.log("coroutine:", task instanceof Task, yield* task);

  // A future, so a task too, is given back as it is.
  const future = getRunningLoop().createFuture<string>();
  console.log("future:", ensureFuture(future) === future);
  console.log("task:", ensureFuture(task) === task);

  // Any other awaitable is awaited by a new task.
  const awaited = ensureFuture(new Later());
  console.log("awaitable:", awaited instanceof Task, yield* awaited);

  // createTask() takes coroutines only: it is the running loop's createTask().
  console.log("createTask:", yield* createTask(doSomething(1)));
  console.log(
    "loop.createTask:",
    yield* getRunningLoop().createTask(doSomething(1)),
  );
}

if (import.meta.main) await run(main);
