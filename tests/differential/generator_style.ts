/**
 * Runs programs with coroutines that are generators: `yield*` waits.
 *
 * @module
 */
import {
  asCompleted,
  type Coro,
  coroutine,
  sleep,
  type Task,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  wait,
} from "../../mod.ts";
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
} from "./words.ts";

/** An interpreter whose coroutines are generators. */
export class GeneratorInterpreter extends Interpreter {
  #made = 0;

  /** All three forms of a cold coroutine in turn: they must not differ. */
  override body(name: string, block: Block): Cold {
    const run = (): Coro<unknown> => this.#body(name, block);
    return [run, run(), coroutine(run)()][this.#made++ % 3]!;
  }

  override shutdown(pending: Task<unknown>[]): Cold {
    return function* () {
      for (const task of pending) task.cancel();
      yield* wait(pending);
      for (let turn = 0; turn < LAST_TURNS; turn++) yield* sleep(0);
    };
  }

  override async settle(): Promise<void> {
    // Generators leave nothing to the host.
  }

  override mayEndAsyncgens(): boolean {
    return false;
  }

  protected override makeAsyncgen(): void {
    throw new TypeError("Cannot run a program: generators can't await one");
  }

  *#body(name: string, block: Block): Coro<unknown> {
    this.begin(name);
    let returned: Returned;
    try {
      returned = yield* this.#block(block);
    } catch (error) {
      throw this.failed(`end ${name}`, error);
    }
    return this.end(name, returned);
  }

  *#block(block: Block, caught?: unknown): Coro<Returned> {
    for (const statement of statementsOf(block)) {
      const [op, first] = statement;
      if (op === "return") return [first!];
      if (op === "reraise") {
        if (caught !== undefined) throw caught;
      } else if (op === "keep") {
        this.keepError(first as string, caught);
      } else if (this.waits(op)) {
        yield* this.#wait(statement);
      } else if (COMPOUNDS.has(op)) {
        const returned = yield* this.#compound(statement);
        if (returned !== undefined) return returned;
      } else {
        this.act(statement);
      }
    }
    return undefined;
  }

  *#wait(statement: Statement): Coro<void> {
    const label = labelOf(statement);
    const [op, ...args] = statement;
    let value: unknown;
    try {
      if (op === "await") {
        value = yield* this.#await(this.operand(args[0]!));
      } else if (op === "asCompleted") {
        value = yield* this.#asCompleted(args);
      } else if (op !== "host") {
        const { on, show } = this.open(statement);
        value = yield* on;
        if (show !== undefined) value = show(value as never);
      }
    } catch (error) {
      if (error instanceof Missing) return this.log(`${label} skipped`);
      throw this.failed(label, error);
    }
    this.logValue(label, value);
  }

  *#await(source: Source): Coro<unknown> {
    return yield* (typeof source === "function" ? source() : source) as Coro<
      unknown
    >;
  }

  *#asCompleted([operands, limit, mode, most]: Json[]): Coro<number> {
    const completing = new Completing(this, operands!);
    const timeout = seconds(limit!);
    const options = timeout === undefined ? {} : { timeout };
    let left = most as number;
    if (mode === "plain") {
      for (const item of asCompleted(completing.sources, options)) {
        try {
          completing.logResult(yield* item);
        } catch (error) {
          completing.logError(error);
        }
        if (--left === 0) break;
      }
    } else {
      const iterator = asCompleted(completing.sources, options)
        [Symbol.asyncIterator]();
      for (;;) {
        const step = yield* iterator.next();
        if (step.done) break;
        completing.logNext(step.value);
        if (--left === 0) break;
      }
    }
    return (most as number) - left;
  }

  #compound([op, ...args]: Statement): Coro<Returned> {
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
      case "repeat":
        return this.#repeat(first as number, second as Block);
      default:
        return this.#timeout(op, first as string, second, third as Block);
    }
  }

  *#try(
    body: Block,
    kind: Json,
    handler: Block | null,
    final: Block | null,
  ): Coro<Returned> {
    try {
      return yield* this.#block(body);
    } catch (error) {
      if (handler === null || !this.catches(kind, error)) throw error;
      this.caught(error);
      return yield* this.#block(handler, error);
    } finally {
      if (final !== null) {
        this.log("finally");
        yield* this.#block(final);
      }
    }
  }

  *#split(
    body: Block,
    code: string,
    handler: Block,
  ): Coro<Returned> {
    try {
      return yield* this.#block(body);
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      const [taken, rest] = splitGroup(error, code);
      if (taken === undefined) throw error;
      this.caught(taken);
      const returned = yield* this.#block(handler, taken);
      if (rest !== undefined) throw rest;
      return returned;
    }
  }

  *#with(name: string, body: Block): Coro<Returned> {
    let returned: Returned;
    try {
      using _guard = yield* this.object<Guarded>(name).acquire();
      this.log(`with ${name} entered`);
      using _section = this.sections.enter(name);
      returned = yield* this.#block(body);
    } catch (error) {
      throw this.failed(`with ${name}`, error);
    }
    this.log(`with ${name} left`);
    return returned;
  }

  *#timeout(
    op: string,
    name: string,
    delay: Json,
    body: Block,
  ): Coro<Returned> {
    let scope: Timeout | undefined;
    const inside = (entered: Timeout): Coro<Returned> => {
      scope = entered;
      this.timeouts.set(name, entered);
      return this.#block(body);
    };
    let returned: Returned;
    try {
      returned = op === "timeout"
        ? yield* timeout(seconds(delay), inside)
        : yield* timeoutAt(this.deadline(delay), inside);
    } catch (error) {
      throw this.failed(`timeout ${name} ${scope?.expired() ?? false}`, error);
    }
    this.log(`timeout ${name} ${scope!.expired()} left`);
    return returned;
  }

  *#group(name: string, body: Block, limit?: number): Coro<Returned> {
    let returned: Returned;
    try {
      returned = yield* taskGroup((group) => {
        this.groups.set(name, group);
        return this.#block(body);
      }, { limit });
    } catch (error) {
      throw this.failed(`group ${name}`, error);
    }
    this.log(`group ${name} left`);
    return returned;
  }

  *#repeat(times: number, body: Block): Coro<Returned> {
    for (let i = 0; i < times; i++) {
      const returned = yield* this.#block(body);
      if (returned !== undefined) return returned;
    }
    return undefined;
  }
}
