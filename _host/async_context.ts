/**
 * Which line's async function runs now.
 *
 * The host resumes async functions by itself, so each line of them (that of a task, that
 * of a scope's body) marks its own with an async-context slot. This is the only module that
 * asks the host for one. Where the host has none (browsers, today), everything works but
 * this attribution.
 *
 * @module
 */
import { running } from "../_base/running.ts";
import { builtin } from "./environment.ts";

interface Storage {
  run<A, R>(store: unknown, callback: (argument: A) => R, argument: A): R;
  getStore(): unknown;
}

/** What Node's has beside what the standard will have. */
interface EnterableStorage extends Storage {
  enterWith(store: unknown): void;
}

interface StorageClass {
  new (): EnterableStorage;
  snapshot?(): <R>(callback: () => R) => R;
}

interface VariableClass {
  new (): Pick<Storage, "run"> & { get(): unknown };
}

interface Host {
  readonly AsyncContext?: {
    readonly Variable: VariableClass;
  };
  /** What zone.js brings, with promises of its own. */
  readonly Zone?: { readonly assertZonePatched?: unknown };
}

interface AsyncHooks {
  readonly AsyncLocalStorage: StorageClass;
}

const host = globalThis as Host;
// zone.js calls all that follows from its promises in the async context of whatever came first:
// no storage tells anything there.
const nodeStorage = host.Zone?.assertZonePatched === undefined
  ? builtin<AsyncHooks>("node:async_hooks")?.AsyncLocalStorage
  : undefined;
const storage: Storage | undefined = nodeStorage
  ? new nodeStorage()
  : variableStorage();

// Apart, since it is looked at in a cancelled line alone.
const markStorage = nodeStorage ? new nodeStorage() : undefined;

/** Whether an `await` can be told apart by the task that does it. */
export const hasAsyncContext: boolean = storage !== undefined;

// Without a storage: the line that was resumed last, until the host has its turn.
let resumedLine: unknown;
// How many starts of functions stand in each other.
let starting = 0;

/**
 * What the storage has of a line. Deno keeps that, and copies all that hangs on it, until
 * its next collection but one: so a line that has ended takes itself out.
 */
export interface LineSlot {
  /** The line; `undefined` once it has ended. */
  line: object | undefined;
  /** Of a scope: the slot that stands for this then, for functions that it has left running. */
  outer?: LineSlot;
  /** Of a task: what stands for it then. */
  successor?(): object;
}

/** A line that async functions can be called for. */
export interface SlottedLine {
  _slot: LineSlot | undefined;
  _makeSlot(): LineSlot;
}

/** The line whose async function runs now, as far as the host can tell. */
export function asyncLine(): unknown {
  if (storage === undefined) return resumedLine;
  const slot = storage.getStore() as LineSlot | undefined;
  return slot === undefined ? undefined : lineIn(slot);
}

/** The slot of the line whose async function runs now, where the host has a storage. */
export function asyncSlot(): LineSlot | undefined {
  return storage?.getStore() as LineSlot | undefined;
}

/** The line of a slot, or what stands for it. */
export function lineIn(slot: LineSlot): object | undefined {
  return slot.line ?? lineRound(slot);
}

// A loop: thousands may have stood in each other, and have ended.
function lineRound(ended: LineSlot): object | undefined {
  let slot = ended;
  while (slot.line === undefined && slot.outer !== undefined) slot = slot.outer;
  // The way out is gone once.
  let each = ended;
  while (each !== slot) {
    const next = each.outer!;
    each.outer = slot;
    each = next;
  }
  return slot.line ?? slot.successor?.();
}

/** The slot of a line. */
export function slotOf(line: SlottedLine): LineSlot {
  return line._slot ??= line._makeSlot();
}

/** The task of that line. */
export function asyncTask(): unknown {
  return (asyncLine() as { readonly _task: unknown } | undefined)?._task;
}

/** The task whose code runs now: in a step of its loop, or resumed by the host. */
export function runningTask(): unknown {
  return running.loop === undefined ? asyncTask() : running.task;
}

/**
 * Notes that an async function is resumed next. Where the host has no storage, whoever resumes
 * one knows its line, and its next `await` comes before the host has its turn: the loop lets
 * the host have one after each.
 *
 * @param line Its line; `undefined` when the host has had its turn.
 */
export function noteResumedLine(line: unknown): void {
  if (storage === undefined) resumedLine = line;
}

/**
 * Whether what the host calls now would be taken for a function of the line that was resumed
 * last: until the host has had its turn, where it has no storage.
 */
export function hasResumedLine(): boolean {
  return resumedLine !== undefined;
}

/**
 * Runs the start of an eager task, in the code of whoever makes it: what that awaits next is
 * its own, and what follows in microtasks is the task's.
 *
 * @param start Runs its first step.
 */
export function startInside(start: () => void): void {
  const outer = resumedLine;
  const startingAround = starting;
  let line: unknown;
  // First, so that it comes before those of the task.
  Promise.resolve().then(() => {
    if (resumedLine === outer) resumedLine = line;
  });
  // Whoever makes it may be starting itself: this one does not come back to that.
  starting = 0;
  try {
    start();
  } finally {
    starting = startingAround;
    line = resumedLine;
    resumedLine = outer;
  }
}

