/**
 * Who cancels the victim of a sweep, and when.
 *
 * @module
 */
import {
  currentTask,
  type EventLoop,
  type Task,
  VirtualClock,
} from "../mod.ts";
import {
  type Instrument,
  observe,
  type Step,
  taskOf,
  TestLoop,
} from "../testing.ts";
import type { Watcher } from "./_cancel_probe.ts";
import { afterMicrotasks } from "./_microtasks.ts";
import { JumpingClock, RealOrderLoop } from "./_real_order_loop.ts";

/**
 * Whose cancel comes first: the task's, that of a scope it stands in, or that of an
 * `AbortSignal` it was made with. A `failure` is that of a task of its group.
 */
export type By = "task" | "timeout" | "group" | "signal" | "failure";

/** When to cancel whom. */
export interface Plan {
  readonly victim: string;
  /** Moments, in rising order. */
  readonly moments: readonly number[];
  readonly by: By;
  /** Whether a cancel of the task comes with the first one, just before or after it. */
  readonly together?: "before" | "after" | undefined;
  /** After a moment in real order: how many microtasks. */
  readonly hops: number | undefined;
  /** Whether a cancel may come in the burst of microtasks after the end of the last wait. */
  readonly mayComeLate: boolean;
}

/** What was seen in a run. */
export interface Sight {
  /** The moment at which the victim was done: later cancels would come too late. */
  readonly end: number;
  /** How often the victim waited. */
  readonly waits: number;
  /** At which of its waits the first cancel came. */
  readonly waitOfCancel: number;
}

/** Cancels a scope, or aborts a signal. */
export interface Canceller {
  cancel(): void;
  /** Whether that has come before the end of the scope. */
  cameInTime?(): boolean;
}

// No program that is worth a sweep takes so many steps.
const MOST_STEPS = 5_000;

/** Counts moments, and cancels the victim before some of them. */
export class Sweeper implements Instrument, Watcher {
  readonly plan: Plan;
  victim: Task<unknown> | undefined;
  /** Whether a cancel of the task came in time. */
  delivered = false;
  /** Whether the scope round it was cancelled in time. */
  scopeCancelled = false;
  /** The scope round it, or its signal. */
  canceller: Canceller | undefined;
  /** Whether the scope has ended: only what nobody awaits is left of the task. */
  isOver = false;
  /** Whether its async function has returned: later cancels come too late. */
  hasReturned = false;
  /** Whether it has begun its last wait. */
  isInLastWait = false;
  /** Whether the cancel has come in a task's step, as one by itself: that has yet to meet it. */
  isByItself = false;
  /** The loop of the run, and those that its program has made. */
  readonly loops: (TestLoop | RealOrderLoop)[] = [];
  readonly #clock: VirtualClock | JumpingClock;
  #watching = false;
  #steps = 0;
  #moment = 0;
  #end = 0;
  #resumptions = 0;
  #waitOfCancel = 0;

  constructor(plan: Plan) {
    this.plan = plan;
    // Where others work for what it waits for, a virtual one gives the host its time first.
    this.#clock = plan.mayComeLate
      ? new JumpingClock(plan.hops === undefined)
      : new VirtualClock();
  }

  newLoop(): EventLoop {
    // Time must not pass in one while another works.
    const loop = this.#clock instanceof VirtualClock
      ? new TestLoop(this.#clock)
      : new RealOrderLoop(this.#clock);
    this.loops.push(loop);
    observe(loop, this);
    return loop;
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

  get isByDeadline(): boolean {
    return this.plan.by === "timeout";
  }

  get isCancelled(): boolean {
    return this.delivered || this.scopeCancelled;
  }

  /** Whether a cancel may come too late. */
  get mayBeLate(): boolean {
    return this.hasReturned || this.isOver || this.isInLastWait;
  }

  before(step: Step): void {
    if (++this.#steps > MOST_STEPS) throw new Error("The program never ends");
    if (this.plan.hops === undefined) this.passMoment();
    // A step of the task itself, or the resumption of its async function.
    if (this.#watching && taskOf(step) === this.victim) this.#resumptions++;
  }

  after(): void {
    if (this.plan.hops !== undefined) this.passMoment();
  }

  passMoment(): void {
    const { victim } = this;
    if (!this.#watching || victim === undefined || victim.done()) return;
    this.#moment++;
    this.#end = this.#moment;
    const { moments, hops } = this.plan;
    if (!moments.includes(this.#moment)) return;
    if (!this.isCancelled) this.#waitOfCancel = this.#resumptions;
    const moment = this.#moment;
    afterMicrotasks(hops ?? 0, () => {
      if (hops === 0 && currentTask(this.loops[0]) !== undefined) {
        this.isByItself = true;
      }
      this.#cancel(moment);
    });
  }

  #cancel(moment: number): void {
    const { by, moments, together } = this.plan;
    const isFirst = moment === moments[0];
    if (isFirst && together === "before") this.#cancelTask(`before ${moment}`);
    if (!isFirst || by === "task") this.#cancelTask(`moment ${moment}`);
    else if (by === "signal") this.#abort();
    else this.#cancelScope();
    if (isFirst && together === "after") this.#cancelTask(`after ${moment}`);
  }

  #cancelTask(message: string): void {
    const isAsked = this.victim!.cancel(message);
    if (isAsked && !this.mayBeLate) this.delivered = true;
  }

  #abort(): void {
    const isAsked = !this.victim!.done();
    this.canceller!.cancel();
    if (isAsked && !this.mayBeLate) this.delivered = true;
  }

  #cancelScope(): void {
    // Before the body has begun there is no scope.
    if (this.canceller === undefined || this.mayBeLate) return;
    this.scopeCancelled = true;
    this.canceller.cancel();
  }
}
