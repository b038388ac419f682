/**
 * The jobs of the conformance kit. They tell what they do in a log, which can be read
 * from another thread or process.
 *
 * @module
 */
import { deferred } from "../_host/deferred.ts";
import { builtin } from "../_host/environment.ts";
import type { Coro } from "../coroutine.ts";
import { CancelledError, QueueFull, TimeoutError } from "../errors.ts";
import { sleep } from "../sleep.ts";
import { hostTurn } from "../_host/turn.ts";
import { currentTask } from "../current_task.ts";
import { taskGroup } from "../task_group.ts";
import { linkSignal } from "../_host/abort_signal.ts";
import { checkCancelled, currentJob, transfer } from "../worker.ts";

// What logs begin with in browsers; elsewhere they are files.
const CHANNEL = "channel:";

interface Host {
  readonly process?: { exit(code: number): never };
}

interface Files {
  appendFileSync(path: string, text: string): void;
}

function log(where: string, line: string): void {
  if (!where.startsWith(CHANNEL)) {
    return builtin<Files>("node:fs")!.appendFileSync(where, line + "\n");
  }
  const [name] = where.split("/");
  const channel = new BroadcastChannel(name!);
  channel.postMessage([where, line]);
  channel.close();
}

/** Doubles a number. */
export function double(x: number): number {
  return 2 * x;
}

/** Doubles a number, after a wait. */
export async function doubleAsync(x: number): Promise<number> {
  await sleep(0.001);
  return 2 * x;
}

/** Doubles a number, after a wait of a generator. */
export function* doubleGenerator(x: number): Coro<number> {
  yield* sleep(0.001);
  return 2 * x;
}

/** Doubles a number, by a promise. */
export function doublePromise(x: number): Promise<number> {
  return Promise.resolve(2 * x);
}

/** Doubles a number: an even one after a wait. */
export function doubleNowOrLater(x: number): number | Promise<number> {
  return x % 2 === 0 ? doubleAsync(x) : 2 * x;
}

/** Returns nothing. */
export function nothing(): void {}

/** Returns its argument. */
export function echo<T>(x: T): T {
  return x;
}

/** Changes its argument. */
export function mutate(x: { n: number }): number {
  x.n = 99;
  return x.n;
}

class MyError extends Error {
  override name = "MyError";
}

class RowError extends RangeError {
  override name = "RowError";
}

/** What jobs throw. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  range: () =>
    Object.assign(
      new RangeError("No such row", { cause: new TypeError("Inner") }),
      { code: "E_ROW" },
    ),
  many: () =>
    new AggregateError([new TypeError("One"), new RangeError("Two")], "Many"),
  custom: () => new MyError("Mine"),
  extended: () => new RowError("No such row"),
  host: () => new DOMException("Gone", "AbortError"),
  "time of the host": () => new DOMException("Late", "TimeoutError"),
  time: () => new TimeoutError("Late", { cause: new QueueFull("Full") }),
  fields() {
    const row = { id: 3, tags: ["a", null, true], inner: new TypeError("In") };
    return Object.assign(new Error("Fields"), { row, close() {} });
  },
  causes() {
    let error = new Error("0");
    for (let i = 1; i < 20; i++) {
      error = new RangeError(`${i}`, { cause: error });
    }
    return error;
  },
  circle() {
    const error = new Error("Round");
    error.cause = error;
    return error;
  },
  unreadable: () =>
    Object.defineProperty(new Error("Hidden"), "message", {
      get() {
        throw new Error("The message cannot be read");
      },
    }),
  string: () => "a string",
  undefined: () => undefined,
  null: () => null,
  symbol: () => Symbol("sign"),
  function: () => double,
  object: () => ({ status: 404 }),
};

/** Throws an error of a kind, or what is none. */
export function throwIt(kind: string): never {
  throw THROWN[kind]!();
}

/** Ends as cancelled, though nobody has asked for it. */
export function cancelItself(where: string): never {
  log(where, "start");
  throw new CancelledError("Enough", { cause: new RangeError("Why") });
}

/** Ends as cancelled, though nobody has asked for it, after a wait. */
export async function cancelItselfLater(where: string): Promise<never> {
  await sleep(0.001);
  return cancelItself(where);
}

