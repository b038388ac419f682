/**
 * The worker of `loop_worker_test.ts`: tells what it finds.
 *
 * @module
 */
import {
  getEventLoop,
  getRunningLoop,
  newEventLoop,
  run,
  setEventLoop,
  sleep,
} from "@asyncio/asyncio";

/** What the worker tells. */
export interface Findings {
  /** The error of `getEventLoop()` before any loop was set. */
  readonly early: string;
  /** Whether `getEventLoop()` gives the loop that was set. */
  readonly same: boolean;
  /** What that loop ran. */
  readonly ran: string;
  /** Whether the loop of `run()` is one of its own. */
  readonly own: boolean;
  /** The error of `getEventLoop()` after the loop was taken away. */
  readonly late: string;
}

function errorOf(call: () => unknown): string {
  try {
    return `no error, but ${call()}`;
  } catch (error) {
    return String(error);
  }
}

const early = errorOf(getEventLoop);
const loop = newEventLoop();
setEventLoop(loop);
const same = getEventLoop() === loop && getEventLoop() === loop;
const ran = await loop.runUntilComplete(sleep(0.001, "it runs"));
const own = await run(async () => {
  await sleep(0);
  return getRunningLoop() !== loop;
});
loop.close();
setEventLoop(undefined);
const findings: Findings = {
  early,
  same,
  ran,
  own,
  late: errorOf(getEventLoop),
};
(self as unknown as Worker).postMessage(findings);
