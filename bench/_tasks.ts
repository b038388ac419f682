/**
 * Makes tasks and joins them, in both styles: what many workloads do.
 *
 * @module
 */
import { type Coro, createTask, gather } from "@asyncio/asyncio";
import { below, check, sum, sumBelow } from "./_workload.ts";

/** Makes a task of what `child` gives for each whole number below `count`. */
export function* generatorTasks(
  count: number,
  child: (index: number) => Coro<number>,
): Coro<void> {
  const tasks = [];
  for (const index of below(count)) tasks.push(createTask(child(index)));
  check(sum(yield* gather(tasks)), sumBelow(count));
}

/** The same with async functions. */
export async function asyncTasks(
  count: number,
  child: (index: number) => Promise<number>,
): Promise<void> {
  const tasks = [];
  for (const index of below(count)) tasks.push(createTask(() => child(index)));
  check(sum(await gather(tasks)), sumBelow(count));
}
