/**
 * Runs the programs of generate.ts on this library, in virtual time. How its
 * coroutines are written is left to generator_style.ts and async_style.ts.
 * interpreter.py is the same in Python; README.md says what the statements mean.
 *
 * @module
 */
import {
  Barrier,
  BoundedSemaphore,
  CancelledError,
  Condition,
  type Coroutine,
  type CoroutineFunction,
  type CoroutineLike,
  currentTask,
  eagerTaskFactory,
  Event,
  EventLoop,
  Future,
  gather,
  type Handle,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  type ReturnWhen,
  Semaphore,
  shield,
  sleep,
  type Sleeper,
  Task,
  type TaskGroup,
  type Timeout,
  VirtualClock,
  wait,
  waitFor,
} from "../../mod.ts";
import {
  type Block,
  type Event as TraceEvent,
  type Json,
  type Program,
  type Statement,
  statementsOf,
  type Trace,
} from "./program.ts";

const UNIT = 8;
// After so many turns without an event, turns are no longer counted.
const QUIET_TURNS = 6;
/** What was cancelled last may still hand on what it had. */
export const LAST_TURNS = 4;
// Misuse of a primitive is noted, not thrown, but for these.
const THROWING: ReadonlySet<string> = new Set([
  "raise",
  "raiseCancelled",
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
]);

/** The statements that wait. */
export const WAITS: ReadonlySet<string> = new Set([
  "sleep",
  "await",
  "gather",
  "wait",
  "waitFor",
  "shield",
  "asCompleted",
  "acquire",
  "event.wait",
  "condition.wait",
  "condition.waitFor",
  "barrier.wait",
  "barrier.reset",
  "barrier.abort",
  "queue.put",
  "queue.get",
  "queue.join",
]);

/** An error of the program's own. */
class UserError extends Error {}

/** A name that does not exist (yet), or not in this kind: the statement is skipped. */
export class Missing extends Error {}

/** What a `return` gave; `undefined` as long as none was met. */
export type Returned = readonly [value: Json] | undefined;

/** What `with` can hold. */
export type Guarded = Lock | Semaphore | Condition;

/** What the library's own coroutine functions give. */
type Waitable = Coroutine<unknown> | Future<unknown>;

/** A coroutine of the program's, not begun. */
export type Cold = CoroutineLike<unknown> | CoroutineFunction<unknown>;

/** What an operand stands for. */
export type Source = Waitable | Cold;

/** A wait, and how to write down what it gives. */
export interface Wait {
  readonly on: Waitable;
  readonly show?: (value: never) => unknown;
}

/** Python's names, where they are others. */
const PYTHON_NAMES: Readonly<Record<string, string>> = {
  RangeError: "ValueError",
  DeadlockError: "Deadlock",
};

function describe(error: unknown): string {
  if (error === undefined) return "none";
  if (error instanceof CancelledError) return `Cancelled(${error.message})`;
  if (error instanceof UserError) return error.message;
  // What Python calls the new error and its context: see departures.md.
  if (error instanceof SuppressedError) return describe(error.error);
  if (error instanceof AggregateError) {
    return `Group(${error.errors.map(describe).join(", ")})`;
  }
  // Whatever is thrown that should not be is told apart by its name.
  const name = error instanceof Error
    ? error.name
    : `not an error: ${String(error)}`;
  return PYTHON_NAMES[name] ?? name;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Error) return describe(value);
  return String(value);
}

function state(future: Future<unknown>): string {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  const error = future.exception();
  return error === undefined
    ? `ended ${show(future.result())}`
    : `failed ${describe(error)}`;
}

function unknown(op: string): never {
  throw new TypeError(
    `Cannot run a program: unknown statement ${JSON.stringify(op)}`,
  );
}

/** Names a statement in the trace. */
export function labelOf([op, first]: Statement): string {
  return typeof first === "string" ? `${op} ${first}` : op;
}

/** Converts a time of a program to the library's. */
export function seconds(eighths: Json): number | undefined {
  return eighths === null ? undefined : eighths as number / UNIT;
}

/** Gives a loop up at once that has nothing due: no program waits for the host. */
class HastyClock extends VirtualClock {
  #waiting: Sleeper | undefined;

