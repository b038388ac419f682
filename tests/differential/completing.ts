/**
 * What `asCompleted` is given, and how what it gives is written down.
 *
 * @module
 */
import { Future } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Json } from "./program.ts";
import { describe, show, type Source, state, UserError } from "./words.ts";

/** One `asCompleted`. */
export class Completing {
  readonly #host: Interpreter;
  readonly #names = new Map<unknown, string>();
  /** What it may be given: departures.md says what is left out. */
  readonly sources: readonly Source[];

  /** It has not begun. */
  constructor(host: Interpreter, operands: Json) {
    this.#host = host;
    let allowed = (operands as Json[][]).some(([kind]) => kind !== "ref")
      ? 0
      : 1;
    const sources = [];
    for (const [kind, ...args] of host.present(operands) as Json[][]) {
      const source = host.operand([kind!, ...args]);
      if (source instanceof Future) {
        if (this.#names.has(source)) continue;
        this.#names.set(source, args[0] as string);
        if (source.done() && --allowed < 0) continue;
      }
      sources.push(source);
    }
    this.sources = sources;
  }

  /** Notes a future. */
  logNext(future: Future<unknown>): void {
    this.#host.log(`next ${this.#names.get(future) ?? "new"} ${state(future)}`);
  }

  /** Notes a result. */
  logResult(result: unknown): void {
    this.#host.log(`next -> ${show(result)}`);
  }

  /** Notes a user's error; throws any other on. */
  logError(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#host.log(`next !! ${describe(error)}`);
  }
}
