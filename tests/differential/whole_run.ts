/**
 * Runs a whole program, on a loop or in a Runner.
 *
 * @module
 */
import { Runner, type Task } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Trace } from "./program.ts";
import { type Cold, describe, show, state } from "./words.ts";

// A run that was ended early goes on so often.
const MOST_RUNS = 4;

/** A run of one program. */
export class WholeRun {
  readonly #host: Interpreter;

  /** It has not begun. */
  constructor(host: Interpreter) {
    this.#host = host;
  }

  /** Runs the program and gives its trace. */
  async run(): Promise<Trace> {
    if (this.#host.program.runs !== null) await this.#runWithRunner();
    else await this.#runOnLoop();
    const trace = this.#host.recorder.end();
    this.#host.loop.close();
    return trace;
  }

  async #runOnLoop(): Promise<void> {
    await this.#outcome(
      "main",
      this.#host.body("main", this.#host.program.main),
    );
    this.#logStates();
    const pending = this.#unfinished();
    if (pending.length > 0) {
      await this.#outcome("shutdown", this.#host.shutdown(pending));
      this.#logStates();
    }
    if (this.#host.mayEndAsyncgens()) {
      await this.#outcome(
        "asyncgens",
        () => this.#host.loop.shutdownAsyncgens(),
      );
    }
  }

  async #runWithRunner(): Promise<void> {
    const runner = new Runner({ loopFactory: () => this.#host.loop });
    const mains = [this.#host.program.main, ...this.#host.program.runs!];
    for (const [number, main] of mains.entries()) {
      const name = `main${number || ""}`;
      await this.#noteOutcome(
        name,
        () => runner.run(this.#host.body(name, main)),
      );
      await this.#runOn(name);
      this.#logStates();
    }
    await this.#noteOutcome("close", () => runner.close());
    this.#logStates();
  }

  async #outcome(label: string, body: Cold): Promise<void> {
    await this.#noteOutcome(
      label,
      () => this.#host.loop.runUntilComplete(body),
    );
    await this.#runOn(label);
  }

  async #noteOutcome(
    label: string,
    run: () => Promise<unknown>,
  ): Promise<void> {
    let line: string;
    try {
      line = `${label} -> ${show(await run())}`;
    } catch (error) {
      line = `${label} !! ${describe(error)}`;
    }
    await this.#host.settle();
    this.#host.log(line);
  }

  /** Goes on with a main task that a stop() or a KeyboardInterrupt has left. */
  async #runOn(name: string): Promise<void> {
    const [task] = [...this.#host.names].find(([, each]) => each === name) ??
      [];
    for (let left = MOST_RUNS; left > 0; left--) {
      if (!this.#host.wasEnded || task === undefined || task.done()) break;
      this.#host.wasEnded = false;
      await this.#noteOutcome(
        name,
        () => this.#host.loop.runUntilComplete(task),
      );
    }
    this.#host.wasEnded = false;
  }

  #unfinished(): Task<unknown>[] {
    const byName = [...this.#host.names].sort(([, a], [, b]) => a < b ? -1 : 1);
    return byName.map(([task]) => task).filter((task) => !task.done());
  }

  #logStates(): void {
    for (const name of [...this.#host.futures.keys()].sort()) {
      this.#host.log(`${name} is ${state(this.#host.futures.get(name)!)}`);
    }
    const names = this.#unfinished().map((task) => this.#host.names.get(task)!);
    this.#host.log(`unfinished: ${show(names)}`);
  }
}
