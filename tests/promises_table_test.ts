/**
 * What a cancel and a deadline do to each wait that the tables of README.md and
 * docs/promises.md list.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  fromSignal,
  interruptible,
  Queue,
  run,
  sleep,
  taskGroup,
  taskSignal,
  timeout,
  TimeoutError,
  waitFor,
} from "../mod.ts";
import { BLIND, readText } from "./_modules.ts";

/** Stands for `fetch()`: it ends when it is told to, or when its signal aborts. */
class Fetch {
  aborted = false;
  readonly promise: Promise<string>;
  answer: (text: string) => void = () => {};

  constructor(signal?: AbortSignal) {
    this.promise = new Promise((resolve, reject) => {
      this.answer = resolve;
      signal?.addEventListener("abort", () => {
        this.aborted = true;
        reject(signal.reason);
      });
    });
  }
}

/** What became of a wait that was cancelled, by `task.cancel()` or by a deadline. */
interface Outcome {
  /** Whether the wait threw before the host had answered. */
  readonly endedAtOnce: boolean;
  /** Whether the signal aborted. */
  readonly aborted: boolean;
  /** Whether the error that came out is that of the cancel. */
  readonly failed: boolean;
}

type Wait = (fetch: (signal?: AbortSignal) => Promise<string>) => () => unknown;

/** Cancels a wait, lets the host answer a moment later, and looks at what came of it. */
async function cancel(wait: Wait): Promise<Outcome> {
  let fetch: Fetch | undefined;
  let ended = false;
  const work = wait((signal) => (fetch = new Fetch(signal)).promise);
  return await run(async () => {
    const task = createTask(async () => {
      try {
        return await work();
      } finally {
        ended = true;
      }
    });
    await sleep(0.002);
    task.cancel();
    await sleep(0.005);
    const endedAtOnce = ended;
    fetch?.answer("late");
    const failed = await task.then(
      () => false,
      (error) => error instanceof CancelledError,
    );
    return { endedAtOnce, aborted: fetch?.aborted ?? false, failed };
  });
}

/** The same for the deadline of a scope. */
async function expire(wait: () => unknown): Promise<unknown> {
  return await run(async () => {
    try {
      await wait();
      return "no error";
    } catch (error) {
      return error instanceof TimeoutError ? "TimeoutError" : error;
    }
  });
}

const ENDS_AT_ONCE = { endedAtOnce: true, aborted: false, failed: true };
const ABORTS = { endedAtOnce: true, aborted: true, failed: true };

const rows: Record<string, () => Promise<void>> = {
  "`sleep()`, `queue.get()`, a task, …": async () => {
    for (
      const wait of [
        () => sleep(9),
        () => new Queue().get(),
        () => createTask(sleep(9)),
      ]
    ) assertEquals(await cancel(() => wait), ENDS_AT_ONCE);
  },
  "`await fetch(url)`": async () => {
    // It goes on to its end, and the next wait throws.
    assertEquals(
      await cancel((fetch) => async () => {
        await fetch();
        await sleep(9);
      }),
      { endedAtOnce: false, aborted: false, failed: true },
    );
  },
  "`await fetch(url, { signal: scope.signal })`": async () => {
    const waits: Wait[] = [
      (fetch) => () => timeout(9, async (scope) => await fetch(scope.signal)),
      (fetch) => () => taskGroup(async (group) => await fetch(group.signal)),
    ];
    for (const wait of waits) assertEquals(await cancel(wait), ABORTS);
    let late: Fetch | undefined;
    assertEquals(
      await expire(() =>
        timeout(0.001, async (scope) => {
          late = new Fetch(scope.signal);
          await late.promise;
        })
      ),
      "TimeoutError",
    );
    assert(late!.aborted);
  },
  "`await fetch(url, { signal: taskSignal() })`": async () => {
    const waits: Wait[] = [
      (fetch) => () => fetch(taskSignal()),
      (fetch) => () => fetch(currentTask()!.signal),
    ];
    for (const wait of waits) assertEquals(await cancel(wait), ABORTS);
  },
  "`await fromSignal((signal) => fetch(url, …))`": async () => {
    assertEquals(await cancel((fetch) => () => fromSignal(fetch)), ABORTS);
    // What fulfils at the abort is a cancel all the same, once it has ended.
    const outcome = await cancel((fetch) => () =>
      fromSignal((signal) => fetch(signal).catch(() => sleepOfHost(2)))
    );
    assertEquals(outcome.failed, true);
    assertEquals(
      await expire(() =>
        timeout(0.001, () => fromSignal((signal) => new Fetch(signal).promise))
      ),
      "TimeoutError",
    );
  },
  "`await interruptible(promise)`": async () => {
    assertEquals(
      await cancel((fetch) => () => interruptible(fetch())),
      ENDS_AT_ONCE,
    );
    assertEquals(
      await expire(() =>
        timeout(0.001, () => interruptible(new Fetch().promise))
      ),
      "TimeoutError",
    );
  },
  "`timeout(5, body, { abandon: true })`": async () => {
    assertEquals(
      await expire(() =>
        timeout(0.001, async () => await new Fetch().promise, { abandon: true })
      ),
      "TimeoutError",
    );
  },
  "`waitFor(promise, 5)`, `waitFor(() => p, 5)`": async () => {
    for (const promise of [new Fetch().promise, () => new Fetch().promise]) {
      assertEquals(await expire(() => waitFor(promise, 0.001)), "TimeoutError");
    }
  },
};

function sleepOfHost(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

for (const [row, check] of Object.entries(rows)) {
  Deno.test(`a cancel does to ${row} what the table says`, check);
}

for (const path of ["README.md", "docs/promises.md"]) {
  Deno.test({
    name: `each wait in the table of ${path} has its test here`,
    ignore: BLIND,
    fn() {
      const [, below] = readText(path).split(/^\| (?:wait|what an async).*$/m);
      const [table] = below!.split("\n\n");
      const waits = table!.split("\n").slice(2)
        .map((line) => line.split("|")[1]!.trim());
      assert(waits.length > 5);
      for (const wait of waits) assert(wait in rows, wait);
    },
  });
}
