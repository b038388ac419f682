/**
 * Runs the programs of generate.ts on this library, in virtual time. How its
 * coroutines are written is left to generator_style.ts and async_style.ts; what
 * the statements do stands here and in primitives.ts, contexts.ts, ends.ts and
 * races.ts. interpreter.py is the same in Python; README.md says what they mean.
 *
 * @module
 */
import {
  CancelledError,
  currentTask,
  eagerTaskFactory,
  EventLoop,
  type ExceptionContext,
  Future,
  gather,
  type Handle,
  KeyboardInterrupt,
  type Lock,
  type ReturnWhen,
  Runner,
  shield,
  sleep,
  Task,
  type TaskGroup,
  type Timeout,
  wait,
  waitFor,
} from "../../mod.ts";
import { Contexts } from "./contexts.ts";
import { endWords } from "./ends.ts";
import { HastyClock } from "./hasty_clock.ts";
import { makePrimitive, primitiveWords, Sections } from "./primitives.ts";
import {
  type Block,
  type Event as TraceEvent,
  type Json,
  type Program,
  type Statement,
  statementsOf,
  type Trace,
} from "./program.ts";
import { raceWords } from "./races.ts";
import {
  type Cold,
  describe,
  kindOfReport,
  labelOf,
  Missing,
  type Returned,
  seconds,
  show,
  type Source,
  state,
  UNIT,
  UserError,
  type Wait,
  type Words,
} from "./words.ts";

// After so many turns without an event, turns are no longer counted.
const QUIET_TURNS = 6;
/** What was cancelled last may still hand on what it had. */
export const LAST_TURNS = 4;
// A run that was ended early goes on so often.
const MOST_RUNS = 4;
// Misuse of a primitive is noted, not thrown, but for these.
const THROWING: ReadonlySet<string> = new Set([
  "raise",
  "raiseCancelled",
  "interrupt",
  "result",
  "exception",
]);

/** The statements with blocks that the task itself runs. */
export const COMPOUNDS: ReadonlySet<string> = new Set([
  "try",
  "with",
  "timeout",
  "timeoutAt",
  "group",
  "repeat",
  "forEach",
]);

// Those that each style spells in its own way.
const WAITS_OF_STYLES: ReadonlySet<string> = new Set([
  "await",
  "asCompleted",
  "host",
  "agen.next",
  "agen.throw",
  "agen.close",
]);

/** What both styles share: everything that does not wait. */
export abstract class Interpreter {
  readonly program: Program;
  readonly loop: EventLoop;
  protected readonly timeouts: Map<string, Timeout> = new Map();
  protected readonly groups: Map<string, TaskGroup> = new Map();
  protected readonly futures: Map<string, Future<unknown>> = new Map();
  readonly #names: Map<Task<unknown>, string> = new Map();
  readonly #objects: Map<string, unknown> = new Map();
  readonly #handles: Map<string, Handle> = new Map();
  readonly #callbacks: Map<string, (future: Future<unknown>) => void> =
    new Map();
  readonly #trace: TraceEvent[] = [];
  #tracing = true;
  /** Whether something that ends a run was met in it. */
  wasEnded = false;
  readonly sections: Sections = new Sections(this);
  readonly #contexts: Contexts = new Contexts(this);
  readonly #words: Required<Words>;
  #turn = -1;
  #lastTurn = 0;

