/**
 * A background task that nobody keeps. In Python the garbage collector may take it
 * ("Task was destroyed but it is pending", cpython#91887). Here the loop holds it.
 *
 * `deno run --v8-flags=--expose-gc examples/background_task.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { type Coro, createTask, Future, run, sleep } from "@asyncio/asyncio";

// The only way to the future that backTask waits for, and a weak one: nothing but
// the loop keeps the task.
let wake: WeakRef<Future<string>>;

export async function backTask() {
  console.log("backTask:Starting");
  const future = new Future<string>();
  wake = new WeakRef(future);
  console.log("backTask:Ending", await future);
}

export async function main() {
  // In Python: keep what createTask gives, or it may be gone.
  createTask(backTask);
  await sleep(1);
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  console.log(gc ? "gc" : "no gc: run with --v8-flags=--expose-gc");
  await sleep(1);
  wake.deref()?.setResult("after gc");
  await sleep(1);
}

/** The same with generators. */
export const generators = {
  *backTask(): Coro<void> {
    console.log("backTask:Starting");
    const future = new Future<string>();
    wake = new WeakRef(future);
    console.log("backTask:Ending", yield* future);
  },

  *main(): Coro<void> {
    createTask(generators.backTask());
    yield* sleep(1);
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    console.log(gc ? "gc" : "no gc: run with --v8-flags=--expose-gc");
    yield* sleep(1);
    wake.deref()?.setResult("after gc");
    yield* sleep(1);
  },
};

if (import.meta.main) {
  await run(Deno.args[0] === "generators" ? generators.main : main);
}
