/**
 * Builds anew when files change: a burst of changes is one build, and the next burst ends
 * a build that still runs, after its clean-up.
 *
 * `deno run examples/rebuild.ts [generators]`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  type Coro,
  createTask,
  getRunningLoop,
  Queue,
  QueueShutDown,
  run,
  sleep,
  type Task,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";

const QUIET = 0.1;

/** Stands for `Deno.watchFs()` or `fs.watch()`, which call back from the host. */
export function watch(changed: (file: string) => void, ended: () => void) {
  const loop = getRunningLoop();
  const edits = { a: 0, b: 0.05, c: 1, d: 1.08 };
  for (const [file, when] of Object.entries(edits)) {
    loop.callLater(when, () => changed(file));
  }
  loop.callLater(4, ended);
}

export async function build(files: Set<string>) {
  try {
    console.log("build:Starting", ...files);
    await sleep(2);
    console.log("build:Ending", ...files);
  } finally {
    await sleep(0.1);
    console.log("build:Cleaned up", ...files);
  }
}

/** Gives what has changed, when nothing has for a while. */
export async function burst(changes: Queue<string>) {
  const files = new Set([await changes.get()]);
  try {
    // A time limit loses nothing: a change that comes later is for the next one.
    for (;;) files.add(await waitFor(changes.get(), QUIET));
  } catch (error) {
    if (error instanceof TimeoutError) return files;
    throw error;
  }
}

export async function main() {
  const changes = new Queue<string>();
  watch((file) => changes.putNowait(file), () => changes.shutdown());
  let task: Task<void> | undefined;
  try {
    for (;;) {
      const files = await burst(changes);
      task?.cancel();
      if (task) await wait([task]);
      task = createTask(() => build(files));
    }
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error;
    await task;
  }
}

/** The same with generators. */
export const generators = {
  *build(files: Set<string>): Coro<void> {
    try {
      console.log("build:Starting", ...files);
      yield* sleep(2);
      console.log("build:Ending", ...files);
    } finally {
      yield* sleep(0.1);
      console.log("build:Cleaned up", ...files);
    }
  },

  *burst(changes: Queue<string>): Coro<Set<string>> {
    const files = new Set([yield* changes.get()]);
    try {
      for (;;) files.add(yield* waitFor(changes.get(), QUIET));
    } catch (error) {
      if (error instanceof TimeoutError) return files;
      throw error;
    }
  },

  *main(): Coro<void> {
    const changes = new Queue<string>();
    watch((file) => changes.putNowait(file), () => changes.shutdown());
    let task: Task<void> | undefined;
    try {
      for (;;) {
        const files = yield* generators.burst(changes);
        task?.cancel();
        if (task) yield* wait([task]);
        task = createTask(generators.build(files));
      }
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
      if (task) yield* task;
    }
  },
};

if (import.meta.main) {
  await run(Deno.args[0] === "generators" ? generators.main : main);
}
