/** Jobs of the tests of executors. */
import { openSync, readSync, writeSync } from "node:fs";
import process from "node:process";
import { checkCancelled } from "../worker.ts";
import { sleep } from "../sleep.ts";
import { createTask } from "../create_task.ts";
import { createSubprocessExec } from "../subprocess.ts";
import { ODD_ERRORS } from "./_odd_errors.ts";

export { throwLibraryError } from "./_library_errors.ts";

export function double(x: number): number {
  return 2 * x;
}

export function count(bytes: Uint8Array): number {
  return bytes.length;
}

export async function slow<T>(seconds: number, value: T): Promise<T> {
  await sleep(seconds);
  return value;
}

export function busy(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let n = 0;
  while (performance.now() < end) n++;
  return n;
}

export function spin(flag: SharedArrayBuffer): void {
  const marks = new Int32Array(flag);
  Atomics.store(marks, 0, 1);
  try {
    for (;;) checkCancelled();
  } finally {
    Atomics.store(marks, 1, 1);
  }
}

/** Counts itself. */
export function countUp(counter: SharedArrayBuffer): void {
  const marks = new Int32Array(counter);
  Atomics.add(marks, 0, 1);
  Atomics.notify(marks, 0);
}

/** Holds its thread up until so many have counted themselves; gives up after a minute. */
export function holdUntil(counter: SharedArrayBuffer, count: number): boolean {
  const marks = new Int32Array(counter);
  const end = Date.now() + 60_000;
  for (;;) {
    const there = Atomics.load(marks, 0);
    if (there === count) return true;
    if (Date.now() >= end) return false;
    Atomics.wait(marks, 0, there, 1000);
  }
}

export async function cleanup(flag: SharedArrayBuffer): Promise<void> {
  const marks = new Int32Array(flag);
  Atomics.store(marks, 0, 1);
  try {
    await sleep(3600);
  } finally {
    await sleep(0.001);
    Atomics.store(marks, 1, 1);
  }
}

// Leaves a task behind.
export function leave(flag: SharedArrayBuffer): void {
  const marks = new Int32Array(flag);
  createTask(async () => {
    Atomics.store(marks, 0, 1);
    try {
      await sleep(3600);
    } finally {
      await sleep(0.001);
      Atomics.store(marks, 1, 1);
    }
  });
}

export function failOddly(name: string): never {
  throw ODD_ERRORS[name]![0]();
}

export function exit(code: number): never {
  process.exit(code);
}

export function fillMemory(): number {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}

/** Is no function. */
export const value = 5;

/** Never gives its worker back. */
export function block(): never {
  for (;;);
}

/** Ends when it sees that it shall. */
export function spinOn(): never {
  for (;;) checkCancelled();
}

/** Hears nothing for five minutes, and says that it is still there then. */
export function outlive(): void {
  busy(300_000);
  writeSync(1, "still there\n");
}

/** Starts a process that writes to a file again and again, and never ends. */
export async function loopBeside(path: string): Promise<void> {
  const script = 'while :; do echo >> "$0"; sleep 0.05; done';
  await createSubprocessExec("sh", ["-c", script, path]);
  for (;;);
}

export function throwLater(): void {
  setTimeout(() => {
    throw new Error("Thrown by a timer");
  });
}

export function giveFunction(): unknown {
  return { f: () => {} };
}

export function giveChain(length: number): unknown {
  let link: unknown = "end";
  for (let i = 0; i < length; i++) link = { link };
  return link;
}

export async function* yieldChain(length: number): AsyncGenerator<unknown> {
  yield giveChain(length);
  await sleep(3600);
}

export async function* range(end: number): AsyncGenerator<number> {
  for (let i = 0; i < end; i++) yield i;
}

export function giveThrowingGetter(): unknown {
  return {
    get bad(): never {
      throw new Error("Thrown by a getter");
    },
  };
}

let countFile: number | undefined;

// Memory cannot be shared with processes. One job does not run in two of them at once.
function countInFile(path: string, k: number): void {
  countFile ??= openSync(path, "r+");
  const byte = new Uint8Array(1);
  readSync(countFile, byte, 0, 1, k);
  byte[0]!++;
  writeSync(countFile, byte, 0, 1, k);
}

/** Counts itself as begun, then takes some time in one of three ways. */
export function chaos(
  counts: SharedArrayBuffer | string,
  k: number,
): number | Promise<number> {
  if (typeof counts === "string") countInFile(counts, k);
  else Atomics.add(new Int32Array(counts), k, 1);
  if (k % 10 === 1) busy(0.5);
  return k % 10 === 0 ? slow(0.002, 2 * k) : 2 * k;
}

export function pid(): number {
  return process.pid;
}

/** As a program does that tells its parent that it is ready. */
export function tellParent(message: unknown): void {
  process.send?.(message);
}