/** Returns what cannot be sent. */
export function uncloneable(): unknown {
  return { f: () => 1 };
}

/** Returns bytes that are moved. */
export function move(n: number): Uint8Array {
  const bytes = new Uint8Array(n).fill(7);
  return transfer(bytes, [bytes.buffer]);
}

/** Counts bytes. */
export function size(bytes: Uint8Array): number {
  return bytes.length;
}

/** Returns a value after some seconds. */
export async function slow<T>(seconds: number, value: T): Promise<T> {
  await sleep(seconds);
  return value;
}

/** Returns a value after some seconds, as a generator. */
export function* slowGenerator<T>(seconds: number, value: T): Coro<T> {
  yield* sleep(seconds);
  return value;
}

/** Logs its start and its end. */
export async function logged(
  where: string,
  seconds: number,
  name: string,
): Promise<string> {
  log(where, `start ${name}`);
  try {
    await sleep(seconds);
    return name;
  } catch (error) {
    log(where, `${(error as Error).name} ${name}`);
    throw error;
  } finally {
    log(where, `end ${name}`);
  }
}

/** Waits, and cleans up. */
export async function cleanup(where: string, seconds: number): Promise<string> {
  log(where, "start");
  try {
    await sleep(3600);
    return "never";
  } finally {
    log(where, "cleaning");
    await sleep(seconds);
    log(where, "clean");
  }
}

/** Waits, and cleans up, as a generator. */
export function* cleanupGenerator(
  where: string,
  seconds: number,
): Coro<string> {
  log(where, "start");
  try {
    yield* sleep(3600);
    return "never";
  } finally {
    log(where, "cleaning");
    yield* sleep(seconds);
    log(where, "clean");
  }
}

