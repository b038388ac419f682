/**
 * Cancels a program everywhere: at each of its waits, in each turn that wakes it, and
 * a second time at each wait of its clean-up.
 *
 * The program runs once to count its moments: the places in the loop's order before
 * which something of it is about to run. Then each of its tasks in turn is the victim:
 * it is cancelled once before each moment of its life, and for each of these runs
 * again with a second cancel before each later moment.
 *
 * A run fails if a section was entered and not left, if a victim that was told of a
 * cancel ended otherwise than cancelled, if another task failed or was cancelled, if
 * the exception handler was told of something, if the program's own check fails, or if
 * nothing can wake what is left.
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
  type Task,
  wait,
} from "../mod.ts";
import {
  type Instrument,
  observe,
  type Step,
  taskOf,
  TestLoop,
} from "../testing.ts";

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
}

/** What a program tells of itself. */
export interface Probe {
  /** Enters a section: what it gives must be disposed of before the program ends. */
  enter(name: string): Disposable;
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

/** When to cancel whom. */
interface Plan {
  readonly victim: string;
  /** Moments, in rising order. */
  readonly moments: readonly number[];
}

/** What was seen in a run. */
interface Sight {
  /** The moment at which the victim was done: later cancels would come too late. */
  readonly end: number;
  /** How often the victim waited. */
  readonly waits: number;
  /** At which of its waits the first cancel came. */
  readonly waitOfCancel: number;
}

// No program that is worth a sweep takes so many steps.
const MOST_STEPS = 5_000;

/**
 * Sweeps a program.
 *
 * @param make Makes the program: called for each run, in its loop.
 * @returns How much was tried.
 */
export async function sweepCancels(
  make: (probe: Probe) => SweepProgram,
): Promise<SweepCounts> {
  const waits: Record<string, number> = {};
  const cancelledAt: Record<string, number> = {};
  let cancels = 0;
  let doubleCancels = 0;
  for (const victim of await victimsOf(make)) {
    const whole = await attempt(make, { victim, moments: [] });
    const seen = new Set<number>();
    for (let first = 1; first <= whole.end; first++) {
      const once = await attempt(make, { victim, moments: [first] });
      seen.add(once.waitOfCancel);
      cancels++;
      for (let second = first + 1; second <= once.end; second++) {
        await attempt(make, { victim, moments: [first, second] });
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
  const loop = new TestLoop();
  return await run(async () => {
    const { tasks, victims = Object.keys(tasks) } = make(new Sections());
    return await Promise.resolve(victims);
  }, { loopFactory: () => loop });
}

async function attempt(
  make: (probe: Probe) => SweepProgram,
  plan: Plan,
): Promise<Sight> {
  const loop = new TestLoop();
  const sweeper = new Sweeper(plan);
  using _ = observe(loop, sweeper);
  try {
    await run(() => runProgram(make, sweeper, plan), {
      loopFactory: () => loop,
    });
    if (loop.reports.length > 0) {
      throw new Error(
        `The exception handler was told: ${
          loop.reports.map(({ message, exception }) =>
            `${message} (${exception})`
          ).join(", ")
        }`,
      );
    }
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
  { victim }: Plan,
): Promise<void> {
  const sections = new Sections();
  const program = make(sections);
  const tasks = Object.entries(program.tasks).map(([name, work]) =>
    createTask(work, { name })
  );
  sweeper.watch(tasks.find((task) => task.getName() === victim)!);
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
  const open = sections.open();
  if (open.length > 0) throw new Error(`Not left: ${open.join(", ")}`);
  await program.check?.();
}

function problemOf(
  task: Task<unknown>,
  sweeper: Sweeper,
): string | undefined {
  if (task === sweeper.victim && sweeper.delivered) {
    return task.cancelled() ? undefined : `It swallowed the cancel: ${task}`;
  }
  if (task.cancelled()) return `Another task was cancelled: ${task}`;
  return task.exception() === undefined ? undefined : `A task failed: ${task}`;
}

/** The sections that were entered. */
class Sections implements Probe {
  readonly #open: string[] = [];

  enter(name: string): Disposable {
    this.#open.push(name);
    return {
      [Symbol.dispose]: () => {
        const index = this.#open.indexOf(name);
        if (index >= 0) this.#open.splice(index, 1);
      },
    };
  }

  open(): readonly string[] {
    return this.#open;
  }
}

/** Counts moments, and cancels the victim before some of them. */
class Sweeper implements Instrument {
  readonly #plan: Plan;
  victim: Task<unknown> | undefined;
  /** Whether a cancel came in time. */
  delivered = false;
  #watching = false;
  #steps = 0;
  #moment = 0;
  #end = 0;
  #resumptions = 0;
  #waitOfCancel = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Counts from now on. */
  watch(victim: Task<unknown>): void {
    this.victim = victim;
    this.#watching = true;
  }

  unwatch(): void {
    this.#watching = false;
  }

  sight(): Sight {
    return {
      end: this.#end,
      // The first one is the start.
      waits: this.#resumptions - 1,
      waitOfCancel: this.#waitOfCancel,
    };
  }

  before(step: Step): void {
    if (++this.#steps > MOST_STEPS) throw new Error("The program never ends");
    const { victim } = this;
    if (!this.#watching || victim === undefined || victim.done()) return;
    this.#moment++;
    this.#end = this.#moment;
    if (this.#plan.moments.includes(this.#moment)) {
      if (!this.delivered) this.#waitOfCancel = this.#resumptions;
      this.delivered = victim.cancel(`moment ${this.#moment}`) ||
        this.delivered;
    }
    // A step of the task itself, or the resumption of its async function.
    if (taskOf(step) === victim) this.#resumptions++;
  }
}