  override wait(sleeper: Sleeper, deadline: number | undefined): void {
    super.wait(sleeper, deadline);
    if (deadline !== undefined) return;
    this.#waiting = sleeper;
    setTimeout(() => this.#waiting?.deadlock());
  }

  override unwait(sleeper: Sleeper): void {
    super.unwait(sleeper);
    this.#waiting = undefined;
  }
}

/** What both styles share: everything that does not wait. */
export abstract class Interpreter {
  protected readonly program: Program;
  protected readonly loop: EventLoop;
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
  #running = false;
  /** The tasks inside a `with`, by lock. */
  readonly #sections: Map<string, Task<unknown>[]> = new Map();
  #count = 0;
  #turn = -1;
  #lastTurn = 0;

  constructor(program: Program) {
    this.program = program;
    this.loop = new EventLoop({ clock: new HastyClock(), debug: false });
    this.loop.setExceptionHandler((_loop, { message, exception }) => {
      // These come when the garbage collector likes, or at the loop's end, or are a wanted
      // difference: see departures.md.
      const silent = /never retrieved|never awaited|destroyed|shielded future/;
      if (silent.test(message)) return;
      this.log(`loop error ${describe(exception)}`);
    });
    if (program.eager) this.loop.setTaskFactory(eagerTaskFactory);
    for (const [name, [kind, ...args]] of Object.entries(program.objects)) {
      this.#make(name, kind, args);
    }
  }

