/**
 * Waits for the end of their own task, by way of a `gather()`, a `race()` or another task: that
 * end can't wait for them, and they are what it is to wake.
 *
 * @module
 */
import { isObject } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import type { PendingAwait } from "../_future/future_await.ts";
import type { LineDriver, LineState } from "./line.ts";
import { listWaits } from "./wait_set.ts";

// Of all that a wait comes down to. More would cost each end of many tasks that much.
const MOST_LOOKED_AT = 1_000;

/** What is waited for, as far as its own waits are known. */
interface Waiting extends Partial<LineDriver> {
  _waitsFor?(): readonly unknown[];
}

/**
 * Leaves those of a task that ends to themselves, uncancelled.
 *
 * @param line The task's line.
 */
export function leaveWaitsForTask(line: LineState): void {
  const others = new Set<unknown>();
  for (const wait of listWaits(line._awaits)) {
    if (!comesDownTo(wait, line._task, others)) continue;
    running.callbackWaits.set(wait, "left");
    line._removeAwait(wait);
  }
}

/**
 * Whether a wait is for the end of a task, be it by way of others.
 *
 * @param wait The wait.
 * @param task The task.
 * @param others What is known not to be: it is not looked at again, and more is noted there.
 */
export function comesDownTo(
  wait: PendingAwait,
  task: object,
  others: Set<unknown> = new Set(),
): boolean {
  const seen = new Set<unknown>([wait]);
  for (const each of seen) {
    if (each === task) return true;
    if (seen.size > MOST_LOOKED_AT || !isObject(each) || others.has(each)) {
      continue;
    }
    const waiting = each as Waiting;
    for (const below of waiting._waitsFor?.() ?? []) seen.add(below);
    for (const below of listWaits(waiting._scope?._awaits)) seen.add(below);
  }
  for (const each of seen) others.add(each);
  return false;
}
