/**
 * What the end of a run does beside the cancel of its tasks. Each part is a task with a name,
 * as reports show what hangs.
 *
 * @module
 */
import type { EventLoop } from "../loop.ts";

// CPython's loop takes as many while it shuts its generators and its executor down.
const LAST_TURNS = 4;

/** Ends what tasks that are done have left at a wait; `cancelTasks` cancels the others with it. */
export function endStrays(
  loop: EventLoop,
  cancelTasks: () => void,
): Promise<void> {
  return runAs("the end of calls", loop, () => loop._endStrays(cancelTasks));
}

/** Closes what is open in a loop: connections, processes, async generators. */
export async function closeOpen(loop: EventLoop): Promise<void> {
  if (loop._hasResources()) {
    await runAs("the end of what was open", loop, () => loop._endResources());
  }
  if (loop._hasAsyncgens()) {
    const end = (): Promise<void> => loop.shutdownAsyncgens();
    await runAs("the end of async generators", loop, end);
  }
}

/** For what the last turn has called for, such as the done callbacks of what ended in it. */
export async function runLastTurns(loop: EventLoop): Promise<void> {
  for (let turn = 0; turn < LAST_TURNS && loop._hasReady(); turn++) {
    loop.stop();
    await loop._runForever();
  }
}

function runAs(
  name: string,
  loop: EventLoop,
  end: () => Promise<void>,
): Promise<void> {
  return loop.runUntilComplete(loop.createTask(end, { name }));
}
