/**
 * Runs programs with coroutines that are async functions: `await` waits. It is
 * generator_style.ts word by word, for the two must mean the same.
 *
 * @module
 */
import {
  asCompleted,
  coroutine,
  type Event,
  sleep,
  type Task,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  wait,
} from "../../mod.ts";
import { AsyncGenerators } from "./asyncgens.ts";
import { Completing } from "./completing.ts";
import { COMPOUNDS, Interpreter, LAST_TURNS } from "./interpreter.ts";
import {
  type Block,
  type Json,
  type Statement,
  statementsOf,
} from "./program.ts";
import {
  type Cold,
  type Guarded,
  labelOf,
  Missing,
  type Returned,
  seconds,
  type Source,
  splitGroup,
  UNIT,
} from "./words.ts";

/** An interpreter whose coroutines are async functions. */
export class AsyncInterpreter extends Interpreter {
  #made = 0;
  readonly #asyncgens = new AsyncGenerators(
    this,
    (block, caught) => this.#block(block, caught),
  );

  /** Both forms of a cold coroutine in turn: they must not differ. */
  override body(name: string, block: Block): Cold {
    // No plain function: waitFor() would leave its promise behind at a cancel.
    const run = async (): Promise<unknown> => await this.#body(name, block);
    return this.#made++ % 2 === 0 ? run : coroutine(run)();
  }

  override shutdown(pending: Task<unknown>[]): Cold {
    return async () => {
      for (const task of pending) task.cancel();
      await wait(pending);
      for (let turn = 0; turn < LAST_TURNS; turn++) await sleep(0);
    };
  }

  override async settle(): Promise<void> {
    // Other tasks of the last turn may still have to run on to their next waits.
    await new Promise((resolve) => setImmediate(resolve));
  }

  override mayEndAsyncgens(): boolean {
    const { mayEnd } = this.#asyncgens;
    if (mayEnd) this.#asyncgens.end();
    return mayEnd;
  }

  protected override makeAsyncgen(...args: [string, ...Json[]]): void {
    this.#asyncgens.make(...args);
  }

  async #body(name: string, block: Block): Promise<unknown> {
    this.begin(name);
    let returned: Returned;
    try {
      returned = await this.#block(block);
    } catch (error) {
      throw this.failed(`end ${name}`, error);
    }
    return this.end(name, returned);
  }

  async #block(block: Block, caught?: unknown): Promise<Returned> {
    for (const statement of statementsOf(block)) {
      const [op, first] = statement;
      if (op === "return") return [first!];
      if (op === "reraise") {
        if (caught !== undefined) throw caught;
      } else if (op === "keep") {
        this.keepError(first as string, caught);
      } else if (this.waits(op)) {
        await this.#wait(statement);
      } else if (COMPOUNDS.has(op)) {
        const returned = await this.#compound(statement);
        if (returned !== undefined) return returned;
      } else {
        this.act(statement);
      }
    }
    return undefined;
  }

  async #wait(statement: Statement): Promise<void> {
    const label = labelOf(statement);
    const [op, ...args] = statement;
    let value: unknown;
    try {
      if (op === "await") {
        value = await this.#await(this.operand(args[0]!));
      } else if (op === "all") {
        value = await Promise.all(
          (args[0] as Json[][]).map(([kind, ...rest]) =>
            kind === "event"
              ? this.object<Event>(rest[0]!).wait()
              : sleep(rest[0] as number / UNIT, rest[1])
          ),
        );
      } else if (op === "asCompleted") {
        value = await this.#asCompleted(args);
      } else if (op.startsWith("agen.")) {
        value = await this.#asyncgens.step(op, args[0] as string, args[1]);
      } else if (op === "host") {
        for (let hop = args[0] as number; hop > 0; hop--) await undefined;
      } else {
        const { on, show } = this.open(statement);
        value = await on;
        if (show !== undefined) value = show(value as never);
      }
    } catch (error) {
      if (error instanceof Missing) return this.log(`${label} skipped`);
      throw this.failed(label, error);
    }
    this.logValue(label, value);
  }

  async #await(source: Source): Promise<unknown> {
    return await (typeof source === "function" ? source() : source);
  }

  async #asCompleted([operands, limit, mode, most]: Json[]): Promise<number> {
    const completing = new Completing(this, operands!);
    const timeout = seconds(limit!);
    const options = timeout === undefined ? {} : { timeout };
    let left = most as number;
    if (mode === "plain") {
      for (const item of asCompleted(completing.sources, options)) {
        try {
          completing.logResult(await item);
        } catch (error) {
          completing.logError(error);
        }
        if (--left === 0) break;
      }
    } else {
      for await (const future of asCompleted(completing.sources, options)) {
        completing.logNext(future);
        if (--left === 0) break;
      }
    }
    return (most as number) - left;
  }

  #compound([op, ...args]: Statement): Promise<Returned> {
    const [first, second, third, fourth] = args as [Json, Json, Json, Json];
    switch (op) {
      case "try":
        return this.#try(
          first as Block,
          second,
          third as Block | null,
          fourth as Block | null,
        );
      case "split":
        return this.#split(first as Block, second as string, third as Block);
      case "with":
        return this.#with(first as string, second as Block);
      case "group":
        return this.#group(
          first as string,
          second as Block,
          third as number | undefined,
        );
      case "forEach":
        return this.#forEach(first as string, second as number, third as Block);
      case "repeat":
        return this.#repeat(first as number, second as Block);
      default:
        return this.#timeout(op, first as string, second, third as Block);
    }
  }

  async #try(
    body: Block,
    kind: Json,
    handler: Block | null,
    final: Block | null,
  ): Promise<Returned> {
    try {
      return await this.#block(body);
    } catch (error) {
      if (handler === null || !this.catches(kind, error)) throw error;
      this.caught(error);
      return await this.#block(handler, error);
    } finally {
      if (final !== null) {
        this.log("finally");
        await this.#block(final);
      }
    }
  }

  async #split(
    body: Block,
    code: string,
    handler: Block,
  ): Promise<Returned> {
    try {
      return await this.#block(body);
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      const [taken, rest] = splitGroup(error, code);
      if (taken === undefined) throw error;
      this.caught(taken);
      const returned = await this.#block(handler, taken);
      if (rest !== undefined) throw rest;
      return returned;
    }
  }

  async #with(name: string, body: Block): Promise<Returned> {
    let returned: Returned;
    try {
      using _guard = await this.object<Guarded>(name).acquire();
      this.log(`with ${name} entered`);
      using _section = this.sections.enter(name);
      returned = await this.#block(body);
    } catch (error) {
      throw this.failed(`with ${name}`, error);
    }
    this.log(`with ${name} left`);
    return returned;
  }

  async #timeout(
    op: string,
    name: string,
    delay: Json,
    body: Block,
  ): Promise<Returned> {
    let scope: Timeout | undefined;
    const inside = (entered: Timeout): Promise<Returned> => {
      scope = entered;
      this.timeouts.set(name, entered);
      return this.#block(body);
    };
    let returned: Returned;
    try {
      returned = op === "timeout"
        ? await timeout(seconds(delay), inside)
        : await timeoutAt(this.deadline(delay), inside);
    } catch (error) {
      throw this.failed(`timeout ${name} ${scope?.expired() ?? false}`, error);
    }
    this.log(`timeout ${name} ${scope!.expired()} left`);
    return returned;
  }

  async #group(name: string, body: Block, limit?: number): Promise<Returned> {
    let returned: Returned;
    try {
      returned = await taskGroup((group) => {
        this.groups.set(name, group);
        return this.#block(body);
      }, { limit });
    } catch (error) {
      throw this.failed(`group ${name}`, error);
    }
    this.log(`group ${name} left`);
    return returned;
  }

  async #forEach(name: string, most: number, body: Block): Promise<Returned> {
    let returned: Returned;
    try {
      returned = await this.#asyncgens.forEach(name, most, body);
    } catch (error) {
      if (error instanceof Missing) {
        this.log(`forEach ${name} skipped`);
        return undefined;
      }
      throw this.failed(`forEach ${name}`, error);
    }
    this.log(`forEach ${name} left`);
    return returned;
  }

  async #repeat(times: number, body: Block): Promise<Returned> {
    for (let i = 0; i < times; i++) {
      const returned = await this.#block(body);
      if (returned !== undefined) return returned;
    }
    return undefined;
  }
}
