/**
 * The cancel sweep of programs that wait for the host: on Deno, Node and Bun.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  type CoroutineFunction,
  createTask,
  EventLoop,
  run,
} from "../mod.ts";
import { observe } from "../testing.ts";

/** What is swept: made anew for each run. */
export interface RealVictim {
  /** What is cancelled. */
  readonly work: CoroutineFunction<unknown>;
  /** Looks, in the loop, for what is left or lost. */
  settled?(): Promise<void>;
  /** Looks for what is left, after the end of the run. */
  over?(): Promise<void> | void;
}

// How many steps after the first cancel the second comes; 0 is none.
const SECOND = [0, 1, 3];

/**
 * Cancels a victim before each step of the loop, and again a few steps later. Each time it
 * must end as cancelled, and nothing may be reported.
 *
 * @param make Makes the victim.
 */
export async function sweepReal(make: () => RealVictim): Promise<void> {
  let moments = 0;
  for (const second of SECOND) {
    for (let first = 1;; first++) {
      const victim = make();
      const what = `cancelled before step ${first}, and ${second} later`;
      try {
        const ended = await cancelledRun(victim, first, second);
        await victim.over?.();
        if (ended === undefined) break;
        assert.match(ended, /^<Task cancelled/);
      } catch (error) {
        throw new Error(`${what}: ${error}`, { cause: error });
      }
      moments++;
    }
  }
  // How many steps there are is up to the host: what it has at once needs none.
  assert.ok(moments > SECOND.length, `${moments} moments`);
}

/** The victim as text, done; `undefined` if it had ended before the cancel. */
async function cancelledRun(
  { work, settled }: RealVictim,
  first: number,
  second: number,
): Promise<string | undefined> {
  const loop = new EventLoop();
  const reports: unknown[] = [];
  loop.setExceptionHandler((_, context) => reports.push(context));
  let step = 0;
  let cancelled = false;
  const ended = await run(async () => {
    const task = createTask(work);
    // No `using`: Node 22 does not have it.
    const stop = observe(loop, {
      before() {
        step++;
        if (step === first) cancelled = task.cancel();
        if (second > 0 && step === first + second) task.cancel();
      },
    });
    await task.then(() => {}, (error) => {
      if (!(error instanceof CancelledError)) throw error;
    });
    stop[Symbol.dispose]();
    await settled?.();
    return String(task);
  }, { loopFactory: () => loop });
  assert.deepEqual(reports, []);
  return cancelled ? ended : undefined;
}
