/**
 * Growth: what is done for many costs each of them what it costs one of few. The CPU time
 * of 1,000 and of 100,000 is compared as a ratio, with wide room: a square would be
 * 100 times. The host counts the CPU time of the process, so that of other test files and
 * of the collector is in it: the least of some measurements is what the work itself costs.
 *
 * @module
 */
import { assert } from "@std/assert";
import process from "node:process";
import { getRunningLoop, run } from "@asyncio/asyncio";

/** How many times more the most are than the few. */
const TIMES = 100;
/** A square would give 100; they give 1 to 7, under load too. */
const ROOM = 20;
/** What is slow by itself is slow in every one of them. */
const MEASUREMENTS = 5;

/** How long the process has computed. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Does something n times, and returns the CPU time of what is to be measured. */
export type Work = (n: number) => Promise<number> | number;

/** How many the most are. */
export const MANY = 100_000;

/** Measures as often as it takes for a time that is not noise, and returns it for one. */
async function costOfOne(work: Work, n: number, each = n): Promise<number> {
  let seconds = 0;
  let count = 0;
  while (seconds < 0.02 && count < 200 * each) {
    seconds += await work(n);
    count += each;
  }
  return seconds / count;
}

/**
 * Declares a test.
 *
 * @param name What is measured.
 * @param work Does it n times.
 * @param inGroups Whether it does it for as many groups of n as make {@linkcode MANY}: what
 * takes some nanoseconds is measured in as much memory, since the few would else be in the
 * processor's cache.
 * @param many How many the most are.
 */
export function linear(
  name: string,
  work: Work,
  inGroups = false,
  many = MANY,
): void {
  const few = many / TIMES;
  const title = `${name} costs each of ${
    many.toLocaleString("en-US")
  } what it costs each of ${few.toLocaleString("en-US")}`;
  Deno.test(title, async () => {
    const each = inGroups ? many : few;
    // The compiler has its turn first.
    await costOfOne(work, few, each);
    let ofFew = Infinity;
    for (let i = 0; i < MEASUREMENTS; i++) {
      ofFew = Math.min(ofFew, await costOfOne(work, few, each));
    }
    let ofMany = Infinity;
    for (let i = 0; i < MEASUREMENTS && ofMany >= ROOM * ofFew; i++) {
      ofMany = Math.min(ofMany, await costOfOne(work, many));
    }
    assert(
      ofMany < ROOM * ofFew,
      `${(ofMany * 1e6).toFixed(2)} µs each, not ${(ofFew * 1e6).toFixed(2)}`,
    );
  });
}

/** Runs `main` in a loop of its own that reports nothing. */
export async function inLoop(main: () => Promise<number>): Promise<number> {
  return await run(async () => {
    getRunningLoop().setExceptionHandler(() => {});
    return await main();
  });
}
