/** Jobs of the tests of BullMQ: those of the kit, and some more. */
import { appendFileSync } from "node:fs";
import { exit } from "node:process";
import { RuntimeError } from "../errors.ts";
import { sleep } from "../sleep.ts";
import { currentJob } from "../worker.ts";
export * from "../_conformance/jobs.ts";
export { throwLibraryError } from "./_library_errors.ts";

/** Fails until it is tried for the third time. */
export function failTwice(): number {
  const { attempt } = currentJob()!;
  if (attempt < 3) throw new RuntimeError(`Attempt ${attempt}`);
  return attempt;
}

/** Tells what it is called, and how often it was begun. */
export function whoAmI(): { id: string | number; attempt: number } {
  const { id, attempt } = currentJob()!;
  return { id, attempt };
}

/** Ends its process when it is cancelled. */
export async function exitAtEnd(where: string, code: number): Promise<void> {
  appendFileSync(where, "start\n");
  try {
    await sleep(3600);
  } finally {
    exit(code);
  }
}

/** Holds its thread up. */
export function busy(seconds: number): string {
  const end = performance.now() + 1000 * seconds;
  let turns = 0;
  while (performance.now() < end) turns++;
  return turns > 0 ? "done" : "never";
}

/** Some wait, some compute. */
export async function work(k: number): Promise<number> {
  if (k % 3 === 0) await sleep(0.01);
  if (k % 7 === 0) busy(0.001);
  return 2 * k;
}

/** Yields numbers, slowly. */
export async function* slowly(
  n: number,
  seconds: number,
): AsyncGenerator<number, string> {
  for (let i = 0; i < n; i++) {
    await sleep(seconds);
    yield i;
  }
  return "end";
}

/** Gives what JSON would change. */
export function date(): Date {
  return new Date(0);
}

/** Yields what JSON would change. */
export async function* dates(where: string): AsyncGenerator<unknown> {
  try {
    yield 1;
    yield new Date(0);
    await sleep(3600);
  } finally {
    appendFileSync(where, "finally\n");
  }
}
