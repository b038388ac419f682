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
  type Future,
  type Handle,
  KeyboardInterrupt,
  type Lock,
  sleep,
  StreamReader,
  Task,
  type TaskGroup,
  type Timeout,
} from "../../mod.ts";
import { Contexts } from "./contexts.ts";
import { endWords } from "./ends.ts";
import { HastyClock } from "./hasty_clock.ts";
import { lookWords } from "./looks.ts";
import { makePrimitive, primitiveWords, Sections } from "./primitives.ts";
import {
  type Block,
  type Json,
  type Program,
  type Statement,
  statementsOf,
  type Trace,
} from "./program.ts";
import { raceWords } from "./races.ts";
import { readerWords } from "./readers.ts";
import { Recorder } from "./recorder.ts";
import { taskWords } from "./tasks.ts";
import { timerWords } from "./timers.ts";
import { windowWords } from "./windows.ts";
import { WholeRun } from "./whole_run.ts";
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
  UNIT,
  type Wait,
  type Words,
} from "./words.ts";

/** What was cancelled last may still hand on what it had. */
export const LAST_TURNS = 4;
// Misuse of a primitive is noted, not thrown, but for these.
const THROWING: ReadonlySet<string> = new Set([
  "raise",
  "raiseGroup",
  "raiseCancelled",
  "raiseKept",
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
  "split",
  "forEach",
]);

// Those that each style spells in its own way.
const WAITS_OF_STYLES: ReadonlySet<string> = new Set([
  "all",
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
  readonly timeouts: Map<string, Timeout> = new Map();
  readonly groups: Map<string, TaskGroup> = new Map();
  readonly handles: Map<string, Handle> = new Map();
  readonly kept: Map<string, unknown> = new Map();
  readonly futures: Map<string, Future<unknown>> = new Map();
  readonly names: Map<Task<unknown>, string> = new Map();
  readonly #objects: Map<string, unknown> = new Map();
  readonly recorder: Recorder;
  /** Whether something that ends a run was met in it. */
  wasEnded = false;
  readonly sections: Sections = new Sections(this);
  readonly contexts: Contexts = new Contexts(this);
  readonly #words: Required<Words>;

  constructor(program: Program) {
    this.program = program;
    this.loop = new EventLoop({ clock: new HastyClock(), debug: false });
    this.recorder = new Recorder(program, this.loop);
    if (program.eager) this.loop.setTaskFactory(eagerTaskFactory);
    for (const [name, [kind, ...args]] of Object.entries(program.objects)) {
      if (kind === "future") this.futures.set(name, this.loop.createFuture());
      else this.#objects.set(name, this.#make(name, kind, args));
    }
    this.#words = merge([
      { acts: { "agen": this.makeAsyncgen.bind(this) } },
      taskWords(this),
      timerWords(this),
      lookWords(this),
      primitiveWords(this),
      this.contexts.words(),
      endWords(this),
      raceWords(this),
      readerWords(this),
      windowWords(this),
    ]);
  }

  #make(name: string, kind: string, args: readonly Json[]): unknown {
    if (kind === "var") return this.contexts.make(name, args[0]!);
    if (kind === "reader") {
      return new StreamReader({ limit: args[0] as number, loop: this.loop });
    }
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
    this.recorder.log(this.#who(), what + this.contexts.values());
  }

  #who(): string {
    const task = currentTask(this.loop);
    if (task !== undefined) return this.names.get(task) ?? "?";
    return this.loop.isRunning() ? "-" : "=";
  }

  /** Runs the program and gives its trace. */
  run(): Promise<Trace> {
    return new WholeRun(this).run();
  }

  // What the styles do in their own ways

  /** Gives the host the time to end what the loop has left to it. */
  abstract settle(): Promise<void>;
  /** Gives a cold coroutine. */
  abstract body(name: string, block: Block): Cold;
  /** Whether async generators were made that can be ended now. */
  abstract mayEndAsyncgens(): boolean;
  /** Makes an async generator. */
  protected abstract makeAsyncgen(...args: [string, ...Json[]]): void;
  /** Cancels the tasks and waits for their ends. */
  abstract shutdown(pending: Task<unknown>[]): Cold;

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

  /** Keeps a task under its name. */
  keep(name: string, task: Task<unknown>): void {
    this.futures.set(name, task);
    this.#introduce(task, name);
  }

  #introduce(task: Task<unknown>, name: string): void {
    if (!this.names.has(task)) this.names.set(task, name);
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

  /** Gives what is to be waited for. */
  operands(operands: Json): Source[] {
    return this.present(operands).map((each) => this.operand(each));
  }

  /** Those of the operands of which the names exist. */
  present(operands: Json): Json[] {
    return (operands as Json[]).filter((each) => {
      const [kind, name] = each as string[];
      return kind !== "ref" || this.futures.has(name!);
    });
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

  /** Keeps what a handler has caught under a name. */
  protected keepError(name: string, caught: unknown): void {
    if (caught !== undefined) this.kept.set(name, caught);
    this.log(`keep ${name}`);
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
