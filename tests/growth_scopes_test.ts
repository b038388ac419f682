/**
 * Growth of scopes that stand in each other: see `_growth.ts`.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  type Coro,
  type Coroutine,
  createTask,
  Event,
  sleep,
  TaskGroup,
  Timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { cpuSeconds, inLoop, linear } from "./_growth.ts";

interface Scope {
  run(body: () => Promise<void> | Coro<void>): Coroutine<void>;
}

/** Makes a scope, with so many more inside. */
type Begin = (left: number) => Scope;

const limit = () => new Timeout(3600);
const group = () => new TaskGroup();

async function asyncScopes(begin: Begin, left: number, begun: Event) {
  if (left === 0) {
    begun.set();
    await sleep(3600);
    return;
  }
  const scope = begin(left);
  await scope.run(() => asyncScopes(begin, left - 1, begun));
}

/** As {@linkcode asyncScopes}, and each body asks for the signal of its scope. */
async function scopesWithSignals(left: number, begun: Event) {
  if (left === 0) {
    begun.set();
    await sleep(3600);
    return;
  }
  await limit().run(async ({ signal }) => {
    assert(!signal.aborted);
    await scopesWithSignals(left - 1, begun);
  });
}

function* generatorScopes(
  begin: Begin,
  left: number,
  begun: Event,
): Coro<void> {
  if (left === 0) {
    begun.set();
    yield* sleep(3600);
    return;
  }
  const scope = begin(left);
  yield* scope.run(() => generatorScopes(begin, left - 1, begun));
}

const KINDS = {
  "timeout of async functions": (n, begun) => asyncScopes(limit, n, begun),
  "timeout of async functions that asked for its signal": scopesWithSignals,
  "timeout of generator functions": (n, begun) =>
    generatorScopes(limit, n, begun),
  "task group of async functions": (n, begun) => asyncScopes(group, n, begun),
  "task group of generator functions": (n, begun) =>
    generatorScopes(group, n, begun),
} satisfies Record<
  string,
  (n: number, begun: Event) => Promise<void> | Coro<void>
>;

for (const [kind, enter] of Object.entries(KINDS)) {
  linear(`a cancelled ${kind} in others`, (n) =>
    inLoop(async () => {
      const begun = new Event();
      const task = createTask(() => enter(n, begun));
      await begun.wait();
      await sleep(0);
      const start = cpuSeconds();
      task.cancel();
      await wait([task]);
      return cpuSeconds() - start;
    }));
}

for (const style of ["async", "generator"]) {
  linear(
    `a timeout of ${style} functions in others, the outermost of which expires`,
    (n) =>
      inLoop(async () => {
        let outermost: Timeout | undefined;
        const begin = (left: number) => {
          const scope = limit();
          if (left === n) outermost = scope;
          return scope;
        };
        const begun = new Event();
        const enter = style === "async" ? asyncScopes : generatorScopes;
        const task = createTask(() => enter(begin, n, begun));
        await begun.wait();
        await sleep(0);
        const start = cpuSeconds();
        outermost!.reschedule(0);
        await wait([task]);
        assert(task.exception() instanceof TimeoutError);
        return cpuSeconds() - start;
      }),
  );
}
