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
  currentTask,
  run,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
} from "../mod.ts";
import { setImmediate } from "node:timers";
import {
  type Instrument,
  observe,
  type Step,
  taskOf,
  TestLoop,
} from "../testing.ts";
import { afterMicrotasks } from "./_microtasks.ts";
import { RealOrderLoop } from "./_real_order_loop.ts";

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

/** What a program tells of itself. */
export interface Probe {
  /** Enters a section: what it gives must be disposed of before the program ends. */
  enter(name: string): Disposable;
  /**
   * Runs the clean-up of a function that was told of a cancel.
   *
   * @param body The clean-up.
   * @param isAside Whether nobody awaits the function: the end of its task is a cancel too,
   * where the first one was that of a scope.
   */
  cleanUp(body: () => Promise<void>, isAside?: boolean): Promise<void>;
  /** How many clean-ups are under way. */
  readonly cleanUps: number;
  /** Whether a section or a clean-up is under way. */
  readonly isBusy: boolean;
  /** Gives a promise of the host, which settles in a later turn of the host. */
  host(): Promise<void>;
  /** Notes that the victim begins its last wait: a cancel may come too late from now on. */
  beginLastWait(): void;
}

/** How to sweep. */
export interface SweepOptions {
  /** Whose cancel comes first; the second one is the task's. */
  readonly by?: "task" | "timeout" | "group";
  /** Whether to cancel once and twice, or once only. */
  readonly twice?: boolean;
  /**
   * Whether the loop runs on as in real time, and the cancels come after the steps, so many
   * microtasks later. The victim has to call `beginLastWait()`.
   */
  readonly hopsInRealOrder?: number | undefined;
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
  readonly by: "task" | "timeout" | "group";
  /** After a moment in real order: how many microtasks. */
  readonly hops: number | undefined;
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
 * @param options Who cancels, and how often.
 * @returns How much was tried.
 */
export async function sweepCancels(
  make: (probe: Probe) => SweepProgram,
  { by = "task", twice = true, hopsInRealOrder: hops }: SweepOptions = {},
): Promise<SweepCounts> {
  const waits: Record<string, number> = {};
  const cancelledAt: Record<string, number> = {};
  let cancels = 0;
  let doubleCancels = 0;
  for (const victim of await victimsOf(make)) {
    const whole = await attempt(make, { victim, moments: [], by, hops });
    const seen = new Set<number>();
    for (let first = 1; first <= whole.end; first++) {
      const once = await attempt(make, { victim, moments: [first], by, hops });
      seen.add(once.waitOfCancel);
      cancels++;
      for (let second = first + 1; twice && second <= once.end; second++) {
        await attempt(make, { victim, moments: [first, second], by, hops });
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
    const { tasks, victims = Object.keys(tasks) } = make(
      new RunProbe(() => {}),
    );
    return await Promise.resolve(victims);
  }, { loopFactory: () => loop });
}

async function attempt(
  make: (probe: Probe) => SweepProgram,
  plan: Plan,
): Promise<Sight> {
  const loop = plan.hops === undefined ? new TestLoop() : new RealOrderLoop();
  const sweeper = new Sweeper(plan);
  using _ = observe(loop, sweeper);
  try {
    const { mayReport } = await run(() => runProgram(make, sweeper, plan), {
      loopFactory: () => loop,
    });
    const reports = loop.reports.filter(({ exception }) =>
      !mayReport?.(exception)
    );
    if (reports.length > 0) {
      throw new Error(
        `The exception handler was told: ${
          reports.map(({ message, exception }) => `${message} (${exception})`)
            .join(", ")
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
  plan: Plan,
): Promise<SweepProgram> {
  const probe = new RunProbe(() => sweeper.passMoment(), sweeper);
  const program = make(probe);
  const tasks = Object.entries(program.tasks).map(([name, work]) =>
    createTask(name === plan.victim ? inScope(work, sweeper, plan) : work, {
      name,
    })
  );
  sweeper.watch(tasks.find((task) => task.getName() === plan.victim)!);
  await wait(tasks);
  sweeper.unwatch();
  for (const task of tasks) {
    const problem = problemOf(task, sweeper, plan);
    if (problem === undefined || program.mayEnd?.(task, task.getName())) {
      continue;
    }
    throw new Error(problem, {
      cause: task.cancelled() ? undefined : task.exception(),
    });
  }
  // It may wait for what the tasks have left.
  await program.check?.();
  const open = probe.open();
  if (open.length > 0) throw new Error(`Not left: ${open.join(", ")}`);
  if (
    probe.cleanUps > 0 && plan.moments.length === 1 && !sweeper.isByItself
  ) {
    throw new Error("A clean-up was cancelled twice");
  }
  return program;
}

/** Gives a function that runs the work, in the scope that is to cancel it. */
function inScope(
  work: CoroutineFunction<unknown>,
  sweeper: Sweeper,
  { by }: Plan,
): CoroutineFunction<unknown> {
  if (isGeneratorFunction(work)) return work;
  const body = async (cancel?: () => void) => {
    sweeper.cancelScope = cancel;
    await (work as () => PromiseLike<unknown>)();
    sweeper.hasReturned = true;
  };
  if (by === "task") return () => body();
  const scoped = by === "group"
    ? () => taskGroup((group) => body(() => group.cancel()))
    : () =>
      timeout(undefined, (scope) =>
        body(() => {
          scope.reschedule(-Infinity);
          // The deadline comes in the next turn.
          sweeper.cameInTime = () => scope.expired();
        }));
  return async () => {
    try {
      await scoped();
    } finally {
      sweeper.isOver = true;
    }
  };
}

const isGeneratorFunction = (work: unknown) =>
  Object.prototype.toString.call(work) === "[object GeneratorFunction]";

function problemOf(
  task: Task<unknown>,
  sweeper: Sweeper,
  { by, hops, moments }: Plan,
): string | undefined {
  const isVictim = task === sweeper.victim;
  if (isVictim && sweeper.delivered) {
    // The second one may have come when the scope had ended by the first.
    const mayBeLate = hops !== undefined && by !== "task" && moments.length > 1;
    return task.cancelled() || mayBeLate && isOwnEnd(task)
      ? undefined
      : `It swallowed the cancel: ${task}`;
  }
  if (task.cancelled()) {
    return isVictim && hops !== undefined && sweeper.mayBeLate
      ? undefined
      : `Another task was cancelled: ${task}`;
  }
  const error = task.exception();
  if (isVictim && sweeper.scopeCancelled) {
    if (by === "timeout" && error instanceof TimeoutError) return undefined;
    if (sweeper.hasReturned && sweeper.cameInTime()) {
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

/** What a run is told by its program. */
class RunProbe implements Probe {
  /** How many clean-ups have begun after the cancel and not ended. */
  cleanUps = 0;
  readonly #open: string[] = [];
  readonly #passMoment: () => void;
  readonly #sweeper: Sweeper | undefined;

  constructor(passMoment: () => void, sweeper?: Sweeper) {
    this.#passMoment = passMoment;
    this.#sweeper = sweeper;
  }

  enter(name: string): Disposable {
    this.#open.push(name);
    return {
      [Symbol.dispose]: () => {
        const index = this.#open.indexOf(name);
        if (index >= 0) this.#open.splice(index, 1);
      },
    };
  }

  async cleanUp(body: () => Promise<void>, isAside = false): Promise<void> {
    const sweeper = this.#sweeper;
    const count = (isAside ? sweeper?.delivered : sweeper?.isCancelled) ? 1 : 0;
    this.cleanUps += count;
    await body();
    this.cleanUps -= count;
  }

  host(): Promise<void> {
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#passMoment();
        setImmediate(() => {
          resolve();
          // A deadline would come in the middle of what follows: none of a clock does.
          if (this.#sweeper?.isByDeadline) setImmediate(this.#passMoment);
          else this.#passMoment();
        });
      })
    );
  }

  beginLastWait(): void {
    if (this.#sweeper !== undefined) this.#sweeper.isInLastWait = true;
  }

  get isBusy(): boolean {
    return this.#open.length > 0 || this.cleanUps > 0;
  }

  open(): readonly string[] {
    return this.#open;
  }
}

/** Counts moments, and cancels the victim before some of them. */
class Sweeper implements Instrument {
  readonly #plan: Plan;
  victim: Task<unknown> | undefined;
  /** Whether a cancel of the task came in time. */
  delivered = false;
  /** Whether the scope round it was cancelled in time. */
  scopeCancelled = false;
  /** Cancels that scope. */
  cancelScope: (() => void) | undefined;
  /** Whether that has come before the end of the scope. */
  cameInTime: () => boolean = () => true;
  /** Whether the scope has ended: only what nobody awaits is left of the task. */
  isOver = false;
  /** Whether its async function has returned: later cancels come too late. */
  hasReturned = false;
  /** Whether it has begun its last wait. */
  isInLastWait = false;
  /** Whether the cancel has come in a task's step, as one by itself: that has yet to meet it. */
  isByItself = false;
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

  /** Whether the first cancel is that of a deadline. */
  get isByDeadline(): boolean {
    return this.#plan.by === "timeout";
  }

  /** Whether somebody has cancelled it. */
  get isCancelled(): boolean {
    return this.delivered || this.scopeCancelled;
  }

  before(step: Step): void {
    if (++this.#steps > MOST_STEPS) throw new Error("The program never ends");
    if (this.#plan.hops === undefined) this.passMoment();
    // A step of the task itself, or the resumption of its async function.
    if (this.#watching && taskOf(step) === this.victim) this.#resumptions++;
  }

  after(): void {
    if (this.#plan.hops !== undefined) this.passMoment();
  }

  /** Cancels the victim, if it is time. */
  passMoment(): void {
    const { victim } = this;
    if (!this.#watching || victim === undefined || victim.done()) return;
    this.#moment++;
    this.#end = this.#moment;
    const { moments, by, hops } = this.#plan;
    if (!moments.includes(this.#moment)) return;
    if (!this.isCancelled) this.#waitOfCancel = this.#resumptions;
    const moment = this.#moment;
    const isOfScope = by !== "task" && moment === moments[0];
    afterMicrotasks(hops ?? 0, () => {
      if (hops === 0 && currentTask() !== undefined) this.isByItself = true;
      if (isOfScope) this.#cancelScope();
      else this.#cancelTask(`moment ${moment}`);
    });
  }

  #cancelTask(message: string): void {
    const isAsked = this.victim!.cancel(message);
    if (isAsked && !this.mayBeLate) this.delivered = true;
  }

  /** Whether a cancel may come too late. */
  get mayBeLate(): boolean {
    return this.hasReturned || this.isOver || this.isInLastWait;
  }

  #cancelScope(): void {
    // Before the body has begun there is no scope.
    if (this.cancelScope === undefined || this.mayBeLate) return;
    this.scopeCancelled = true;
    this.cancelScope();
  }
}
