/**
 * Runs a program on the library, in one of the two styles, under the eyes of the models.
 *
 * @module
 */
import {
  CancelledError,
  type Coro,
  createTask,
  currentTask,
  EventLoop,
  QueueShutDown,
  run,
  shield,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  VirtualClock,
} from "@asyncio/asyncio";
import {
  type Block,
  type Program,
  type Statement,
  statementsOf,
} from "../differential/program.ts";
import { releaseTooOften, useNow } from "./immediate.ts";
import { inStyle, type Script, type Style } from "./script.ts";
import {
  type Model,
  must,
  type Scope,
  SleepModel,
  Violation,
  type Wait,
} from "./judge.ts";
import {
  compare,
  compareAtRest,
  type Entry,
  type Kit,
  makeObject,
  SOUND,
} from "./objects.ts";

/** The error of children that fail. */
class Boom extends Error {
  override readonly name = "Boom";
}

// By then who can't go on by itself is cancelled.
const HORIZON = 12;

/** Says whether programs throw such errors. */
function isExpected(error: unknown): boolean {
  return error instanceof CancelledError || error instanceof QueueShutDown ||
    error instanceof Boom;
}

/**
 * Runs a program.
 *
 * @param program The program.
 * @param style How it waits.
 * @param kit What makes the primitives.
 * @returns What the library did that it must not do, if anything.
 */
export async function interpret(
  program: Program,
  style: Style,
  kit: Kit = SOUND,
): Promise<Violation | undefined> {
  const loop = new EventLoop({ clock: new VirtualClock() });
  loop.setExceptionHandler(() => {});
  try {
    await run(() => new Interpreter(program, style, kit, loop).main(), {
      loopFactory: () => loop,
      signals: [],
    });
  } catch (error) {
    if (error instanceof Violation) return error;
    return new Violation(`The run failed: ${error}`, { cause: error });
  }
  return undefined;
}

/** The children of a group. */
interface Family {
  readonly scope: Scope;
  running: number;
  failed: number;
}

/** Who runs a block. */
interface Runner {
  readonly name: string;
  readonly scope: Scope;
}

class Interpreter {
  readonly #program: Program;
  readonly #style: Style;
  readonly #loop: EventLoop;
  readonly #objects = new Map<string, Entry>();
  readonly #sleeps = new SleepModel();
  readonly #models: Model[] = [this.#sleeps];
  readonly #tasks = new Map<string, Task<unknown>>();
  readonly #roots = new Map<string, Scope>();
  #isEnding = false;
  #violation: Violation | undefined;

