/**
 * The shutdown of a run: first soft, then hard.
 *
 * In the soft phase services are asked to stop and nothing is cancelled; it is the grace.
 * In the hard phase everything is cancelled and cleans up. Whoever still does so when that has
 * lasted too long is left behind, and named.
 *
 * @module
 */
import { cancelEach } from "../_base/cancelled.ts";
import { allTasks } from "../current_task.ts";
import { CancelledError, KeyboardInterrupt } from "../errors.ts";
import { Failure } from "../_future/failure.ts";
import type { Future } from "../future.ts";
import type { SignalName } from "../_host/signals.ts";
import { hostTurn } from "../_host/turn.ts";
import type { TimerHandle } from "../handle.ts";
import type { EventLoop } from "../loop.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { isInstance } from "../_base/repr.ts";
import { Task } from "../task.ts";
import { describeWait } from "../_line/wait_text.ts";
import { formatTaskTree } from "../task_tree.ts";
import { HostFuture } from "../_coroutine/to_future.ts";
import { Services, type StopService } from "./services.ts";
import { type ProcessEnd, Report, type TaskEnd } from "./shutdown_report.ts";

/** How a run is shut down. */
export interface ShutdownPlan {
  /** What is cancelled first. */
  readonly main: Future<unknown> | undefined;
  /** Seconds before anything is cancelled; `undefined` means none, and `main` alone at first. */
  readonly grace: number | undefined;
  /** Seconds that cleaning up may take; `undefined` means any. */
  readonly cleanup: number | undefined;
}

/** The shutdown of one loop. */
export class Shutdown {
  /** The signal that began it; `undefined` where the run has ended without. */
  signal: SignalName | undefined;
  /** What `run()` throws, once `main` had to be cancelled. */
  interrupt: KeyboardInterrupt | undefined;
  /** Whether the run ends though not all has ended. */
  isGivenUp = false;
  readonly #loop: EventLoop;
  readonly #services: Services;
  readonly #closing = new Set<ClosingFuture>();
  readonly #left = new Set<Task<unknown>>();
  readonly #cancelled = new Set<Task<unknown>>();
  readonly #taskEnds: TaskEnd[] = [];
  readonly #processEnds: ProcessEnd[] = [];
  #plan: ShutdownPlan | undefined;
  #softAt = 0;
  #hardAt: number | undefined;
  #servicesStopped: Future<void> | undefined;
  #limit: TimerHandle | undefined;

  constructor(loop: EventLoop) {
    this.#loop = loop;
    this.#services = new Services(loop, () => this.#releaseMain());
  }

  /** Whether everything has been cancelled. */
  get isHard(): boolean {
    return this.#hardAt !== undefined;
  }

  /** Whether anything has begun it. */
  get hasBegun(): boolean {
    return this.signal !== undefined || this.isHard;
  }