/** Whether functions can be marked. */
export const canMark: boolean = markStorage !== undefined;

/** Marks the function that runs now, and what it calls and does from here on. */
export function mark(number: number): void {
  markStorage?.enterWith(number);
}

/** Calls a function that is marked, with all that it calls and does. */
export function runMarked<R>(number: number, callback: () => R): R {
  return markStorage === undefined
    ? callback()
    : markStorage.run(number, callback, undefined);
}

/** The mark of the function that runs now; 0 for none. */
export function newestMark(): number {
  return markStorage?.getStore() as number | undefined ?? 0;
}

/**
 * Makes an `await` known as it begins: it reads `then` at once, in the async function's own
 * code, and calls what it has read later. Where the host has no storage, that tells its line.
 *
 * @param prototype Of what can be awaited.
 */
export function catchAwaits(prototype: { then: unknown }): void {
  const then = prototype.then as (...args: unknown[]) => unknown;
  Object.defineProperty(prototype, "then", {
    configurable: true,
    get: storage === undefined
      ? function (this: unknown) {
        const line = resumedLine;
        return (...args: unknown[]) =>
          inLine(line, () => then.apply(this, args));
      }
      : function (this: unknown) {
        const marked = running.bursts.onAwait?.();
        if (marked === undefined) return then;
        return (...args: unknown[]) => {
          // Not all hosts call it in the async context of here.
          mark(marked);
          return then.apply(this, args);
        };
      },
    set(value: unknown) {
      Object.defineProperty(this, "then", {
        configurable: true,
        value,
        writable: true,
      });
    },
  });
}

function inLine<R>(line: unknown, callback: () => R): R {
  const outer = resumedLine;
  resumedLine = line;
  try {
    return callback();
  } finally {
    resumedLine = outer;
  }
}

/** Runs the start of an async function so that its waits belong to `line`. */
export function runInLine<R>(
  line: SlottedLine | undefined,
  callback: () => R,
): R;
export function runInLine<A, R>(
  line: SlottedLine | undefined,
  callback: (argument: A) => R,
  argument: A,
): R;
export function runInLine<A, R>(
  line: SlottedLine | undefined,
  callback: (argument: A) => R,
  argument?: A,
): R {
  if (storage === undefined) {
    const outer = resumedLine;
    resumedLine = line;
    starting++;
    try {
      return callback(argument as A);
    } finally {
      starting--;
      // What it does before its first wait is over; its microtasks may follow.
      const comesBack = starting > 0 || running.loop === undefined;
      if (line === undefined || comesBack && outer !== undefined) {
        resumedLine = outer;
      }
    }
  }
  const slot = line === undefined ? undefined : slotOf(line);
  // Entering the storage is 0.5 µs and 450 B, looking at it 8 ns.
  if (storage.getStore() === slot) return callback(argument as A);
  return storage.run(slot, callback, argument as A);
}

/** Starts something in a microtask. */
export type Start = (starting: { readonly driver: Starting }) => void;

interface Starting {
  _start(): void;
}

/**
 * Takes the async context of the caller along to a start that comes later.
 *
 * A promise's reaction runs in the context in which `then()` was called. That costs a third
 * of a snapshot on Deno, and a hundredth on Node. What starts comes with the start, and its
 * line is entered there: tasks wait for it by the hundred thousand, so closures would be
 * 180 B each, and stores would be traced and copied.
 */
export function deferStart(): Start {
  new Promise(keepFulfil).then(startHeld);
  const start = fulfilKept!;
  // It holds the promise, and that holds what it starts.
  fulfilKept = undefined;
  return start;
}

let fulfilKept: Start | undefined;

function keepFulfil(fulfil: Start): void {
  fulfilKept = fulfil;
}

function startHeld({ driver }: { readonly driver: Starting }): void {
  driver._start();
}

/** The async context of the code that made it: calls functions in there. */
export class HostContext {
  // Several may come before the microtask in which they are called.
  #calls: (() => void)[] = [];
  #resolve: (() => void) | undefined;

  constructor() {
    this.#arm();
  }

  /** Calls a function, in a microtask, and gives what it gives. */
  call<R>(callback: () => R): Promise<Awaited<R>> {
    return new Promise((resolve, reject) => {
      this.#calls.push(() => {
        try {
          // A promise of this context, which what awaits inside of it stems from.
          resolve(Promise.resolve(callback()));
        } catch (error) {
          // For who asked.
          reject(error);
        }
      });
      this.#resolve!();
    });
  }

  #arm(): void {
    new Promise<void>((resolve) => this.#resolve = resolve).then(() => {
      // In the same context again.
      this.#arm();
      const calls = this.#calls;
      this.#calls = [];
      for (const call of calls) call();
    });
  }
}

/** Returns what calls functions at once in the async context of the caller. */
export function snapshotContext(): <R>(callback: () => R) => R {
  return nodeStorage?.snapshot?.() ?? callAtOnce;
}

function callAtOnce<R>(callback: () => R): R {
  return callback();
}

function variableStorage(): Storage | undefined {
  if (host.AsyncContext === undefined) return undefined;
  const variable = new host.AsyncContext.Variable();
  return {
    run: (store, callback, argument) => variable.run(store, callback, argument),
    getStore: () => variable.get(),
  };
}
