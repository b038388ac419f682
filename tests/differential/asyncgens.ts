/**
 * The statements of async generators, which async functions alone can have.
 *
 * @module
 */
import type { Interpreter } from "./interpreter.ts";
import type { Block, Json } from "./program.ts";
import { describe, Missing, type Returned, UserError } from "./words.ts";

type Made = AsyncGenerator<Json, unknown>;
type Run = (block: Block, caught?: unknown) => Promise<Returned>;

/** The async generators of a program. */
export class AsyncGenerators {
  readonly #host: Interpreter;
  readonly #run: Run;
  readonly #made = new Map<string, Made>();
  readonly #busy = new Set<string>();
  /** Those that stand at a yield. */
  readonly #suspended = new Set<string>();
  readonly #tracked = new Set<string>();

  /** There are none, at first. */
  constructor(host: Interpreter, run: Run) {
    this.#host = host;
    this.#run = run;
  }

  /** Whether any was made, and none is in use. */
  get mayEnd(): boolean {
    return this.#made.size > 0 && this.#busy.size === 0;
  }

  /** Lets nobody use one any more. */
  end(): void {
    for (const name of this.#made.keys()) this.#busy.add(name);
  }

  /** Makes one. */
  make(...[name, ...parts]: [string, ...Json[]]): void {
    const [items, kind, handler, final] = parts as [
      [Json, Block][],
      Json,
      Block,
      Block,
    ];
    this.#made.set(name, this.#generate(name, items, kind, handler, final));
  }

  async *#generate(
    name: string,
    items: [Json, Block][],
    kind: Json,
    handler: Block,
    final: Block,
  ): Made {
    this.#host.log(`begin ${name}`);
    try {
      for (const [value, body] of items) {
        if (await this.#run(body) !== undefined) return;
        this.#host.log(`yield ${value}`);
        yield value;
        this.#host.log(`resumed ${name}`);
      }
    } catch (error) {
      if (!this.#host.catches(kind, error)) throw error;
      this.#host.log(`caught ${describe(error)}`);
      await this.#run(handler, error);
    } finally {
      this.#host.log(`finally ${name}`);
      await this.#run(final);
    }
  }

  /** Does a step of one. */
  async step(op: string, name: string, code: Json | undefined): Promise<Json> {
    // What has ended, or not begun, takes it otherwise in JavaScript.
    if (op === "agen.throw" && !this.#suspended.has(name)) throw new Missing();
    const generator = this.#use(name);
    this.#suspended.delete(name);
    try {
      const step = await (op === "agen.next"
        ? generator.next()
        : op === "agen.throw"
        ? generator.throw(new UserError(code as string))
        : generator.return(undefined));
      if (op === "agen.close") {
        return null;
      }
      if (!step.done) {
        this.#suspended.add(name);
      }
      return step.done ? "over" : step.value as Json;
    } finally {
      this.#busy.delete(name);
    }
  }

  /** Goes through one; gives it up after so many. */
  async forEach(name: string, most: number, body: Block): Promise<Returned> {
    this.#suspended.delete(name);
    const generator = this.#use(name);
    let left = most;
    try {
      for await (const item of generator) {
        this.#host.log(`item ${item}`);
        const returned = await this.#run(body);
        left--;
        if (returned !== undefined || left === 0) return returned;
      }
      return undefined;
    } finally {
      this.#busy.delete(name);
    }
  }

  // For one task: what others do with it meanwhile is skipped.
  #use(name: string): Made {
    const generator = this.#made.get(name);
    if (generator === undefined || this.#busy.has(name)) throw new Missing();
    this.#busy.add(name);
    // As in CPython, which is told of the first step.
    if (!this.#tracked.has(name)) this.#host.loop.trackAsyncgen(generator);
    this.#tracked.add(name);
    return generator;
  }
}
