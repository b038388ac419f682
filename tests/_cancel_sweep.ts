/**
 * Cancels a program everywhere: at each of its waits, in each turn that wakes it, and
 * a second time at each wait of its clean-up.
 *
 * The program runs once to count its moments: the places in the loop's order before
 * which something of it is about to run, and those before and after a promise of the host
 * settles. Then each of its tasks in turn is the victim: it is cancelled once before each
 * moment of its life, and for each of these runs again with a second cancel before each
 * later moment. The first cancel may be that of a scope that the victim stands in.
 *
 * A run fails if a section was entered and not left, if a clean-up that began after the
 * only cancel did not come to its end, if a victim that was told of a cancel ended otherwise
 * than cancelled, if another task failed or was cancelled, if the exception
 * handler was told of something, if the program's own check fails, or if nothing
 * can wake what is left.
 *
 * ```ts ignore
 * const counts = await sweepCancels((probe) => {
 *   const lock = new Lock();
 *   const work = async () => {
 *     using _ = await lock.acquire();
 *     using _section = probe.enter("work");
 *     await sleep(1);
 *   };
 *   return { tasks: { first: work, second: work }, check: () => assert(!lock.locked()) };
 * });
 * ```
 *
 * @module
 */
import {
  type CoroutineFunction,
  createTask,
  run,
  sleep,
  type Task,
  TimeoutError,
  wait,
} from "../mod.ts";
import { type Probe, RunProbe } from "./_cancel_probe.ts";
import { createVictim } from "./_cancel_scopes.ts";
import { type By, type Plan, type Sight, Sweeper } from "./_cancel_sweeper.ts";

export type { Probe } from "./_cancel_probe.ts";

/** A program to sweep. */
export interface SweepProgram {
  /** Its tasks by name, in the order in which they are made. */
  readonly tasks: Readonly<Record<string, CoroutineFunction<unknown>>>;
  /** The names of those that are cancelled in turn; all, if left out. */
  readonly victims?: readonly string[];
  /** Looks for what was lost, in the loop, after all tasks have ended. */
  check?(): void | Promise<void>;
  /** Says whether a victim may end otherwise than cancelled, or another one fail. */
  mayEnd?(task: Task<unknown>, name: string): boolean;
  /** Says whether the exception handler may be told of an error. */
  mayReport?(error: unknown): boolean;
}

/** How to sweep. */
export interface SweepOptions {
  /** Whose cancel comes first; the second one is the task's. */
  readonly by?: By;
  /** Whether a cancel of the task comes with the first one, just before or after it. */
  readonly together?: Plan["together"];
  /** Whether to cancel once and twice, or once only. */
  readonly twice?: boolean;
  /**
   * Whether the loop runs on as in real time, and the cancels come after the steps, so many
   * microtasks later. The victim has to call `beginLastWait()`.
   */
  readonly hopsInRealOrder?: number | undefined;
  /**
   * Whether a cancel may come in the burst of microtasks after the end of a wait, as in real
   * order. The victim has to call `beginLastWait()`.
   */
  readonly mayComeLate?: boolean | undefined;
}

/** What a sweep has done. */
export interface SweepCounts {
  /** How often each victim waited, uncancelled. */
  readonly waits: Readonly<Record<string, number>>;
  /** At how many of its waits each victim was cancelled. */
  readonly cancelledAt: Readonly<Record<string, number>>;
  /** Runs with one cancel. */
  readonly cancels: number;
  /** Runs with two cancels. */
  readonly doubleCancels: number;
}

/**
 * Sweeps a program.
 *
 * @param make Makes the program: called for each run, in its loop.
 * @param options Who cancels, and how often.
 * @returns How much was tried.
 */
export async function sweepCancels(
  make: (probe: Probe) => SweepProgram,
  {
    by = "task",
    together,
    twice = true,
    hopsInRealOrder: hops,
    mayComeLate,
  }: SweepOptions = {},
): Promise<SweepCounts> {
  const waits: Record<string, number> = {};
  const cancelledAt: Record<string, number> = {};
  let cancels = 0;
  let doubleCancels = 0;
  for (const victim of await victimsOf(make)) {
    const tryAt = (...moments: number[]) =>
      attempt(make, {
        victim,
        moments,
        by,
        together,
        hops,
        mayComeLate: mayComeLate ?? hops !== undefined,
      });
    const whole = await tryAt();
    const seen = new Set<number>();
    for (let first = 1; first <= whole.end; first++) {
      const once = await tryAt(first);
      seen.add(once.waitOfCancel);
      cancels++;
      for (let second = first + 1; twice && second <= once.end; second++) {
        await tryAt(first, second);
        doubleCancels++;
      }
    }
    // The one before the first step is no wait.
    seen.delete(0);
    waits[victim] = whole.waits;
    cancelledAt[victim] = seen.size;
  }
  return { waits, cancelledAt, cancels, doubleCancels };
}

