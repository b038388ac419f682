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
  Future,
  sleep,
  type Task,
  TaskGroup,
  Timeout,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { cpuSeconds, inLoop, linear, type Work } from "./_growth.ts";

interface Scope {
  run(body: () => Promise<void> | Coro<void>): Coroutine<void>;
}

/** Makes a scope, with so many more inside. */
type Begin = (left: number) => Scope;

/** Each holds a stack of calls of the host until all have begun. */
const MOST = 20_000;

const limit = () => new Timeout(3600);
const group = () => new TaskGroup();
const abandoning: Begin = () => ({
  run: (body) => timeout(3600, body, { abandon: true }),
});

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

/** Begins a task, and measures what its end costs: that by a cancel, or another one. */
function endOf(
  enter: (begun: Event) => Promise<void> | Coro<void>,
  end: (task: Task<void>) => void = (task) => void task.cancel(),
  check: (task: Task<void>) => void = () => {},
): Promise<number> {
  return inLoop(async () => {
    const begun = new Event();
    const task = createTask(() => enter(begun));
    await begun.wait();
    await sleep(0);
    const start = cpuSeconds();
    end(task);
    await wait([task]);
    check(task);
    return cpuSeconds() - start;
  });
}

function scopes(name: string, work: Work): void {
  linear(name, work, false, MOST);
}

const KINDS = {
  "timeout of async functions": (n, begun) => asyncScopes(limit, n, begun),
  "timeout of async functions that asked for its signal": scopesWithSignals,
  "timeout of generator functions": (n, begun) =>
    generatorScopes(limit, n, begun),
  "timeout of async functions that it may leave behind": (n, begun) =>
    asyncScopes(abandoning, n, begun),
  "timeout of generator functions that it may leave behind": (n, begun) =>
    generatorScopes(abandoning, n, begun),
  "task group of async functions": (n, begun) => asyncScopes(group, n, begun),
  "task group of generator functions": (n, begun) =>
    generatorScopes(group, n, begun),
} satisfies Record<
  string,
  (n: number, begun: Event) => Promise<void> | Coro<void>
>;

for (const [kind, enter] of Object.entries(KINDS)) {
  scopes(
    `a cancelled ${kind} in others`,
    (n) => endOf((begun) => enter(n, begun)),
  );
}

for (const style of ["async", "generator"]) {
  scopes(
    `a timeout of ${style} functions in others, the outermost of which expires`,
    (n) => {
      let outermost: Timeout | undefined;
      const begin = (left: number) => {
        const scope = limit();
        if (left === n) outermost = scope;
        return scope;
      };
      const enter = style === "async" ? asyncScopes : generatorScopes;
      return endOf(
        (begun) => enter(begin, n, begun),
        () => outermost!.reschedule(0),
        (task) => assert(task.exception() instanceof TimeoutError),
      );
    },
  );
}

scopes(
  "a scope beside another one in scopes that are cancelled",
  (n) =>
    endOf((begun) => {
      const beside = () => limit().run(async () => await sleep(3600));
      const enter = async (left: number): Promise<void> => {
        if (left === 0) {
          begun.set();
          await sleep(3600);
          return;
        }
        const inner = limit().run(() => enter(left - 1));
        await Promise.all([inner, beside()]);
      };
      return enter(n);
    }),
);

scopes(
  "a wait of a function that scopes in each other have left behind",
  (n) =>
    inLoop(async () => {
      const left = new Event();
      const measured = new Future<number>();
      const behind = async () => {
        await left.wait();
        const start = cpuSeconds();
        for (let i = 0; i < n; i++) await sleep(0);
        measured.setResult(cpuSeconds() - start);
      };
      const enter = async (more: number): Promise<void> => {
        if (more === 0) void behind();
        else await limit().run(() => enter(more - 1));
      };
      return await createTask(async () => {
        await enter(n);
        left.set();
        return await measured;
      });
    }),
);
