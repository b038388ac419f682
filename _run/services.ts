/**
 * The services of a run: what is asked to take no more when the run is to close.
 *
 * @module
 */
import { asAwaitable } from "../_coroutine/to_future.ts";
import { snapshotContext } from "../_host/async_context.ts";
import type { InContext } from "../_task/function_coroutine.ts";
import { type Context, copyContext } from "../context.ts";
import type { Wait } from "../future.ts";
import type { EventLoop } from "../loop.ts";
import type { Task } from "../task.ts";
import type { ServiceEnd } from "./shutdown_report.ts";

/** Asks a service to stop; what it returns is waited for. */
export type StopService = () =>
  | void
  | PromiseLike<unknown>
  | Generator<Wait | undefined, unknown, never>;

/** One service. */
interface Service {
  readonly name: string;
  readonly stop: StopService;
  /** The context variables of whoever has registered it. */
  readonly context: Context;
  /** Calls a function in the host's async context of who has registered it. */
  readonly inContext: InContext;
}

/** The services of one loop. */
export class Services {
  readonly #loop: EventLoop;
  readonly #onIdle: () => void;
  readonly #registered = new Set<Service>();
  readonly #ends: ServiceEnd[] = [];
  /** The tasks that stop services now. */
  readonly stopping = new Set<Task<unknown>>();
  #startedAt: number | undefined;

  /**
   * Makes an empty set of services.
   *
   * @param loop Their loop.
   * @param onIdle Called when the last one has stopped.
   */
  constructor(loop: EventLoop, onIdle: () => void) {
    this.#loop = loop;
    this.#onIdle = onIdle;
  }

  /**
   * Adds one; if the others were asked to stop already, it is asked too.
   *
   * @returns Takes it out again, if it was not asked.
   */
  add(name: string, stop: StopService): () => void {
    const context = copyContext();
    const service = { name, stop, context, inContext: snapshotContext() };
    if (this.#startedAt !== undefined) {
      this.#stop(service);
      return () => {};
    }
    this.#registered.add(service);
    return () => this.#registered.delete(service);
  }

  /** Asks all to stop. */
  stopAll(): void {
    this.#startedAt = this.#loop.time();
    for (const service of this.#registered) this.#stop(service);
    this.#registered.clear();
  }

  /** What became of them, those that have not stopped included. */
  ends(now: number): ServiceEnd[] {
    const late = [...this.stopping].map((task): ServiceEnd => ({
      name: task.getName(),
      outcome: "too late",
      seconds: now - this.#startedAt!,
    }));
    return [...this.#ends, ...late];
  }

  #stop({ name, stop, context, inContext }: Service): void {
    const task: Task<unknown> = inContext(() =>
      this.#loop.createTask(() => asAwaitable(stop()), { name, context })
    );
    this.stopping.add(task);
    task.addDoneCallback(() => this.#stopped(task));
  }

  #stopped(task: Task<unknown>): void {
    const seconds = this.#loop.time() - this.#startedAt!;
    const name = task.getName();
    this.stopping.delete(task);
    const error = task.cancelled() ? undefined : task.exception();
    this.#ends.push({ name, outcome: outcomeOf(task, error), seconds });
    if (error !== undefined) {
      this.#loop.callExceptionHandler({
        message: `Unhandled exception while ${name} was stopped`,
        exception: error,
        task,
      });
    }
    if (this.stopping.size === 0) this.#onIdle();
  }
}

// One that nobody has cancelled has waited for what was, such as its own `serveForever()`.
function outcomeOf(
  task: Task<unknown>,
  error: unknown,
): ServiceEnd["outcome"] {
  if (error !== undefined) return "failed";
  const wasStopped = !task.cancelled() || task.cancelling?.() === 0;
  return wasStopped ? "stopped" : "too late";
}
