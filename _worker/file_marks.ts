/**
 * The marks of jobs in a process, which shares no memory with its pool: a file that both
 * hold, without a name. What a process has written there stays when it is killed.
 *
 * A file has no compare-exchange. So each side has a place of its own for each slot, and
 * writes there before it reads the other's: when both act at once, one of them sees it, or
 * both do. Then the job stays where it is, and the worker says that it has not begun it.
 *
 * @module
 */
import { builtin, isGranted, isWindows } from "../_host/environment.ts";
import { hostTime } from "../_executor/host_timer.ts";
import type { PoolMarks, WorkerMarks } from "./marks.ts";

// How old what a process knows of its cancel may be, in seconds: a look costs 3 µs.
const LONGEST_UNSEEN = 0.001;

interface Files {
  openSync(path: string, flags: string, mode: number): number;
  unlinkSync(path: string): void;
  closeSync(descriptor: number): void;
  readonly writeSync: MoveBytes;
  readonly readSync: MoveBytes;
}

type MoveBytes = (
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => number;

/**
 * Each slot has two places: the job that has begun there, and one that shall not run; a
 * negative one has begun and shall end.
 */
const Side = { Worker: 0, Pool: 1 } as const;
// No job has this number.
const NONE = 0;
const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Reads and writes the places. */
class Places {
  readonly #descriptor: number;
  readonly #files = builtin<Files>("node:fs")!;
  readonly #number = new Float64Array(1);
  readonly #bytes = new Uint8Array(this.#number.buffer);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(slot: number, side: number): number {
    this.#number[0] = NONE;
    const at = BYTES * (2 * slot + side);
    this.#files.readSync(this.#descriptor, this.#bytes, 0, BYTES, at);
    return this.#number[0];
  }

  write(slot: number, side: number, id: number): void {
    this.#number[0] = id;
    const at = BYTES * (2 * slot + side);
    this.#files.writeSync(this.#descriptor, this.#bytes, 0, BYTES, at);
  }

  close(): void {
    this.#files.closeSync(this.#descriptor);
  }
}

/** The marks of a process, as its pool has them. */
export class FilePoolMarks implements PoolMarks {
  /** The file, which the process is to be given. */
  readonly descriptor: number;
  readonly #places: Places;
  // What was written for each slot: a read is 1.5 µs.
  readonly #written: number[] = [];

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
    this.#places = new Places(descriptor);
  }

  /**
   * Makes the file; gives nothing where that may not be, and on Windows: there an open file
   * keeps its name, and a process may find another one at its place.
   */
  static open(): FilePoolMarks | undefined {
    if (isWindows()) return undefined;
    const path = freePath();
    if (path === undefined || !isAllowed(path)) return undefined;
    const { openSync, unlinkSync, closeSync } = builtin<Files>("node:fs")!;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      return new FilePoolMarks(descriptor);
    } catch {
      // No such folder, no room, no right.
      if (descriptor !== undefined) closeSync(descriptor);
      return undefined;
    }
  }

  send(slot: number, id: number): void {
    // It was here before, and was taken back.
    if (this.#written[slot] === id) this.#write(slot, NONE);
  }

  hasBegun(slot: number, id: number): boolean {
    return this.#places.read(slot, Side.Worker) === id;
  }

  takeBack(slot: number, id: number): boolean {
    if (this.hasBegun(slot, id)) return false;
    this.#write(slot, id);
    return !this.hasBegun(slot, id);
  }

  cancel(slot: number, id: number): void {
    this.#write(slot, -id);
  }

  #write(slot: number, value: number): void {
    this.#written[slot] = value;
    this.#places.write(slot, Side.Pool, value);
  }

  /** Lets go of the file. */
  close(): void {
    this.#places.close();
  }
}

/** The marks of a process, as it has them itself. */
export class FileWorkerMarks implements WorkerMarks {
  readonly #places: Places;
  readonly #onBroken: () => never;
  #seen = 0;

  /**
   * Takes the file.
   *
   * @param descriptor The file, as the process was given it.
   * @param onBroken Ends the process: what it begins could not be known any more.
   */
  constructor(descriptor: number, onBroken: () => never) {
    this.#places = new Places(descriptor);
    this.#onBroken = onBroken;
  }

  /** Whether the file can be read and written. */
  areKept(): boolean {
    try {
      this.#places.write(0, Side.Worker, -1);
      return this.#places.read(0, Side.Worker) === -1;
    } catch {
      return false;
    }
  }

  begin(slot: number, id: number): boolean {
    try {
      this.#places.write(slot, Side.Worker, id);
      if (this.#places.read(slot, Side.Pool) !== id) return true;
      // It may come again.
      this.#places.write(slot, Side.Worker, NONE);
      return false;
    } catch {
      // A job has closed it.
      return this.#onBroken();
    }
  }

  isCancelled(slot: number, id: number): boolean {
    const now = hostTime();
    if (now - this.#seen < LONGEST_UNSEEN) return false;
    this.#seen = now;
    return this.#places.read(slot, Side.Pool) === -id;
  }
}

function freePath(): string | undefined {
  try {
    const { tmpdir } = builtin<{ tmpdir(): string }>("node:os")!;
    const { join } = builtin<{ join(...parts: string[]): string }>(
      "node:path",
    )!;
    return join(tmpdir(), `asyncio-marks-${crypto.randomUUID()}`);
  } catch {
    return undefined;
  }
}

function isAllowed(path: string): boolean {
  return isGranted({ name: "read", path }) &&
    isGranted({ name: "write", path });
}
