// deno-lint-ignore-file no-console -- a command for the terminal
/**
 * Random async functions, each cancelled at every moment of its life: waits of all kinds,
 * scopes, combinators, functions beside each other, clean-ups.
 *
 * ```sh
 * deno task cancels --seeds 0..10000
 * deno task cancels --seeds 0..10000 --real-order
 * ```
 *
 * @module
 */
import {
  allTasks,
  asCompleted,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  Event,
  firstSuccess,
  fromSignal,
  Future,
  gather,
  getRunningLoop,
  interruptible,
  Lock,
  mapConcurrent,
  Queue,
  race,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../mod.ts";
import { setImmediate } from "node:timers";
import {
  type Probe,
  sweepCancels,
  type SweepOptions,
} from "./_cancel_sweep.ts";
import { Random } from "./differential/random.ts";
import { deep } from "./_microtasks.ts";

/** An async function: what it does, with the functions that it calls. */
interface Node {
  readonly kind: string;
  readonly parts: readonly Node[];
  /** Seconds, where it takes some. */
  readonly seconds: number;
}

/** What a kind of function does. */
type Doing = (
  probe: Probe,
  first: () => Promise<void>,
  second: () => Promise<void>,
  seconds: number,
) => unknown;

const LONG = 30;

// After a step: how many microtasks later the cancel comes in real order.
const HOPS: readonly number[] = [0, 0, 1, 2, 3, 5, 8, 13, 20];

/** Functions that call no other one. */
const LEAVES: Readonly<Record<string, Doing>> = {
  sleep: (_probe, _first, _second, seconds) => sleep(seconds),
  turn: () => sleep(0),
  host: (probe) => probe.host(),
  interruptible: (probe) => interruptible(probe.host()),
  microtask: () => null,
  async lock() {
    using _ = await new Lock().acquire();
  },
  async done() {
    const future = new Future<void>();
    future.setResult(undefined);
    await future;
  },
  async queue(_probe, _first, _second, seconds) {
    const queue = new Queue<number>();
    getRunningLoop().callLater(seconds, () => queue.putNowait(1));
    await queue.get();
  },
  async event(_probe, _first, _second, seconds) {
    const event = new Event();
    getRunningLoop().callLater(seconds, () => event.set());
    await event.wait();
  },
  signal: () => void currentTask()!.signal,
};

/** Functions that call one other, in the task itself. */
const AROUND_ONE: Readonly<Record<string, Doing>> = {
  timeout: (_probe, first) => timeout(LONG, first),
  group: (_probe, first) => taskGroup(first),
  waitFor: (_probe, first) => waitFor(first, LONG),
  fromSignal: (_probe, first) => fromSignal(first),
  coroutine: (_probe, first) =>
    coroutine(function* () {
      yield* sleep(0);
      yield* coroutine(first)();
    })(),
  abandon: (_probe, first) => timeout(LONG, first, { abandon: true }),
  chain: (_probe, first) => first().then(() => sleep(0)).then(() => sleep(0)),
  async disposal(_probe, first) {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await sleep(0);
        await sleep(1);
      },
    };
    await first();
  },
  async source(_probe, first) {
    for await (const _ of delegated(first));
  },
  backAndForth: (_probe, first) =>
    coroutine(async () => {
      await coroutine(function* () {
        yield* coroutine(async () => {
          await coroutine(function* () {
            yield* coroutine(first)();
          })();
        })();
      })();
    })(),
  helper: (_probe, first) => ignore(first()),
  deep: (_probe, first) => deep(6, first),
  branch: (_probe, first) =>
    new Promise<void>((resolve, reject) =>
      setImmediate(() => first().then(resolve, reject))
    ),
  thenHost: (probe, first) => probe.host().then(first),
  ensured: (_probe, first) => interruptible(first()),
};

/** Functions that call two others, in the task itself. */
const AROUND_TWO: Readonly<Record<string, Doing>> = {
  async sequence(_probe, first, second) {
    await first();
    await second();
  },
  all: (_probe, first, second) => Promise.all([first(), second()]),
  race: (_probe, first, second) => Promise.race([first(), second()]),
  any: (_probe, first, second) => Promise.any([first(), second()]),
  async allSettled(_probe, first, second) {
    for (const end of await Promise.allSettled([first(), second()])) {
      if (end.status === "rejected") throw end.reason;
    }
  },
  scopes: (_probe, first, second) =>
    Promise.all([timeout(LONG, first), taskGroup(second)]),
  guarded: (probe, first, second) => guarded(probe, first, second),
  guardedHelper: (probe, first, second) =>
    ignore(guarded(probe, first, second)),
  guardedByGenerator: (probe, first, second) =>
    guarded(probe, first, second, cleanUpByGenerator),
};