  #make(name: string, kind: string, [first, second]: Json[]): void {
    switch (kind) {
      case "future":
        this.futures.set(name, this.loop.createFuture());
        break;
      case "lock":
        this.#objects.set(name, new Lock());
        break;
      case "event":
        this.#objects.set(name, new Event());
        break;
      case "semaphore":
        this.#objects.set(
          name,
          new (second ? BoundedSemaphore : Semaphore)(first as number),
        );
        break;
      case "condition":
        this.#objects.set(
          name,
          new Condition(this.#objects.get(first as string) as Lock),
        );
        break;
      case "barrier":
        this.#objects.set(name, new Barrier(first as number));
        break;
      case "queue": {
        const kinds = { fifo: Queue, lifo: LifoQueue, priority: PriorityQueue };
        const kind = kinds[first as keyof typeof kinds];
        this.#objects.set(name, new kind<number>(second as number));
      }
    }
  }

  // The trace

  protected log(what: string): void {
    if (!this.#tracing) return;
    if (this.program.turns && this.#running) {
      if (this.#turn < 0) {
        this.#turn = 0;
        this.loop.callSoon(() => this.#onTurn());
      }
      this.#lastTurn = this.#turn;
    }
    const turn = Math.max(this.#turn, 0);
    this.#trace.push([
      Math.round(this.loop.time() * UNIT),
      turn,
      this.#who(),
      what,
    ]);
  }

  #who(): string {
    const task = currentTask(this.loop);
    if (task !== undefined) return this.#names.get(task) ?? "?";
    return this.#running ? "-" : "=";
  }

  #onTurn(): void {
    this.#turn++;
    if (this.#turn - this.#lastTurn < QUIET_TURNS) {
      this.loop.callSoon(() => this.#onTurn());
    } else this.#turn = -1;
  }

  // A whole run

  async run(): Promise<Trace> {
    await this.#outcome("main", this.body("main", this.program.main));
    this.#logStates();
    const pending = this.#unfinished();
    if (pending.length > 0) {
      await this.#outcome("shutdown", this.shutdown(pending));
      this.#logStates();
    }
    this.#tracing = false;
    this.loop.close();
    return this.#trace;
  }

  async #outcome(label: string, body: Cold): Promise<void> {
    this.#running = true;
    let line: string;
    try {
      line = `${label} -> ${show(await this.loop.runUntilComplete(body))}`;
    } catch (error) {
      line = `${label} !! ${describe(error)}`;
    }
    await this.settle();
    this.#running = false;
    this.log(line);
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

  protected object<T>(name: Json): T {
    return this.#objects.get(name as string) as T;
  }

  #future(name: Json): Future<unknown> {
    const future = name === "self"
      ? currentTask(this.loop)
      : this.futures.get(name as string);
    if (future === undefined) throw new Missing();
    return future;
  }

  #task(name: Json): Task<unknown> {
    const future = this.#future(name);
    if (!(future instanceof Task)) throw new Missing();
    return future;
  }

  protected operand(operand: Json): Source {
    const [kind, first, second] = operand as Json[];
    if (kind === "ref") return this.#future(first!);
    if (kind === "coro") return this.body(first as string, second as Block);
    return sleep(first as number / UNIT, second);
  }

  /** The operands of which the names exist. */
  #present(operands: Json): Json[] {
    return (operands as Json[]).filter((each) => {
      const [kind, name] = each as string[];
      return kind !== "ref" || this.futures.has(name!);
    });
  }

  #gather(operands: Json, returnExceptions: Json): Future<unknown> {
    const sources = this.#present(operands).map((each) => this.operand(each));
    return gather(sources, { returnExceptions: returnExceptions as boolean });
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
  protected catches(kind: Json, error: unknown): boolean {
    return kind === "all" ||
      (kind === "cancel") === (error instanceof CancelledError);
  }

  protected caught(error: unknown): void {
    this.log(`caught ${describe(error)}`);
  }

  /** Notes that the task is inside a `with` until what this gives is disposed. */
  protected section(name: string): Disposable {
    const lock = this.#lockOf(name);
    const task = currentTask(this.loop)!;
    const tasks = this.#sections.get(lock) ?? [];
    this.#sections.set(lock, tasks);
    tasks.push(task);
    return {
      [Symbol.dispose]: () => void tasks.splice(tasks.indexOf(task), 1),
    };
  }

  #lockOf(name: string): string {
    const [kind, lock] = this.program.objects[name]!;
    return kind === "condition" && lock !== null ? lock as string : name;
  }

  /** Nobody may release the lock of another's `with`: see departures.md. */
  #checkFreeOfSections(name: string): void {
    if (this.program.objects[name]![0] === "semaphore") return;
    if ((this.#sections.get(this.#lockOf(name)) ?? []).length > 0) {
      throw new Missing();
    }
  }

  #checkOwnSection(name: string): void {
    const task = currentTask(this.loop)!;
    if (!this.#sections.get(this.#lockOf(name))?.includes(task)) {
      this.#checkFreeOfSections(name);
    }
  }

  // Statements that wait

  /** Gives what a statement waits for. */
  protected open([op, ...args]: Statement): Wait {
    const [first, second, third] = args;
    switch (op) {
      case "sleep":
        return { on: sleep(first as number / UNIT, second) };
      case "gather":
        return { on: this.#gather(first!, second!) };
      case "wait":
        return this.#wait(first as string[], second!, third as ReturnWhen);
      case "waitFor":
        return { on: waitFor(this.operand(first!), seconds(second!)) };
      case "shield":
        return { on: shield(this.operand(first!)) };
      case "acquire":
        return { on: this.object<Guarded>(first!).acquire(), show: () => true };
      case "event.wait":
        return { on: this.object<Event>(first!).wait() };
      case "condition.wait":
        this.#checkOwnSection(first as string);
        return { on: this.object<Condition>(first!).wait() };
      case "condition.waitFor":
        this.#checkOwnSection(first as string);
        return {
          on: this.object<Condition>(first!).waitFor(() =>
            this.#count >= (second as number)
          ),
        };
      case "barrier.wait":
        return { on: this.object<Barrier>(first!).wait() };
      case "barrier.reset":
        return { on: this.object<Barrier>(first!).reset() };
      case "barrier.abort":
        return { on: this.object<Barrier>(first!).abort() };
      case "queue.put":
        return { on: this.object<Queue<Json>>(first!).put(second!) };
      case "queue.get":
        return { on: this.object<Queue<Json>>(first!).get() };
      case "queue.join":
        return { on: this.object<Queue<Json>>(first!).join() };
      default:
        return unknown(op);
    }
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

  #actAll(block: Block): void {
    for (const statement of statementsOf(block)) this.act(statement);
  }

  #act([op, ...args]: Statement): unknown {
    const [first, second, third] = args as [Json, Json, Json];
    switch (op) {
      case "raise":
        throw new UserError(first as string);
      case "raiseCancelled":
        throw new CancelledError(first as string | null ?? undefined);
      case "task":
        return this.#createTask(
          first as string,
          second as boolean,
          third as Block,
        );
      case "spawn":
        return this.#spawn(first as string, second as string, third as Block);
      case "gatherAs":
        return void this.futures.set(
          first as string,
          this.#gather(second, third),
        );
      case "shieldAs":
        return void this.futures.set(
          first as string,
          shield(this.operand(second)),
        );
      case "cancel":
        return this.#future(first).cancel(second as string | null ?? undefined);
      case "uncancel":
        return this.#task(first).uncancel();
      case "cancelling":
        return this.#task(first).cancelling();
      case "inspect":
        return state(this.#future(first));
      case "result":
        return this.#future(first).result();
      case "exception":
        return this.#future(first).exception();
      case "setResult":
        return this.#future(first).setResult(second);
      case "setError":
        return this.#future(first).setException(
          new UserError(second as string),
        );
      case "onDone":
        return this.#onDone(
          this.#future(first),
          second as string,
          third as Block,
        );
      case "offDone":
        return this.#offDone(first, second as string);
      case "callSoon":
        return this.#addHandle(
          first as string,
          this.loop.callSoon(this.#handle(first, second)),
        );
      case "callLater": {
        const delay = second as number / UNIT;
        const handle = this.loop.callLater(delay, this.#handle(first, third));
        return this.#addHandle(first as string, handle);
      }
      case "callAt": {
        const when = this.loop.time() + (second as number) / UNIT;
        return this.#addHandle(
          first as string,
          this.loop.callAt(when, this.#handle(first, third)),
        );
      }
      case "cancelHandle":
        return this.#cancelHandle(first as string);
      case "reschedule":
        return this.#reschedule(first as string, second);
      case "count":
        return this.#count += first as number;
      default:
        return this.#actOnObject(op, first, second);
    }
  }

  #actOnObject(op: string, name: Json, argument: Json): unknown {
    switch (op) {
      case "release":
        this.#checkFreeOfSections(name as string);
        return this.object<Guarded>(name).release();
      case "locked":
        return this.object<Guarded>(name).locked();
      case "event.set":
        return this.object<Event>(name).set();
      case "event.clear":
        return this.object<Event>(name).clear();
      case "event.isSet":
        return this.object<Event>(name).isSet();
      case "condition.notify":
        return this.object<Condition>(name).notify(argument as number);
      case "condition.notifyAll":
        return this.object<Condition>(name).notifyAll();
      case "barrier.state": {
        const barrier = this.object<Barrier>(name);
        return [barrier.parties, barrier.nWaiting, barrier.broken];
      }
      case "queue.putNowait":
        return this.object<Queue<Json>>(name).putNowait(argument);
      case "queue.getNowait":
        return this.object<Queue<Json>>(name).getNowait();
      case "queue.taskDone":
        return this.object<Queue<Json>>(name).taskDone();
      case "queue.shutdown":
        return this.object<Queue<Json>>(name).shutdown({
          immediate: argument as boolean,
        });
      case "queue.state": {
        const queue = this.object<Queue<Json>>(name);
        return [queue.qsize(), queue.empty(), queue.full()];
      }
      default:
        return unknown(op);
    }
  }

  #createTask(name: string, eager: boolean, block: Block): void {
    const options = { name, ...(eager && { eagerStart: true }) };
    const task = this.loop.createTask(this.body(name, block), options);
    this.futures.set(name, task);
    this.#introduce(task, name);
  }

  #spawn(groupName: string, name: string, block: Block): void {
    const group = this.groups.get(groupName);
    if (group === undefined) throw new Missing();
    const task = group.createTask(this.body(name, block), { name });
    this.futures.set(name, task);
    this.#introduce(task, name);
  }

  #onDone(future: Future<unknown>, name: string, block: Block): void {
    const callback = (done: Future<unknown>): void => {
      this.log(`callback ${name} ${done === future} ${state(done)}`);
      this.#actAll(block);
    };
    this.#callbacks.set(name, callback);
    future.addDoneCallback(callback);
  }

  #offDone(future: Json, name: string): number {
    const callback = this.#callbacks.get(name);
    if (callback === undefined) throw new Missing();
    return this.#future(future).removeDoneCallback(callback);
  }

  #handle(name: Json, block: Json): () => void {
    return () => {
      this.log(`handle ${name}`);
      this.#actAll(block as Block);
    };
  }

  #addHandle(name: string, handle: Handle): void {
    this.#handles.set(name, handle);
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
