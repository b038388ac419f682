/**
 * Async functions that were called and not awaited yet when their task was cancelled: the
 * host must not end the program for them.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import process from "node:process";
import { setTimeout as wake } from "node:timers/promises";
import {
  CancelledError,
  createTask,
  fromSignal,
  run,
  sleep,
  taskGroup,
  taskSignal,
  timeout,
  TimeoutError,
  wait,
} from "../mod.ts";

if (process.argv.includes("listens")) {
  process.on("unhandledRejection", (error) => console.log(`told ${error}`));
}

async function download(): Promise<number> {
  await sleep(3600);
  return 1;
}

async function stubborn(): Promise<void> {
  try {
    await sleep(3600);
  } finally {
    // Longer than the task, and than the loop.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

await run(async () => {
  try {
    await timeout(0.001, async () => {
      const [first, second] = [download(), download()];
      return [await first, await second];
    });
  } catch (error) {
    console.log("timeout", error instanceof TimeoutError);
  }
});

await run(async () => {
  try {
    await taskGroup(async (group) => {
      const early = download();
      group.createTask(async () => {
        await sleep(0.001);
        throw new Error("fails");
      });
      await sleep(3600);
      await early;
    });
  } catch (error) {
    console.log("group", (error as AggregateError).errors.length);
  }
});

await run(async () => {
  const task = createTask(async () => {
    const early = [download(), stubborn()];
    await sleep(3600);
    await Promise.all(early);
  });
  await sleep(0.001);
  task.cancel();
  await wait([task]);
  console.log("task", task.cancelled());
});

await run(async () => {
  const cancelled = createTask(download);
  const followers = [1, 2].map(async () => await cancelled);
  await sleep(0.001);
  cancelled.cancel();
  await wait([cancelled]);
  console.log("followers", followers.length);
});

// Node warns of what is handled late, if it has told of it.
await run(async () => {
  const task = createTask(async () => {
    const early = download();
    try {
      await sleep(3600);
    } finally {
      await sleep(0.01);
      const [{ status }] = await Promise.allSettled([early]);
      console.log("late", status);
    }
  });
  await sleep(0.001);
  task.cancel();
  await wait([task]);
});

// The promise that nobody awaits yet rejects with the cancels of others.
await run(async () => {
  const task = createTask(async () => {
    const early = Promise.any([download(), Promise.any([download()])]);
    await sleep(3600);
    await early;
  });
  await sleep(0.001);
  task.cancel();
  await wait([task]);
  console.log("list", task.cancelled());
});

/** Stands for what rejects with the reason of its signal, as `fetch()` does. */
function call(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );
}

/** Rejects with an AbortError that has the reason as its cause, as all APIs of Node do. */
const pause = (signal: AbortSignal) => wake(60_000, undefined, { signal });

for (const begin of [call, pause]) {
  const both = async (signal: AbortSignal) => {
    const [first, second] = [begin(signal), begin(signal)];
    return [await first, await second];
  };
  await run(async () => {
    for (
      const body of [
        (scope: { signal: AbortSignal }) => both(scope.signal),
        () => fromSignal(both),
      ]
    ) {
      try {
        await timeout(0.01, body);
      } catch (error) {
        console.log("signal", error instanceof TimeoutError);
      }
    }
    const task = createTask(async () => {
      const early = begin(taskSignal());
      await sleep(3600);
      await early;
    });
    await sleep(0.01);
    task.cancel();
    await wait([task]);
    console.log("signal", task.cancelled());
  });
}

await run(async () => {
  download();
  await sleep(0.001);
});
console.log("main");

// What a program throws away itself is still told by the host.
if (process.argv.includes("error")) {
  Promise.reject(new Error("lost"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("not reached");
}
if (process.argv.includes("list")) {
  const errors = [new CancelledError(), new Error("another")];
  Promise.reject(new AggregateError(errors, "lost"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("not reached");
}
if (process.argv.includes("run")) {
  run(() => Promise.reject(new CancelledError("by hand")));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("not reached");
}
if (process.argv.includes("abort")) {
  let answer: unknown;
  await run(async () => {
    const task = createTask(async () => {
      answer = await pause(taskSignal()).catch((error) => error);
    });
    await sleep(0.01);
    task.cancel("an answer");
    await wait([task]);
  });
  run(() => Promise.reject(answer));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("not reached");
}
if (process.argv.includes("main")) {
  run(async () => {
    const task = createTask(download);
    await sleep(0.001);
    task.cancel("main too");
    await task;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("not reached");
}
await new Promise((resolve) => setTimeout(resolve, 50));
console.log("end");