/** Functions that call others in tasks of their own. */
const AROUND_TASKS: Readonly<Record<string, Doing>> = {
  task: (_probe, first) => createTask(first),
  taskOfGenerator: (_probe, first) =>
    coroutine(function* (): Coro<void> {
      yield* createTask(first);
      yield* sleep(0);
    })(),
  generatorTask: (_probe, first, second) =>
    createTask(function* (): Coro<void> {
      yield* createTask(first);
      yield* timeout(LONG, second);
    }),
  groupTask: (_probe, first) =>
    taskGroup((group) => {
      group.createTask(first);
      return Promise.resolve();
    }),
  shield: (_probe, first) =>
    withTasks([first], async ([task]) => void await shield(task!)),
  asCompleted: (_probe, first, second) =>
    withTasks([first, second], async (tasks) => {
      for await (const task of asCompleted(tasks)) await task;
    }),
  gather: (_probe, first, second) => gather(first, second),
  libraryRace: (_probe, first, second) => race([first, second]),
  firstSuccess: (_probe, first, second) => firstSuccess([first, second]),
  async mapConcurrent(_probe, first, second) {
    const jobs = mapConcurrent([first, second], (job) => job(), { limit: 2 });
    for await (const _ of jobs);
  },
};

// What goes on after its task has ended. The end of a task is a cancel too: in a task that
// ends by itself, the sweep's own may be the second one.
const LEFT_BEHIND: ReadonlySet<string> = new Set(["helper", "guardedHelper"]);

// What waits for a promise of the host. Where one ends Promise.race() or Promise.any() in
// the burst of microtasks in which another branch throws the CancelledError, it looks as
// if somebody has caught that.
const HOST_WAITS: ReadonlySet<string> = new Set(["host", "interruptible"]);

const DOINGS = { ...LEAVES, ...AROUND_ONE, ...AROUND_TWO, ...AROUND_TASKS };

/** The names of all kinds of functions. */
export const KINDS: readonly string[] = Object.keys(DOINGS);

/**
 * Sweeps random functions until one fails.
 *
 * @param from The first seed.
 * @param end The seed after the last.
 * @param inRealOrder Whether the loop runs on as in real time.
 * @param faults Kinds that do something else than usual.
 * @returns The first failure with its function, if there is one.
 */
export async function sweepSeeds(
  from: number,
  end: number,
  inRealOrder = false,
  faults: Readonly<Record<string, Doing>> = {},
): Promise<string | undefined> {
  for (let seed = from; seed < end; seed++) {
    const { work, waitsLast, hops, options } = generate(seed);
    try {
      await sweepCancels((probe) => ({
        tasks: {
          async victim() {
            await call(probe, work, { ...DOINGS, ...faults });
            if (inRealOrder) {
              await sleep(1);
              probe.beginLastWait();
            }
            if (waitsLast || inRealOrder) await sleep(1);
          },
        },
        async check() {
          // gather() does not wait for all that it has cancelled.
          const left = [...allTasks()].filter((task) => task !== currentTask());
          if (left.length > 0) await wait(left);
          // Nor does a task for what it has left at promises of the host.
          for (let turn = 0; turn < 4; turn++) await probe.host();
          // Those get the cancel then, and clean up for a second.
          if (probe.cleanUps > 0) await sleep(1.5);
        },
      }), { ...options, hopsInRealOrder: inRealOrder ? hops : undefined });
    } catch (error) {
      return `Seed ${seed}, cancelled by its ${options.by}: ${
        (error as Error).message
      }\n${describe(work)}`;
    }
  }
  return undefined;
}

/** Makes the function of a seed. */
export function generate(
  seed: number,
): { work: Node; waitsLast: boolean; hops: number; options: SweepOptions } {
  const random = new Random(seed);
  const work = node("sequence", [
    anyNode(random, random.between(1, 2)),
    anyNode(random, random.between(1, 2)),
  ]);
  const by = random.pick(["task", "task", "timeout", "group"] as const);
  return {
    work,
    // A scope whose body has returned is no longer to be cancelled.
    waitsLast: by !== "task" || random.chance(0.5),
    // A deadline comes in a turn.
    hops: by === "timeout" ? 0 : HOPS[seed % HOPS.length]!,
    options: { by, twice: random.chance(0.25) },
  };
}

