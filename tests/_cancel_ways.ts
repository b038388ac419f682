/**
 * How a function is cancelled while a helper of its stands at a wait, and what comes some turns
 * later: for the tests of who gets a cancel.
 *
 * @module
 */
import {
  createTask,
  Event,
  type EventLoop,
  getRunningLoop,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "../mod.ts";
import { RealOrderLoop } from "./_real_order_loop.ts";

/** In which order the loop runs. */
export const LOOPS = {
  "real time": undefined,
  "real order": (): EventLoop => new RealOrderLoop(),
};

/** What a helper stands at, that nobody awaits. */
export const HELPERS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "a sleep": () => sleep(60),
  "an event": () => new Event().wait(),
  "a timeout()": () => timeout(60, async () => await sleep(60)),
  "waitFor()": () => waitFor(sleep(60), 60),
  "a task": () => createTask(async () => await sleep(60)),
};

/** Calls a function, and gives what cancels it. */
export type Cancel = (
  work: () => Promise<void>,
) => [PromiseLike<unknown>, () => void];

/** Cancels the task of a function. */
export const byTask: Cancel = (work) => {
  const task = createTask(work);
  return [task, () => task.cancel()];
};

/** Lets the deadline round a function pass. */
export const byTimeout: Cancel = (work) => {
  let end = (): void => {};
  const task = createTask(() =>
    timeout(60, (scope) => {
      end = () => scope.reschedule(-Infinity);
      return work();
    })
  );
  return [task, () => end()];
};

/** Cancels the group round a function. */
export const byGroup: Cancel = (work) => {
  let end = (): void => {};
  const task = createTask(() =>
    taskGroup((group) => {
      end = () => group.cancel();
      return work();
    })
  );
  return [task, () => end()];
};

/** Calls back in a later turn of the loop; with 0 at once. */
export function afterTurns(turns: number, callback: () => void): void {
  if (turns === 0) callback();
  else getRunningLoop().callSoon(() => afterTurns(turns - 1, callback));
}
