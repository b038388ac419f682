/**
 * Scripts: what a program does, whatever the style in which it waits.
 *
 * A script is a generator that gives what it waits for. One of the styles waits for it
 * with `yield*`, the other with `await`.
 *
 * @module
 */
import type { Coro, CoroutineFunction } from "@asyncio/asyncio";

/** The style in which a program waits. */
export type Style = "generator" | "async";

/** Gives what it waits for, and gets what came of it. */
export type Script<T = void> = Generator<PromiseLike<unknown>, T, unknown>;

/** Makes of a script what a task or a scope takes. */
export function inStyle<T>(
  style: Style,
  script: () => Script<T>,
): CoroutineFunction<T> {
  return style === "generator"
    ? () => asGenerator(script())
    : () => asAsync(script());
}

function* asGenerator<T>(script: Script<T>): Coro<T> {
  let step = script.next();
  while (!step.done) {
    let result: unknown;
    try {
      result = yield* step.value as unknown as Coro<unknown>;
    } catch (error) {
      step = script.throw(error);
      continue;
    }
    step = script.next(result);
  }
  return step.value;
}

async function asAsync<T>(script: Script<T>): Promise<T> {
  let step = script.next();
  while (!step.done) {
    let result: unknown;
    try {
      result = await step.value;
    } catch (error) {
      step = script.throw(error);
      continue;
    }
    step = script.next(result);
  }
  return step.value;
}