async function victimsOf(make: (probe: Probe) => SweepProgram) {
  const sweeper = new Sweeper({
    victim: "",
    moments: [],
    by: "task",
    hops: undefined,
    mayComeLate: false,
  });
  return await run(async () => {
    const { tasks, victims = Object.keys(tasks) } = make(new RunProbe(sweeper));
    return await Promise.resolve(victims);
  }, { loopFactory: () => sweeper.newLoop() });
}

async function attempt(
  make: (probe: Probe) => SweepProgram,
  plan: Plan,
): Promise<Sight> {
  const sweeper = new Sweeper(plan);
  try {
    const { mayReport } = await run(() => runProgram(make, sweeper), {
      loopFactory: () => sweeper.newLoop(),
    });
    const reports = sweeper.loops.flatMap((loop) => loop.reports)
      .filter(({ exception }) => !mayReport?.(exception));
    if (reports.length > 0) {
      throw new Error(
        `The exception handler was told: ${
          reports.map(({ message, exception }) => `${message} (${exception})`)
            .join(", ")
        }`,
      );
    }
    const running = sweeper.loops.filter((loop) => !loop.isClosed());
    if (running.length > 0) throw new Error("A loop was not closed");
  } catch (error) {
    throw new Error(
      `"${plan.victim}", cancelled before moment ${
        plan.moments.join(" and ") || "none"
      }: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return sweeper.sight();
}

async function runProgram(
  make: (probe: Probe) => SweepProgram,
  sweeper: Sweeper,
): Promise<SweepProgram> {
  const { plan } = sweeper;
  const probe = new RunProbe(sweeper);
  const program = make(probe);
  const tasks = Object.entries(program.tasks).map(([name, work]) =>
    name === plan.victim
      ? createVictim(work, name, sweeper)
      : createTask(work, { name })
  );
  sweeper.watch(tasks.find((task) => task.getName() === plan.victim)!);
  await wait(tasks);
  sweeper.unwatch();
  for (const task of tasks) {
    const problem = problemOf(task, sweeper);
    if (problem === undefined || program.mayEnd?.(task, task.getName())) {
      continue;
    }
    throw new Error(problem, {
      cause: task.cancelled() ? undefined : task.exception(),
    });
  }
  // It may wait for what the tasks have left.
  await program.check?.();
  const [, ...others] = sweeper.loops;
  for (let i = 0; i < 8 && others.some((loop) => !loop.isClosed()); i++) {
    await sleep(1);
  }
  const open = probe.open();
  if (open.length > 0) throw new Error(`Not left: ${open.join(", ")}`);
  if (probe.cleanUps > 0 && hasOneCancel(sweeper)) {
    throw new Error("A clean-up was cancelled twice");
  }
  return program;
}

/** Whether what cleans up after the cancel must not have met another. */
function hasOneCancel({ plan, isByItself }: Sweeper): boolean {
  const { by, moments, together } = plan;
  // Two of one moment are one, but a deadline and a failure come a turn later.
  const comesLater = by === "timeout" || by === "failure";
  return moments.length === 1 && !isByItself &&
    (together === undefined || !comesLater);
}

function problemOf(
  task: Task<unknown>,
  sweeper: Sweeper,
): string | undefined {
  const { by, mayComeLate, moments } = sweeper.plan;
  const isVictim = task === sweeper.victim;
  if (isVictim && sweeper.delivered) {
    // The second one may have come when the scope had ended by the first.
    const mayBeLate = mayComeLate && by !== "task" && moments.length > 1;
    return task.cancelled() || mayBeLate && isOwnEnd(task)
      ? undefined
      : `It swallowed the cancel: ${task}`;
  }
  if (task.cancelled()) {
    // Beside a failure it waits once more, after its body.
    const mayBeLate = mayComeLate || by === "failure";
    return isVictim && mayBeLate && sweeper.mayBeLate
      ? undefined
      : `Another task was cancelled: ${task}`;
  }
  const error = task.exception();
  if (isVictim && sweeper.scopeCancelled) {
    if (by === "timeout" && error instanceof TimeoutError) return undefined;
    if (sweeper.hasReturned && sweeper.canceller!.cameInTime?.() !== false) {
      return `It swallowed the cancel of a scope: ${task}`;
    }
  }
  return error === undefined ? undefined : `A task failed: ${task}`;
}

/** Whether a scope's task has ended by itself, or by its deadline. */
function isOwnEnd(task: Task<unknown>): boolean {
  const error = task.exception();
  return error === undefined || error instanceof TimeoutError;
}
