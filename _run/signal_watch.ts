/**
 * What the signals of the process do to one run.
 *
 * | signal | with `grace` | without |
 * | --- | --- | --- |
 * | first | soft phase: services stop | hard phase: `main` is cancelled |
 * | second | hard phase | the program ends |
 * | third | the run ends, whatever hangs | |
 *
 * @module
 */
import { catchDropped } from "../_base/function_kinds.ts";
import { KeyboardInterrupt } from "../errors.ts";
import type { Future } from "../future.ts";
import {
  exitBySignal,
  listenToSignal,
  type SignalName,
} from "../_host/signals.ts";
import { beforeUncaught } from "../_host/uncaught.ts";
import { isInstance } from "../_base/repr.ts";
import type { EventLoop } from "../loop.ts";
import { print, report } from "../_loop/report.ts";
import { formatTaskTree } from "../task_tree.ts";
import { begunShutdown, type Shutdown, shutdownOf } from "./shutdown.ts";
import type { ShutdownReport } from "./shutdown_report.ts";

/** What a run says of signals. */
export interface SignalOptions {
  readonly signals: readonly SignalName[];
  readonly grace: number | undefined;
  readonly cleanup: number | undefined;
  readonly onShutdown: ((report: ShutdownReport) => void) | undefined;
}

/** Listens for one loop. */
export class SignalWatch {
  readonly #loop: EventLoop;
  readonly #options: SignalOptions;
  #main: Future<unknown> | undefined;
  #stops: (() => void)[] = [];
  #isReported = false;

  constructor(loop: EventLoop, options: SignalOptions) {
    this.#loop = loop;
    this.#options = options;
  }

  /** The shutdown, if anything has begun it. */
  get shutdown(): Shutdown | undefined {
    return begunShutdown(this.#loop);
  }

  /** Begins to listen; does nothing if it listens. */
  listen(main: Future<unknown> | undefined): void {
    this.#main = main;
    if (this.#stops.length > 0) return;
    for (const signal of new Set(this.#options.signals)) {
      try {
        this.#stops.push(
          listenToSignal(signal, (name) => this.#onSignal(name)),
        );
      } catch {
        // A host without this signal, or a worker: it does there what it does.
      }
    }
  }

  /** Stops listening. */
  unlisten(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Tells what became of everything, when all is over. */
  tell(): void {
    const { shutdown } = this;
    const { onShutdown } = this.#options;
    if (shutdown === undefined || this.#isReported) return;
    // A run that has ended by itself, and in time, has nothing to tell.
    if (shutdown.signal === undefined && !shutdown.isGivenUp) return;
    this.#isReported = true;
    const made = shutdown.report();
    const failed = (error: unknown): void =>
      this.#loop.callExceptionHandler({
        message: "Unhandled exception in onShutdown()",
        exception: error,
      });
    try {
      if (onShutdown === undefined) {
        if (!made.isClean) report({ message: String(made) });
      } else catchDropped(onShutdown, onShutdown(made), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Forgets the signals of the run before, if there were any, and tells what became of it. */
  beginAnew(): void {
    const { shutdown } = this;
    if (shutdown?.signal === undefined) return;
    shutdown.leave();
    this.tell();
    this.#isReported = false;
    this.#loop._shutdown = undefined;
  }

  #onSignal(signal: SignalName): void {
    // Its handler takes the place of all this, as in CPython.
    if (this.#loop._handlesSignal(signal)) return;
    const { shutdown } = this;
    const { grace, cleanup } = this.#options;
    if (shutdown?.signal === undefined) {
      // Without grace there is nothing to ask of a run that is ending already.
      if (this.#main === undefined && grace === undefined) {
        return this.#exit(signal, "Interrupted at its end");
      }
      beforeUncaught(exitIfInterrupt);
      const plan = { main: this.#main, grace, cleanup };
      shutdownOf(this.#loop).begin(signal, plan);
      if (this.#main === undefined) this.shutdown?.harden();
    } else if (!shutdown.isHard) shutdown.harden();
    else if (grace === undefined) this.#exit(signal, "Interrupted twice");
    else shutdown.giveUp();
  }

  #exit(signal: SignalName, why: string): void {
    report({ message: `${why}, ending now\n${formatTaskTree(this.#loop)}` });
    // Processes would live on.
    this.#loop._resources.abandonAll(false, () => {});
    if (this.#options.onShutdown !== undefined) this.tell();
    exitBySignal(signal);
  }
}

// One that nobody catches ends the program as the signal does, not with a stack.
function exitIfInterrupt(error: unknown): void {
  if (!isInstance(error, KeyboardInterrupt)) return;
  const { signal } = error;
  if (signal === undefined) return;
  print(`${error.name}: ${error.message}`);
  exitBySignal(signal as SignalName);
}
