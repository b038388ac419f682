/**
 * Words of the random async functions: other loops beside their own, as a server has that
 * calls `run()` for each request.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  allTasks,
  createTask,
  currentTask,
  type EventLoop,
  fromSignal,
  Future,
  getRunningLoop,
  interruptible,
  run,
  sleep,
  wait,
} from "../mod.ts";
import { setImmediate } from "node:timers";
import type { Probe } from "./_cancel_probe.ts";
import { sharedOf } from "./_cancel_shared.ts";
import { must, type Words } from "./_cancel_words.ts";

// A run is refused in a task's own context, so it begins in that of the module.
const outside: <R>(callback: () => R) => R = AsyncLocalStorage.snapshot();

/** Waits for what another loop does. */
export const LOOP_WAITS: Words = {
  // To the task this is the host.
  otherRun: (probe, _first, _second, seconds) =>
    inOther(probe, () => sleep(seconds)),
  async calledByOther(probe, _first, _second, seconds) {
    const own = getRunningLoop();
    const called = new Future<void>();
    const other = inOther(probe, async () => {
      await sleep(seconds);
      own.callSoonThreadsafe(() =>
        called.done() || called.setResult(undefined)
      );
      await sleep(0);
    });
    try {
      await called;
    } finally {
      await interruptible(other);
    }
  },
  async askedOther(probe, _first, _second, seconds) {
    const own = getRunningLoop();
    const loop = probe.newLoop();
    const question = new Future<() => void>({ loop });
    const answer = new Future<EventLoop>();
    const other = inLoop(probe, loop, async () => (await question)());
    const ask = (callback: () => void) =>
      void loop.callSoonThreadsafe(() => question.setResult(callback));
    let isAsked = false;
    try {
      await sleep(seconds);
      isAsked = true;
      ask(() => {
        const from = getRunningLoop();
        own.callSoonThreadsafe(() => answer.done() || answer.setResult(from));
      });
      must(await answer === loop, "A callback was called in another loop");
    } finally {
      if (!isAsked) ask(() => {});
      await interruptible(other);
    }
  },
};

/** Functions that call one other in another loop. */
export const AROUND_LOOPS: Words = {
  otherTask: (probe, first) =>
    fromSignal((signal) =>
      inOther(probe, async () => {
        const task = createTask(first, { signal });
        await wait([task]);
        await task;
      })
    ),
  otherMain: (probe, first) =>
    fromSignal((signal) => inOther(probe, first, signal)),
  otherLoops: (probe, first) =>
    fromSignal((signal) =>
      inOther(
        probe,
        () => fromSignal((signal) => inOther(probe, first, signal)),
        signal,
      )
    ),
};

function inOther(
  probe: Probe,
  work: () => PromiseLike<void>,
  signal?: AbortSignal,
): Promise<void> {
  return inLoop(probe, probe.newLoop(), work, signal);
}

/** Runs something in another loop, from a later turn of the host on. */
function inLoop(
  probe: Probe,
  loop: EventLoop,
  work: () => PromiseLike<void>,
  signal?: AbortSignal,
): Promise<void> {
  const main = async () => {
    must(getRunningLoop() === loop, "A task runs in another loop");
    const task = currentTask();
    try {
      await work();
    } finally {
      must(getRunningLoop() === loop, "A task has another loop after it");
      must(currentTask() === task, "Another loop has another task after it");
      // gather() does not wait for all that it has cancelled.
      const left = [...allTasks()].filter((each) => each !== task);
      if (left.length > 0) await wait(left);
      // waitFor() leaves a plain function at a promise of the host.
      for (let turn = 0; turn < 4; turn++) await probe.host();
    }
  };
  return outside(() =>
    new Promise((resolve, reject) =>
      setImmediate(() =>
        run(main, { loopFactory: () => loop, signal })
          // What main has left behind has ended with the run.
          .finally(() => sharedOf(loop).check())
          .then(resolve, reject)
      )
    )
  );
}
