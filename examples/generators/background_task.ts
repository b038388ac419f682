/**
 * `../background_task.ts` with generators: a background task that nobody keeps.
 *
 * `deno run --v8-flags=--expose-gc examples/generators/background_task.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { type Coro, createTask, Future, run, sleep } from "@asyncio/asyncio";

// The only way to the future that backTask waits for, and a weak one: nothing but
// the loop keeps the task.
let wake: WeakRef<Future<string>>;

export function* backTask(): Coro<void> {
  console.log("backTask:Starting");
  const future = new Future<string>();
  wake = new WeakRef(future);
  console.log("backTask:Ending", yield* future);
}

export function* main(): Coro<void> {
  // In Python: keep what createTask gives, or it may be gone.
  createTask(backTask());
  yield* sleep(1);
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  console.log(gc ? "gc" : "no gc: run with --v8-flags=--expose-gc");
  yield* sleep(1);
  wake.deref()?.setResult("after gc");
  yield* sleep(1);
}

if (import.meta.main) await run(main);