  constructor(program: Program, style: Style, kit: Kit, loop: EventLoop) {
    this.#program = program;
    this.#style = style;
    this.#loop = loop;
    for (const [name, [kind, ...args]] of Object.entries(program.objects)) {
      const entry = makeObject(kit, kind, args);
      this.#objects.set(name, entry);
      this.#models.push(entry.model);
    }
    for (const model of this.#models) model.now = () => loop.time();
  }

  *main(): Coro<void> {
    for (const [op, name, body] of statementsOf(this.#program.main)) {
      // A program that was made smaller may have others.
      if (op === "task") this.#start(name as string, body as unknown as Block);
    }
    // Between two times at which anything happens all have come to rest.
    yield* sleep(0.5);
    while (!this.#allDone() && this.#violation === undefined) {
      this.#watch(() => this.#checkRest());
      if (this.#loop.time() > HORIZON) this.#end();
      this.#must(this.#loop.time() < 2 * HORIZON, "somebody never ends");
      yield* sleep(1);
    }
    this.#watch(() => this.#checkEnd());
    if (this.#violation !== undefined) throw this.#violation;
  }

  #start(name: string, body: Block): void {
    const scope = { outer: undefined, aborted: false, deadline: Infinity };
    this.#roots.set(name, scope);
    const script = () => this.#top({ name, scope }, body);
    this.#tasks.set(name, createTask(inStyle(this.#style, script)));
  }

  // Each statement of a task is guarded: a cancel ends one, and the task goes on.
  *#top(runner: Runner, body: Block): Script {
    for (const statement of statementsOf(body)) {
      if (this.#isEnding || this.#violation !== undefined) return;
      try {
        yield* this.#do(runner, statement);
      } catch (error) {
        this.#must(
          isExpected(error),
          `${runner.name}: ${statement[0]} threw ${error}`,
        );
        if (!(error instanceof CancelledError)) continue;
        runner.scope.aborted = false;
        const task = currentTask()!;
        while (task.cancelling() > 0) task.uncancel();
      }
    }
  }

  *#block(runner: Runner, block: Block): Script {
    for (const statement of statementsOf(block)) {
      yield* this.#do(runner, statement);
    }
  }

  *#do(runner: Runner, [op, first, ...rest]: Statement): Script {
    switch (op) {
      case "sleep":
        yield* this.#wait(
          runner,
          this.#sleeps,
          op,
          first,
          () => sleep(first as number),
        );
        return;
      case "cancel":
        return this.#cancel(first as string);
      case "timeout":
        return yield* this.#timeout(
          runner,
          first as number,
          rest[0] as unknown as Block,
        );
      case "group":
        return yield* this.#group(
          runner,
          first as boolean,
          rest as unknown as Block[],
        );
    }
    const entry = this.#objects.get(first as string)!;
    yield* this.#use(runner, entry, op, rest);
    this.#watch(() => compare(entry));
  }

  *#use(
    runner: Runner,
    entry: Entry,
    op: string,
    [argument]: readonly unknown[],
  ): Script {
    const wait = (kind: string, make: () => PromiseLike<unknown>) =>
      this.#wait(runner, entry.model, kind, argument, make);
    const { kind } = entry;
    if (kind === "permits") {
      const { real, model } = entry;
      if (op === "overRelease") {
        return this.#watch(() => releaseTooOften(real, model));
      }
      yield* wait("acquire", () => real.acquire());
      try {
        this.#watch(() => compare(entry));
        yield* this.#block(runner, argument as Block);
      } finally {
        model.release();
        real.release();
      }
    } else if (kind === "event") {
      const { real, model } = entry;
      if (op === "wait") yield* wait("wait", () => real.wait());
      else if (op === "set") {
        model.set();
        real.set();
      } else {
        model.clear();
        real.clear();
      }
    } else if (kind === "condition") {
      const { real, model } = entry;
      yield* wait("acquire", () => real.acquire());
      try {
        if (op === "await") yield* wait("wait", () => real.wait());
        else {
          model.notify(argument as number);
          real.notify(argument as number);
        }
      } finally {
        model.release();
        real.release();
      }
    } else if (kind === "barrier") {
      yield* wait("wait", () => entry.real.wait());
    } else if (kind === "future") {
      const { real, model } = entry;
      if (op === "result") yield* wait("wait", () => shield(real));
      else if (!real.done()) {
        const error = argument ? new Boom() : undefined;
        model.settle(7, error);
        if (error === undefined) real.setResult(7);
        else real.setException(error);
      }
    } else if (op === "put") {
      yield* wait("put", () => entry.real.put(argument as number));
    } else if (op === "get") yield* wait("get", () => entry.real.get());
    else if (op === "join") yield* wait("join", () => entry.real.join());
    else this.#watch(() => useNow(entry, op, argument));
  }

  *#wait(
    runner: Runner,
    model: Model,
    kind: string,
    argument: unknown,
    make: () => PromiseLike<unknown>,
  ): Script {
    const wait: Wait = {
      who: runner.name,
      kind,
      argument,
      scope: runner.scope,
      released: false,
    };
    model.begin(wait);
    let result: unknown;
    try {
      result = yield make();
    } catch (error) {
      this.#watch(() => model.leave(wait, error as Error));
      throw error;
    }
    this.#watch(() => model.finish(wait, result));
  }

  *#timeout(runner: Runner, delay: number, block: Block): Script {
    const deadline = this.#loop.time() + delay;
    const scope = { outer: runner.scope, aborted: false, deadline };
    const script = () => this.#block({ ...runner, scope }, block);
    const { name, scope: outer } = runner;
    // As in CPython, a cancel that the task owed its next wait before the timeout began
    // counts as part of the timeout if that expires in the same turn.
    const isOwed = outer.aborted;
    try {
      yield timeout(delay, inStyle(this.#style, script));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.#must(this.#loop.time() >= deadline, `${name}: early ${error}`);
      if (isOwed) outer.aborted = false;
      return;
    }
    this.#must(this.#loop.time() <= deadline, `${name}: no timeout came`);
  }

  *#group(runner: Runner, fails: boolean, blocks: Block[]): Script {
    const scope = { outer: runner.scope, aborted: false, deadline: Infinity };
    const family: Family = { scope, running: 0, failed: 0 };
    const children = blocks.map((block, index) => {
      const name = `${runner.name}.${index}`;
      const isBad = fails && index === 0;
      return inStyle(
        this.#style,
        () => this.#child({ name, scope }, family, block, isBad),
      );
    });
    // deno-lint-ignore require-yield -- the body itself has nothing to wait for
    const script = function* (group: TaskGroup): Script {
      for (const child of children) group.createTask(child);
    };
    const { name } = runner;
    try {
      yield taskGroup((group) => inStyle(this.#style, () => script(group))());
      this.#must(family.failed === 0, `${name}: a child's error got lost`);
    } catch (error) {
      if (error instanceof CancelledError && family.failed === 0) throw error;
      this.#must(
        error instanceof AggregateError &&
          error.errors.length === family.failed,
        `${name}: of ${family.failed} errors came ${error}`,
      );
    } finally {
      this.#must(family.running === 0, `${name}: a child is left`);
    }
  }

  *#child(
    runner: Runner,
    family: Family,
    block: Block,
    fails: boolean,
  ): Script {
    family.running++;
    try {
      yield* this.#block(runner, block);
      if (fails) throw new Boom();
    } catch (error) {
      if (!(error instanceof CancelledError)) {
        family.failed++;
        family.scope.aborted = true;
      }
      throw error;
    } finally {
      family.running--;
    }
  }

  #cancel(name: string): void {
    const task = this.#tasks.get(name);
    const root = this.#roots.get(name);
    // A program that was made smaller may have lost it.
    if (task === undefined || root === undefined) return;
    if (task.done() || root.aborted || task === currentTask()) return;
    root.aborted = true;
    task.cancel();
  }

  #end(): void {
    this.#isEnding = true;
    for (const name of this.#tasks.keys()) this.#cancel(name);
  }

  #allDone(): boolean {
    return [...this.#tasks.values()].every((task) => task.done());
  }

  #checkRest(): void {
    for (const model of this.#models) {
      const stuck = model.stuck();
      must(stuck === undefined, `${stuck?.who} stands still at ${stuck?.kind}`);
      const unheard = model.unheard();
      must(
        unheard === undefined,
        `${unheard?.who} does not hear its cancel at ${unheard?.kind}`,
      );
    }
    for (const entry of this.#objects.values()) compareAtRest(entry);
  }

  #checkEnd(): void {
    must(this.#allDone(), "a task is left");
    this.#checkRest();
    for (const [name, { kind, model }] of this.#objects) {
      must(model.waits.length === 0, `somebody is left at ${name}`);
      if (kind !== "permits") continue;
      must(model.free === model.total, `a permit of ${name} is left`);
    }
  }

  #must(condition: boolean, what: string): void {
    this.#watch(() => must(condition, what));
  }

  #watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation ??= error;
    }
  }
}