/** Swallows its cancel. */
export async function swallow(where: string): Promise<string> {
  log(where, "start");
  try {
    await sleep(3600);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
  return "all the same";
}

/** Swallows its cancel, as a generator. */
export function* swallowGenerator(where: string): Coro<string> {
  log(where, "start");
  try {
    yield* sleep(3600);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
  return "all the same";
}

/** Fails while it cleans up. */
export async function failingCleanup(where: string): Promise<void> {
  log(where, "start");
  try {
    await sleep(3600);
  } catch {
    throw new RangeError("The clean-up failed");
  }
}

/** Fails while it cleans up, as a generator. */
export function* failingCleanupGenerator(where: string): Coro<void> {
  log(where, "start");
  try {
    yield* sleep(3600);
  } catch {
    throw new RangeError("The clean-up failed");
  }
}

/** Asks in a loop whether it was cancelled. */
export function spin(where: string): void {
  log(where, "start");
  try {
    for (;;) checkCancelled();
  } finally {
    log(where, "clean");
  }
}

/** Asks in a loop whether it was cancelled, and waits in its clean-up. */
export async function spinAndWait(where: string): Promise<void> {
  log(where, "start");
  try {
    for (;;) checkCancelled();
  } finally {
    await sleep(0.05);
    log(where, "clean");
  }
}

/** The same after a wait. */
export async function waitAndSpin(where: string): Promise<void> {
  await sleep(0);
  await spinAndWait(where);
}

/** The same as a generator. */
export function* spinGenerator(where: string): Coro<void> {
  log(where, "start");
  try {
    yield* sleep(0);
    for (;;) checkCancelled();
  } finally {
    yield* sleep(0.05);
    log(where, "clean");
  }
}

// So long that a cancel mostly comes in the middle.
async function hostTurns(): Promise<void> {
  for (let i = 0; i < 200; i++) await hostTurn();
}

/** Asks between waits for the host, and waits in its clean-up. */
export async function hostAndCheck(where: string): Promise<void> {
  log(where, "start");
  try {
    for (;;) {
      await hostTurns();
      checkCancelled();
    }
  } finally {
    await sleep(0.05);
    log(where, "clean");
  }
}

/** Asks beside an async function that waits, and catches what comes of both. */
export async function checkBeside(where: string): Promise<string> {
  const waits = async () => {
    try {
      await sleep(3600);
    } finally {
      log(where, "clean");
    }
  };
  const beside = waits();
  await sleep(0);
  log(where, "start");
  try {
    for (;;) checkCancelled();
  } catch {
    // It is to end by itself.
  }
  await Promise.allSettled([beside]);
  return "refused";
}

/** Never ends, and never waits. */
export function stubborn(where: string): void {
  log(where, "start");
  for (;;);
}

/** Ignores its cancel. Not for ever, as an executor that cannot kill leaves it to its loop. */
export async function stubbornAsync(where: string): Promise<void> {
  log(where, "start");
  for (let i = 0; i < 2000; i++) {
    try {
      await sleep(0.01);
    } catch {
      log(where, "ignored");
    }
  }
}

/** Waits for the signal of its task. */
export async function bySignal(where: string): Promise<void> {
  log(where, "start");
  const { signal } = currentTask()!;
  const { promise, reject } = deferred<never>();
  const unlink = linkSignal(signal, {
    cancel() {
      log(where, `aborted ${signal.reason.name}`);
      reject(signal.reason);
      return true;
    },
  });
  try {
    await promise;
  } finally {
    unlink();
  }
}

/** Waits for tasks of its own. */
export async function children(where: string): Promise<void> {
  await taskGroup(function* (group) {
    for (const name of ["a", "b"]) {
      group.createTask(async () => {
        log(where, `start ${name}`);
        try {
          await sleep(3600);
        } finally {
          await sleep(0.005);
          log(where, `clean ${name}`);
        }
      });
    }
  });
}

/** Ends its worker, once what the jobs before it have said is under way. */
export async function crash(where?: string): Promise<void> {
  if (where !== undefined) log(where, "start");
  await sleep(0.05);
  (globalThis as Host).process?.exit(7);
  // A web worker: it ends when it comes to rest.
  (globalThis as unknown as { close(): void }).close();
  return new Promise(() => {});
}

/** Leaves a rejection that nobody handles, and waits. */
export async function reject(): Promise<void> {
  Promise.reject(new Error("Stray"));
  await sleep(3600);
}

/** Tells what the job knows of itself. */
export function info(): { name: string; deadline: number | undefined } {
  const { name, deadline } = currentJob()!;
  return { name, deadline };
}

/** Tells its name, after a wait. */
export async function infoAfterWait(): Promise<string | undefined> {
  await sleep(0.001);
  return currentJob()?.name;
}

/** Yields numbers. */
export async function* count(
  n: number,
  where?: string,
): AsyncGenerator<number, string> {
  try {
    for (let i = 0; i < n; i++) {
      if (where !== undefined) log(where, `yield ${i}`);
      yield i;
    }
    return "end";
  } finally {
    if (where !== undefined) log(where, "finally");
  }
}

/** Yields numbers, then fails. */
export async function* failing(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) yield i;
  throw new RangeError("After the values");
}

/** Yields bytes that are moved. */
export async function* chunks(
  n: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < n; i++) {
    const bytes = new Uint8Array(length).fill(i);
    yield transfer(bytes, [bytes.buffer]);
  }
}

/** Yields a value that cannot be sent. */
export async function* uncloneableValues(
  where: string,
): AsyncGenerator<unknown> {
  try {
    yield 1;
    yield () => 1;
  } finally {
    log(where, "finally");
  }
}

/** Yields without an end, and waits in its clean-up. */
export async function* endless(where: string): AsyncGenerator<number> {
  log(where, "start");
  try {
    for (let i = 0;; i++) yield i;
  } finally {
    await sleep(0.05);
    log(where, "clean");
  }
}

/** Yields a number, and waits. */
export async function* waitingStream(where: string): AsyncGenerator<number> {
  try {
    yield 1;
    await sleep(3600);
  } finally {
    log(where, "finally");
  }
}

/** Yields between waits for the host, and waits in its clean-up. */
export async function* hostStream(where: string): AsyncGenerator<number> {
  log(where, "start");
  try {
    for (let i = 0;; i++) {
      await hostTurns();
      yield i;
    }
  } finally {
    await sleep(0.05);
    log(where, "clean");
  }
}

/** Catches its cancel, and yields on. */
export async function* refusingStream(
  where: string,
): AsyncGenerator<string, string> {
  try {
    log(where, "start");
    await sleep(3600);
  } catch {
    // It gives what it has.
  }
  yield "the rest";
  return "end";
}
