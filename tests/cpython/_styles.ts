/**
 * Tests whose tasks are written in both styles, under one main coroutine.
 *
 * @module
 */
import { type Coro, type CoroutineFunction, sleep } from "../../mod.ts";
import { caseTest, runVirtual } from "./_both.ts";

/** What the tasks of a test do, in both styles. */
export interface Styles<W> {
  /** The tasks as generators. */
  readonly generator: W;
  /** The tasks as async functions. */
  readonly async: W;
}

/** Makes a function that a task runs, in both styles. */
export type Worker<A extends unknown[], T = unknown> = (
  ...args: A
) => CoroutineFunction<T>;

/** Lets all tasks have their turn, `count` times. */
export type Turns = (count?: number) => Coro<void>;

/**
 * Makes the tests `<id> (generator)` and `<id> (async)`.
 *
 * An async function comes to its wait when the turn that resumed it is over, so with
 * async tasks `turns` lets one turn more pass each time.
 */
export function inStyles<W>(
  id: string,
  workers: Styles<W>,
  main: (worker: W, turns: Turns, style: keyof Styles<W>) => Coro<unknown>,
): void {
  caseTest(`${id} (generator)`, async () => {
    await runVirtual(() => main(workers.generator, turns, "generator"));
  });
  caseTest(`${id} (async)`, async () => {
    const twice: Turns = (count = 1) => turns(2 * count);
    await runVirtual(() => main(workers.async, twice, "async"));
  });
}

/** Lets all tasks have their turn, `count` times. */
export function* turns(count = 1): Coro<void> {
  for (let i = 0; i < count; i++) yield* sleep(0);
}