  /** Makes a future of the signal. */
  closing(): Future<SignalName> {
    const future = new ClosingFuture({ loop: this.#loop });
    if (this.signal !== undefined) {
      future.setResult(this.signal);
      return future;
    }
    this.#closing.add(future);
    future.addDoneCallback(() => this.#closing.delete(future), NO_CONTEXT);
    return future;
  }

  /** Adds a service; returns what takes it out again. */
  addService(name: string, stop: StopService): () => void {
    return this.#services.add(name, stop);
  }

  /**
   * Adds a process that has ended.
   *
   * @param end What became of it.
   * @param since When it was asked to end, if it was.
   */
  addProcess(end: Omit<ProcessEnd, "seconds">, since = this.#softAt): void {
    const seconds = this.#loop.time() - since;
    this.#processEnds.push({ ...end, seconds });
  }

  /** Begins the soft phase, or the hard one at once if there is no grace. */
  begin(signal: SignalName, plan: ShutdownPlan): void {
    // From now on the limits of the plan hold.
    this.endLimit();
    this.signal = signal;
    this.#plan = plan;
    this.#softAt = this.#loop.time();
    this.#watchTasks();
    for (const future of this.#closing) {
      if (!future.done()) future.setResult(signal);
    }
    this.#services.stopAll();
    if (plan.grace === undefined) this.harden();
    else this.#limit = this.#later(plan.grace, () => this.harden());
  }

  /** Begins the hard phase: cancels all that may end now, if that was not done. */
  harden(): void {
    if (this.isHard) return;
    this.#hardAt = this.#loop.time();
    this.#watchTasks();
    const { main, grace, cleanup } = this.#plan!;
    if (main !== undefined && !main.done()) {
      this.interruptMain();
    }
    // Without grace main alone, as at every end of a run: what it has begun may serve it
    // while it cleans up.
    const first = grace === undefined
      ? [main]
      : [main, ...[...this.#left].filter((task) => !isAwaited(task))];
    const unfinished = new Set(first.filter((task) => task && !task.done()));
    for (const task of unfinished) {
      if (task instanceof Task) this.#cancelled.add(task);
    }
    cancelEach([...unfinished] as Task<unknown>[]);
    this.#limit?.cancel();
    if (cleanup !== undefined) {
      this.#limit = this.#later(cleanup, () => this.giveUp());
    }
    this.#releaseMain();
  }

  /** Whether all had a grace to end in, and it is over. */
  get isGraceOver(): boolean {
    return this.isHard && this.#plan?.grace !== undefined;
  }

  /** Begins the hard phase of a run without a signal, whose owner cancels it by himself. */
  limit(seconds: number): void {
    if (this.hasBegun) return;
    this.#softAt = this.#hardAt = this.#loop.time();
    this.#watchTasks();
    this.#limit = this.#later(seconds, () => this.giveUp());
  }

  /** Takes that back: the loop goes on, with another run or by a signal. */
  endLimit(): void {
    if (this.signal !== undefined) return;
    this.#limit?.cancel();
    this.#hardAt = undefined;
    this.isGivenUp = false;
    // What has ended before is no news of what comes.
    this.#left.clear();
    this.#taskEnds.length = this.#processEnds.length = 0;
  }

  /** Ends it with the run that its signal has ended: the loop goes on with another one. */
  leave(): void {
    this.#limit?.cancel();
    this.isGivenUp = false;
    // Without grace main alone was cancelled, and the others are of the next run, too.
    for (const task of this.#left) {
      if (!this.#cancelled.has(task)) this.#left.delete(task);
    }
  }

  /** Ends the run though not all has ended. */
  giveUp(): void {
    if (this.isGivenUp) return;
    this.isGivenUp = true;
    if (this.signal !== undefined) this.interruptMain();
    // Whoever hangs may have kept others from being asked: what these have to clean up they
    // can begin at least.
    this.#watchTasks();
    cancelEach([...this.#left].filter((task) => task.cancelling?.() === 0));
    // Not before its turn: of many loops that are busy another may go on first.
    this.#loop.callSoon(() => {
      hostTurn().then(() => {
        if (this.isGivenUp && this.#loop.isRunning()) this.#loop.stop();
      });
    }, NO_CONTEXT);
  }

  /** The tasks that are to be cancelled at the end of the run: each is so once. */
  notCancelled(tasks: readonly Task<unknown>[]): Task<unknown>[] {
    return tasks.filter((task) => !this.#cancelled.has(task));
  }

  /** What `main` leaves to wait for when it has ended in the grace, if anything. */
  servicesToStop(): Future<void> | undefined {
    if (this.signal === undefined || this.isHard || this.isGivenUp) {
      return undefined;
    }
    if (this.#services.stopping.size === 0) return undefined;
    return this.#servicesStopped = this.#loop.createFuture();
  }

  /** What became of everything, at the end of the run. */
  report(): Report {
    const now = this.#loop.time();
    const hardAt = this.#hardAt ?? now;
    for (const task of this.#left) {
      this.#taskEnds.push({
        name: task.getName(),
        outcome: "ignored",
        inGrace: false,
        seconds: now - hardAt,
        waitsFor: task._waitsFor().map(describeWait),
      });
    }
    const parts = {
      signal: this.signal,
      softSeconds: hardAt - this.#softAt,
      hardSeconds: now - hardAt,
      services: this.#services.ends(now),
      tasks: this.#taskEnds,
      processes: this.#processEnds,
    };
    return new Report(parts, this.#plan?.grace !== undefined);
  }

  /** What `run()` throws if `main` was cancelled since the signal, by whomever. */
  interruptMain(): KeyboardInterrupt {
    return this.interrupt ??= interruptBy(this.signal!, this.#loop);
  }

  /**
   * What `run()` throws in the place of an error, if a signal or the limit of time has ended
   * it.
   *
   * @param error What it would throw.
   * @param main Its main task.
   * @param signal The signal of its options.
   */
  errorOf(
    error: unknown,
    main: Future<unknown>,
    signal: AbortSignal | undefined,
  ): unknown {
    if (this.isGivenUp && !main.done()) {
      return this.interrupt ?? ignoredAbort(signal!.reason);
    }
    if (this.signal === undefined || !isInstance(error, CancelledError)) {
      return undefined;
    }
    // A task factory may make tasks without these methods.
    const isByUs = this.interrupt === undefined
      // What it was there for has stopped, such as serveForever().
      ? main instanceof Task && main.cancelling?.() === 0
      : !(main instanceof Task) || main.uncancel?.() === 0;
    return isByUs ? this.interruptMain() : undefined;
  }

  #releaseMain(): void {
    const future = this.#servicesStopped;
    if (future !== undefined && !future.done()) future.setResult(undefined);
  }

  // Also those that have come since the last time.
  #watchTasks(): void {
    for (const task of allTasks(this.#loop)) {
      if (this.#left.has(task) || this.#services.stopping.has(task)) continue;
      this.#left.add(task);
      task.addDoneCallback(() => this.#taskEnded(task), NO_CONTEXT);
    }
  }

  #taskEnded(task: Task<unknown>): void {
    if (!this.#left.delete(task)) return;
    const inGrace = !this.isHard;
    const since = inGrace ? this.#softAt : this.#hardAt!;
    this.#taskEnds.push({
      name: task.getName(),
      outcome: outcomeOf(task),
      inGrace,
      seconds: this.#loop.time() - since,
      waitsFor: [],
    });
  }

  #later(seconds: number, callback: () => void): TimerHandle {
    return this.#loop.callLater(seconds, callback, NO_CONTEXT);
  }
}

/** The shutdown of a loop, also before anything has begun it. */
export function shutdownOf(loop: EventLoop): Shutdown {
  return (loop._shutdown ??= new Shutdown(loop)) as Shutdown;
}

/** The shutdown of a loop, once something has begun it. */
export function begunShutdown(loop: object): Shutdown | undefined {
  const { _shutdown } = loop as { readonly _shutdown?: Shutdown };
  return _shutdown?.hasBegun ? _shutdown : undefined;
}

/** Waits for a signal: only the host can settle it. */
class ClosingFuture extends HostFuture<SignalName> {
  override _describe(): string {
    return "a signal that ends the run";
  }
}

function interruptBy(signal: SignalName, loop: EventLoop): KeyboardInterrupt {
  const cause = signal === "SIGINT" ? "Ctrl-C" : signal;
  const error = new KeyboardInterrupt(
    `Interrupted by ${cause}\n${formatTaskTree(loop)}`.trimEnd(),
    { signal },
  );
  // Its frames are the host's and this library's, and tell nobody anything.
  Object.defineProperty(error, "stack", {
    value: `${error.name}: ${error.message}`,
    configurable: true,
    writable: true,
  });
  return error;
}

// The error stays unfetched: whoever made the task may want to see it reported.
function outcomeOf(task: Task<unknown>): TaskEnd["outcome"] {
  if (task.cancelled()) return "cancelled";
  return isInstance(task._waitersOrOutcome, Failure) ? "failed" : "finished";
}

/** Whether a task waits for it: then it is that one's to cancel it, as a group does. */
function isAwaited(task: Task<unknown>): boolean {
  const reached = new Set<Partial<Future<unknown>>>([task]);
  for (const future of reached) {
    for (const waiter of future._awaitedBy?.() ?? []) {
      if (waiter instanceof Task && waiter !== task) return true;
      reached.add(waiter as Partial<Future<unknown>>);
    }
  }
  return false;
}

function ignoredAbort(reason: unknown): CancelledError {
  return new CancelledError(
    "The signal was aborted, and main had not ended when the time to clean up was over",
    { cause: reason },
  );
}