/** Writes a function down. */
export function describe({ kind, parts, seconds }: Node): string {
  return parts.length === 0
    ? `${kind} ${seconds}`
    : `${kind}(${parts.map(describe).join(", ")})`;
}

function anyNode(
  random: Random,
  depth: number,
  without: ReadonlySet<string> = new Set(),
): Node {
  const seconds = random.between(0, 2);
  const pick = (kinds: object) =>
    random.pick(Object.keys(kinds).filter((kind) => !without.has(kind)));
  if (depth === 0 || random.chance(0.33)) {
    return node(pick(LEAVES), [], seconds);
  }
  const kind = pick({ ...AROUND_ONE, ...AROUND_TWO, ...AROUND_TASKS });
  let inside = without;
  if (kind in AROUND_TASKS) inside = inside.union(LEFT_BEHIND);
  if (kind === "race" || kind === "any") inside = inside.union(HOST_WAITS);
  const part = () => anyNode(random, depth - 1, inside);
  return node(kind, kind in AROUND_ONE ? [part()] : [part(), part()], seconds);
}

function node(kind: string, parts: readonly Node[], seconds = 0): Node {
  return { kind, parts, seconds };
}

async function call(
  probe: Probe,
  { kind, parts, seconds }: Node,
  doings: Readonly<Record<string, Doing>>,
) {
  const own = LEFT_BEHIND.has(kind) ? asideOf(probe) : probe;
  const [first, second] = parts.map((part) => () => call(own, part, doings));
  await doings[kind]!(own, first!, second!, seconds);
}

/** Gives the probe of what nobody awaits, which may stand at the host when all has ended. */
function asideOf(probe: Probe): Probe {
  return {
    enter: () => ({ [Symbol.dispose]() {} }),
    cleanUp: (body) => probe.cleanUp(body, true),
    get cleanUps() {
      return probe.cleanUps;
    },
    host: () => probe.host(),
    beginLastWait: () => probe.beginLastWait(),
  };
}

/** Does some work, and cleans up if it fails. */
async function guarded(
  probe: Probe,
  work: () => Promise<void>,
  more: () => Promise<void>,
  cleanUp = cleanUpByWaits,
) {
  using _ = probe.enter("guarded");
  try {
    await work();
  } catch (error) {
    await probe.cleanUp(cleanUp);
    throw error;
  }
  await more();
}

async function cleanUpByWaits() {
  await sleep(1);
  await sleep(0);
}

/** A clean-up that goes from an async function to a generator and back. */
async function cleanUpByGenerator() {
  await coroutine(function* (): Coro<void> {
    yield* sleep(1);
    yield* coroutine(cleanUpByWaits)();
  })();
}

async function* delegated(work: () => Promise<void>): AsyncGenerator<void> {
  yield* inner();
  await sleep(0);

  async function* inner(): AsyncGenerator<void> {
    try {
      yield await work();
    } finally {
      await sleep(0);
    }
  }
}

/** Leaves nothing of tasks that go on when who waits for them is cancelled. */
async function withTasks(
  functions: readonly (() => Promise<void>)[],
  body: (tasks: Task<void>[]) => Promise<void>,
) {
  const tasks = functions.map((each) => createTask(each));
  try {
    await body(tasks);
  } finally {
    for (const task of tasks) {
      task.cancel();
      ignore(task);
    }
  }
}

function ignore(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => {});
}

if (import.meta.main) {
  const [option = "--seeds", seeds = "0..1000", order] = Deno.args;
  const [, from, end] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
  const inRealOrder = order === "--real-order";
  if (
    option !== "--seeds" || end === undefined ||
    order !== undefined && !inRealOrder
  ) {
    console.error("Usage: deno task cancels --seeds 0..1000 [--real-order]");
    Deno.exit(2);
  }
  const failure = await sweepSeeds(Number(from), Number(end), inRealOrder);
  console.log(failure ?? `Seeds ${seeds}: no cancel went wrong`);
  Deno.exit(failure === undefined ? 0 : 1);
}
