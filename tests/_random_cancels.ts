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
  currentTask,
  eagerTaskFactory,
  getRunningLoop,
  sleep,
  wait,
} from "../mod.ts";
import { call, type Node } from "./_cancel_call.ts";
import { sharedOf } from "./_cancel_shared.ts";
import { sweepCancels, type SweepOptions } from "./_cancel_sweep.ts";
import { Boom, type Words } from "./_cancel_words.ts";
import { AROUND_ONE, AROUND_TWO, LEFT_BEHIND } from "./_cancel_words_around.ts";
import { GUARDED } from "./_cancel_words_cleanups.ts";
import { AROUND_LIMITS } from "./_cancel_words_limits.ts";
import { AROUND_LOOPS, LOOP_WAITS } from "./_cancel_words_loops.ts";
import { AROUND_SERVICES } from "./_cancel_words_services.ts";
import { AROUND_TASKS, FAILING } from "./_cancel_words_tasks.ts";
import { HOST_WAITS, WAITS as OWN_WAITS } from "./_cancel_words_waits.ts";
import { Random } from "./differential/random.ts";

// After a step: how many microtasks later the cancel comes in real order.
const HOPS: readonly number[] = [0, 0, 1, 2, 3, 5, 8, 13, 20];

const WAITS: Words = { ...OWN_WAITS, ...LOOP_WAITS };

const AT_HOST: Words = {
  ...LOOP_WAITS,
  ...AROUND_LOOPS,
  ...AROUND_SERVICES,
};

const IN_TASKS: Words = {
  ...AROUND_LIMITS,
  ...AROUND_LOOPS,
  ...AROUND_SERVICES,
  ...AROUND_TASKS,
};

const DOINGS: Words = {
  ...WAITS,
  ...AROUND_ONE,
  ...AROUND_TWO,
  ...IN_TASKS,
  ...GUARDED,
};

/** The names of all kinds of functions. */
export const KINDS: readonly string[] = Object.keys(DOINGS);

// A cancel that the errors of a group have hidden is asked for again, of all: so what nobody
// awaits, and cleans up beside the group, gets it twice.
const APART: readonly ReadonlySet<string>[] = [
  new Set(Object.keys(FAILING)),
  LEFT_BEHIND,
];

// Where one of the others takes the cancel while a function waits for the host, nobody is told.
const MAY_BE_BESIDE_HOST: ReadonlySet<string> = new Set([
  "any",
  "allSettled",
]);

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
  faults: Words = {},
): Promise<string | undefined> {
  for (let seed = from; seed < end; seed++) {
    const made = generate(seed);
    try {
      await sweepFunction(made, inRealOrder, { ...DOINGS, ...faults });
    } catch (error) {
      return `Seed ${seed}, ${describeCancel(made)}: ${
        (error as Error).message
      }\n${describe(made.work)}`;
    }
  }
  return undefined;
}

/** A function, and how it is cancelled. */
export interface Made {
  readonly work: Node;
  /** Whether there is a wait after it. */
  readonly waitsLast: boolean;
  /** How many microtasks after a step, in real order. */
  readonly hops: number;
  /** Whether all its tasks start at once. */
  readonly isEager: boolean;
  readonly options: SweepOptions;
}

/**
 * Cancels a function at each moment.
 *
 * @throws {Error} If something goes wrong.
 */
export async function sweepFunction(
  { work, waitsLast, hops, isEager, options }: Made,
  inRealOrder: boolean,
  doings: Words = DOINGS,
): Promise<void> {
  // In a step of what fails next it would be that which has cancelled itself, in vain.
  const hopsInRealOrder = hasFailing(work) && options.by !== "timeout"
    ? Math.max(hops, 1)
    : hops;
  // What others do does not wait until an async function of this one has come to its wait.
  const mayComeLate = inRealOrder || hasKind(work, AT_HOST);
  await sweepCancels((probe) => ({
    tasks: {
      async victim() {
        if (isEager) getRunningLoop().setTaskFactory(eagerTaskFactory);
        await call(probe, work, doings);
        if (mayComeLate) {
          await sleep(1);
          probe.beginLastWait();
        }
        if (waitsLast || mayComeLate || hasFailing(work)) await sleep(1);
      },
    },
    // Of what was given up by a cancel.
    mayReport: (error) => error instanceof Boom,
    async check() {
      // gather() does not wait for all that it has cancelled.
      const left = [...allTasks()].filter((task) => task !== currentTask());
      if (left.length > 0) await wait(left);
      // Nor does a task for what it has left at promises of the host.
      for (let turn = 0; turn < 4; turn++) await probe.host();
      // Those get the cancel then, and clean up for some seconds.
      for (let i = 0; i < 4 && probe.isBusy; i++) {
        await sleep(3);
        for (let turn = 0; turn < 4; turn++) await probe.host();
      }
      sharedOf(getRunningLoop()).check();
    },
  }), {
    ...options,
    hopsInRealOrder: inRealOrder ? hopsInRealOrder : undefined,
    mayComeLate,
  });
}

// What fails in spite of a cancel is caught, so the cancel comes at the next wait.
function hasFailing(work: Node): boolean {
  return hasKind(work, FAILING);
}

function hasKind({ kind, parts }: Node, kinds: Words): boolean {
  return kind in kinds || parts.some((part) => hasKind(part, kinds));
}

/** Makes the function of a seed. */
export function generate(seed: number): Made {
  const random = new Random(seed);
  const without = random.pick(APART);
  const work = node("sequence", [
    anyNode(random, random.between(1, 2), without),
    anyNode(random, random.between(1, 2), without),
  ]);
  const by = random.pick(
    ["task", "task", "timeout", "group", "signal", "failure"] as const,
  );
  return {
    work,
    // A scope whose body has returned is no longer to be cancelled.
    waitsLast: by !== "task" && by !== "signal" || random.chance(0.5),
    // A deadline comes in a turn.
    hops: by === "timeout" ? 0 : HOPS[seed % HOPS.length]!,
    isEager: random.chance(0.15),
    options: {
      by,
      together: random.chance(0.25)
        ? random.pick(["before", "after"] as const)
        : undefined,
      twice: random.chance(0.25),
    },
  };
}

function describeCancel({ isEager, options: { by, together } }: Made): string {
  const also = together === undefined ? "" : `, and its task just ${together}`;
  return `${isEager ? "eager, " : ""}cancelled by its ${by}${also}`;
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
  without: ReadonlySet<string>,
): Node {
  const seconds = random.between(0, 2);
  const pick = (kinds: Words) =>
    random.pick(Object.keys(kinds).filter((kind) => !without.has(kind)));
  if (depth === 0 || random.chance(0.33)) {
    return node(pick(WAITS), [], seconds);
  }
  const kind = pick(random.pick([
    AROUND_ONE,
    AROUND_TWO,
    AROUND_LIMITS,
    AROUND_TASKS,
    GUARDED,
    // Each of them is some runs more.
    random.pick([AROUND_LOOPS, AROUND_SERVICES]),
  ]));
  let inside = without;
  if (kind in IN_TASKS) {
    inside = inside.union(LEFT_BEHIND);
  }
  if (MAY_BE_BESIDE_HOST.has(kind)) inside = inside.union(HOST_WAITS);
  const part = () => anyNode(random, depth - 1, inside);
  return node(
    kind,
    kind in AROUND_ONE || kind in AROUND_LOOPS ? [part()] : [part(), part()],
    seconds,
  );
}

function node(kind: string, parts: readonly Node[], seconds = 0): Node {
  return { kind, parts, seconds };
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