  constructor(program: Program) {
    this.program = program;
    this.loop = new EventLoop({ clock: new HastyClock(), debug: false });
    if (program.eager) this.loop.setTaskFactory(eagerTaskFactory);
    for (const [name, [kind, ...args]] of Object.entries(program.objects)) {
      if (kind === "future") this.futures.set(name, this.loop.createFuture());
      else this.#objects.set(name, this.#make(name, kind, args));
    }
    this.#words = merge([
      this.#ownWords(),
      primitiveWords(this),
      this.#contexts.words(),
      endWords(this),
      raceWords(this),
    ]);
  }

  #make(name: string, kind: string, args: readonly Json[]): unknown {
    if (kind === "var") return this.#contexts.make(name, args[0]!);
    const lock = this.#objects.get(args[0] as string);
    return makePrimitive(kind, args, lock as Lock | undefined);
  }

  /** Notes what an exception handler was told; says whether it has. */
  report(handler: string, told: ExceptionContext): boolean {
    // These come when the garbage collector likes, or at the loop's end, or are a wanted
    // difference: see departures.md.
    const silent =
      /never retrieved|never awaited|destroyed|shielded future|started after/;
    if (silent.test((told.context ?? told).message)) return false;
    this.log(`${handler} ${kindOfReport(told)}`);
    return true;
  }

  // The trace

  /** Writes an event into the trace. */
  log(what: string): void {
    if (!this.#tracing) return;
    if (this.program.turns && this.loop.isRunning()) {
      if (this.#turn < 0) {
        this.#turn = 0;
        this.loop.callSoon(() => this.#onTurn());
      }
      this.#lastTurn = this.#turn;
    }
    const who = this.#who();
    // What close() does when nothing is left to end takes turns of its own.
    const counts = who !== "=" || this.program.runs === null;
    this.#trace.push([
      Math.round(this.loop.time() * UNIT),
      counts ? Math.max(this.#turn, 0) : 0,
      who,
      what + this.#contexts.values(),
    ]);
  }

  #who(): string {
    const task = currentTask(this.loop);
    if (task !== undefined) return this.#names.get(task) ?? "?";
    return this.loop.isRunning() ? "-" : "=";
  }

  #onTurn(): void {
    this.#turn++;
    if (this.#turn - this.#lastTurn < QUIET_TURNS) {
      this.loop.callSoon(() => this.#onTurn());
    } else this.#turn = -1;
  }

  // A whole run

  async run(): Promise<Trace> {
    if (this.program.runs !== null) await this.#runWithRunner();
    else await this.#runOnLoop();
    this.#tracing = false;
    this.loop.close();
    return this.#trace;
  }

  async #runOnLoop(): Promise<void> {
    await this.#outcome("main", this.body("main", this.program.main));
    this.#logStates();
    const pending = this.#unfinished();
    if (pending.length > 0) {
      await this.#outcome("shutdown", this.shutdown(pending));
      this.#logStates();
    }
    if (this.mayEndAsyncgens()) {
      await this.#outcome("asyncgens", () => this.loop.shutdownAsyncgens());
    }
  }

  async #runWithRunner(): Promise<void> {
    const runner = new Runner({ loopFactory: () => this.loop });
    const mains = [this.program.main, ...this.program.runs!];
    for (const [number, main] of mains.entries()) {
      const name = `main${number || ""}`;
      await this.#noteOutcome(name, () => runner.run(this.body(name, main)));
      await this.#runOn(name);
      this.#logStates();
    }
    await this.#noteOutcome("close", () => runner.close());
    this.#logStates();
  }

  async #outcome(label: string, body: Cold): Promise<void> {
    await this.#noteOutcome(label, () => this.loop.runUntilComplete(body));
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
    await this.settle();
    this.log(line);
  }

  /** Goes on with a main task that a stop() or a KeyboardInterrupt has left. */
  async #runOn(name: string): Promise<void> {
    const [task] = [...this.#names].find(([, each]) => each === name) ?? [];
    for (let left = MOST_RUNS; left > 0; left--) {
      if (!this.wasEnded || task === undefined || task.done()) break;
      this.wasEnded = false;
      await this.#noteOutcome(name, () => this.loop.runUntilComplete(task));
    }
    this.wasEnded = false;
  }

  #unfinished(): Task<unknown>[] {
    const byName = [...this.#names].sort(([, a], [, b]) => a < b ? -1 : 1);
    return byName.map(([task]) => task).filter((task) => !task.done());
  }

  #logStates(): void {
    for (const name of [...this.futures.keys()].sort()) {
      this.log(`${name} is ${state(this.futures.get(name)!)}`);
    }
    const names = this.#unfinished().map((task) => this.#names.get(task)!);
    this.log(`unfinished: ${show(names)}`);
  }

  // What the styles do in their own ways

  /** Gives the host the time to end what the loop has left to it. */
  protected abstract settle(): Promise<void>;
  /** Gives a cold coroutine. */
  protected abstract body(name: string, block: Block): Cold;
  /** Whether async generators were made that can be ended now. */
  protected abstract mayEndAsyncgens(): boolean;
  /** Makes an async generator. */
  protected abstract makeAsyncgen(...args: [string, ...Json[]]): void;
  /** Cancels the tasks and waits for their ends. */
  protected abstract shutdown(pending: Task<unknown>[]): Cold;

  protected begin(name: string): void {
    this.#introduce(currentTask(this.loop)!, name);
    this.log(`begin ${name}`);
  }

  protected end(name: string, returned: Returned): Json | undefined {
    this.log(`end ${name} -> ${show(returned?.[0])}`);
    return returned?.[0];
  }

  protected logValue(label: string, value: unknown): void {
    this.log(`${label} -> ${show(value)}`);
  }

  /** Notes an error that ends a statement, and gives it back to be thrown on. */
  protected failed(label: string, error: unknown): unknown {
    this.log(`${label} !! ${describe(error)}`);
    return error;
  }

  #introduce(task: Task<unknown>, name: string): void {
    if (!this.#names.has(task)) this.#names.set(task, name);
  }

  // Operands

  /** Gives a shared object. */
  object<T>(name: Json): T {
    return this.#objects.get(name as string) as T;
  }

  /** Gives a future that exists. */
  future(name: Json): Future<unknown> {
    const future = name === "self"
      ? currentTask(this.loop)
      : this.futures.get(name as string);
    if (future === undefined) throw new Missing();
    return future;
  }

  /** Gives a task that exists. */
  task(name: Json): Task<unknown> {
    const future = this.future(name);
    if (!(future instanceof Task)) throw new Missing();
    return future;
  }

  /** Gives what is to be waited for. */
  operand(operand: Json): Source {
    const [kind, first, second] = operand as Json[];
    if (kind === "ref") return this.future(first!);
    if (kind === "coro") return this.body(first as string, second as Block);
    return sleep(first as number / UNIT, second);
  }

  /** Those of which the names exist. */
  operands(operands: Json): Source[] {
    return this.#present(operands).map((each) => this.operand(each));
  }

  #present(operands: Json): Json[] {
    return (operands as Json[]).filter((each) => {
      const [kind, name] = each as string[];
      return kind !== "ref" || this.futures.has(name!);
    });
  }

  #gather(operands: Json, returnExceptions: Json): Future<unknown> {
    return gather(this.operands(operands), {
      returnExceptions: returnExceptions as boolean,
    });
  }

  /** What `asCompleted` may be given: departures.md says what is left out. */
  protected completing(operands: Json): {
    sources: Source[];
    names: Map<unknown, string>;
  } {
    const present = this.#present(operands) as Json[][];
    let allowed = (operands as Json[][]).some(([kind]) => kind !== "ref")
      ? 0
      : 1;
    const names = new Map<unknown, string>();
    const sources = [];
    for (const [kind, ...args] of present) {
      const source = this.operand([kind!, ...args]);
      if (source instanceof Future) {
        if (names.has(source)) continue;
        names.set(source, args[0] as string);
        if (source.done() && --allowed < 0) continue;
      }
      sources.push(source);
    }
    return { sources, names };
  }

  protected logNext(
    future: Future<unknown>,
    names: Map<unknown, string>,
  ): void {
    this.log(`next ${names.get(future) ?? "new"} ${state(future)}`);
  }

  protected logNextResult(result: unknown): void {
    this.log(`next -> ${show(result)}`);
  }

  /** Notes a user's error; throws any other on. */
  protected logNextError(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.log(`next !! ${describe(error)}`);
  }

  /** Whether a handler of this kind takes the error. */
  catches(kind: Json, error: unknown): boolean {
    if (kind === "all") return true;
    if (kind === "none" || error instanceof KeyboardInterrupt) return false;
    return (kind === "cancel") === (error instanceof CancelledError);
  }

  protected caught(error: unknown): void {
    this.log(`caught ${describe(error)}`);
  }

  // Statements that wait

  /** Whether a statement waits. */
  protected waits(op: string): boolean {
    return op in this.#words.waits || WAITS_OF_STYLES.has(op);
  }

  /** Gives what a statement waits for. */
  protected open([op, ...args]: Statement): Wait {
    return this.#words.waits[op]!(...args as never[]);
  }

  #wait(names: readonly string[], limit: Json, returnWhen: ReturnWhen): Wait {
    const byFuture = new Map<Future<unknown>, string>();
    for (const name of names) {
      const future = this.futures.get(name);
      if (future !== undefined && !byFuture.has(future)) {
        byFuture.set(future, name);
      }
    }
    if (byFuture.size === 0) throw new Missing();
    const timeout = seconds(limit);

    return {
      on: wait([...byFuture.keys()], {
        returnWhen,
        ...(timeout !== undefined && { timeout }),
      }),
      show: (parts: readonly Set<Future<unknown>>[]) =>
        parts.map((part) =>
          [...byFuture].filter(([future]) => part.has(future)).map(([, name]) =>
            name
          )
        ),
    };
  }

  // Statements that do not wait

  /** Runs a statement that does not wait. */
  protected act(statement: Statement): void {
    const label = labelOf(statement);
    try {
      this.log(`${label} -> ${show(this.#act(statement))}`);
    } catch (error) {
      if (error instanceof Missing) return this.log(`${label} skipped`);
      this.log(`${label} !! ${describe(error)}`);
      if (THROWING.has(statement[0])) throw error;
    }
  }

  /** Runs statements that do not wait. */
  actAll(block: Block): void {
    for (const statement of statementsOf(block)) this.act(statement);
  }

  #act([op, ...args]: Statement): unknown {
    const act = this.#words.acts[op];
    if (act === undefined) {
      throw new TypeError(`Cannot run a program: unknown statement ${op}`);
    }
    return act(...args as never[]);
  }

  #ownWords(): Words {
    return {
      acts: {
        "raise": (code: string) => {
          throw new UserError(code);
        },
        "raiseCancelled": (message: string | null) => {
          throw new CancelledError(message ?? undefined);
        },
        "task": this.#createTask.bind(this),
        "spawn": this.#spawn.bind(this),
        "gatherAs": (name: string, operands: Json, returnExceptions: Json) =>
          void this.futures.set(name, this.#gather(operands, returnExceptions)),
        "shieldAs": (name: string, operand: Json) =>
          void this.futures.set(name, shield(this.operand(operand))),
        "cancel": (name: string, message: string | null) =>
          this.future(name).cancel(message ?? undefined),
        "uncancel": (name: string) => this.task(name).uncancel(),
        "cancelling": (name: string) => this.task(name).cancelling(),
        "inspect": (name: string) => state(this.future(name)),
        "result": (name: string) => this.future(name).result(),
        "exception": (name: string) => this.future(name).exception(),
        "setResult": (name: string, value: Json) =>
          this.future(name).setResult(value),
        "setError": (name: string, code: string) =>
          this.future(name).setException(new UserError(code)),
        "agen": this.makeAsyncgen.bind(this),
        "onDone": this.#onDone.bind(this),
        "offDone": this.#offDone.bind(this),
        "callSoon": this.#callSoon.bind(this),
        "callLater": this.#callLater.bind(this),
        "callAt": this.#callAt.bind(this),
        "cancelHandle": this.#cancelHandle.bind(this),
        "reschedule": this.#reschedule.bind(this),
      },
      waits: {
        "sleep": (delay: number, value: Json) => ({
          on: sleep(delay / UNIT, value),
        }),
        "gather": (operands: Json, returnExceptions: Json) => ({
          on: this.#gather(operands, returnExceptions),
        }),
        "wait": this.#wait.bind(this),
        "waitFor": (operand: Json, limit: Json) => ({
          on: waitFor(this.operand(operand), seconds(limit)),
        }),
        "shield": (operand: Json) => ({ on: shield(this.operand(operand)) }),
      },
    };
  }

  #createTask(name: string, eager: boolean, block: Block, context?: Json) {
    const task = this.loop.createTask(this.body(name, block), {
      name,
      ...(eager && { eagerStart: true }),
      ...this.#contexts.options(context),
    });
    this.#keep(name, task);
  }

  #spawn(groupName: string, name: string, block: Block, context?: Json): void {
    const group = this.groups.get(groupName);
    if (group === undefined) throw new Missing();
    const options = { name, ...this.#contexts.options(context) };
    this.#keep(name, group.createTask(this.body(name, block), options));
  }

  #keep(name: string, task: Task<unknown>): void {
    this.futures.set(name, task);
    this.#introduce(task, name);
  }

  #onDone(target: Json, name: string, block: Block, context?: Json): void {
    const future = this.future(target);
    const callback = (done: Future<unknown>): void => {
      this.log(`callback ${name} ${done === future} ${state(done)}`);
      this.actAll(block);
    };
    const options = this.#contexts.options(context);
    this.#callbacks.set(name, callback);
    future.addDoneCallback(callback, options);
  }

  #offDone(future: Json, name: string): number {
    const callback = this.#callbacks.get(name);
    if (callback === undefined) throw new Missing();
    return this.future(future).removeDoneCallback(callback);
  }

  #callSoon(name: string, block: Block, context?: Json): void {
    const options = this.#contexts.options(context);
    const handle = this.loop.callSoon(this.#callback(name, block), options);
    this.#handles.set(name, handle);
  }

  #callLater(name: string, delay: number, block: Block, context?: Json): void {
    const options = this.#contexts.options(context);
    const callback = this.#callback(name, block);
    const handle = this.loop.callLater(delay / UNIT, callback, options);
    this.#handles.set(name, handle);
  }

  #callAt(name: string, delay: number, block: Block, context?: Json): void {
    const when = this.loop.time() + delay / UNIT;
    const options = this.#contexts.options(context);
    const handle = this.loop.callAt(when, this.#callback(name, block), options);
    this.#handles.set(name, handle);
  }

  #callback(name: string, block: Block): () => void {
    return () => {
      this.log(`handle ${name}`);
      this.actAll(block);
    };
  }

  #cancelHandle(name: string): void {
    const handle = this.#handles.get(name);
    if (handle === undefined) throw new Missing();
    handle.cancel();
  }

  #reschedule(name: string, delay: Json): number | undefined {
    const scope = this.timeouts.get(name);
    if (scope === undefined) throw new Missing();
    const after = seconds(delay);
    scope.reschedule(
      after === undefined ? undefined : this.loop.time() + after,
    );
    const when = scope.when();
    return when === undefined ? undefined : Math.round(when * UNIT);
  }

  protected deadline(delay: Json): number | undefined {
    const after = seconds(delay);
    return after === undefined ? undefined : this.loop.time() + after;
  }
}

function merge(words: readonly Words[]): Required<Words> {
  return {
    acts: Object.assign({}, ...words.map(({ acts }) => acts)),
    waits: Object.assign({}, ...words.map(({ waits }) => waits)),
  };
}
