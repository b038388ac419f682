/**
 * The marks of jobs: memory that a pool and a worker share, where each sees what the other
 * has done with a job. So they agree on whether it has begun, and whoever is left of the
 * two knows.
 *
 * @module
 */

/** The marks, as a pool has them. */
export interface PoolMarks {
  /** Notes that a slot has a job from now on. */
  send(slot: number, id: number): void;
  /** Whether a job has begun. */
  hasBegun(slot: number, id: number): boolean;
  /** Takes a job back; false if it has begun, or may have. */
  takeBack(slot: number, id: number): boolean;
  /** Asks a job that has begun to end. */
  cancel(slot: number, id: number): void;
}

/** The marks, as a worker has them. */
export interface WorkerMarks {
  /** Begins a job; false if it was taken back. */
  begin(slot: number, id: number): boolean;
  /** Whether a job that has begun is asked to end. */
  isCancelled(slot: number, id: number): boolean;
}

/** A job's mark. Each side changes it by compare-exchange. */
const Mark = {
  /** It is in the worker's hands and has not begun. */
  Queued: 0,
  /** The worker has begun it. */
  Begun: 1,
  /** The pool has taken it back. */
  Withdrawn: 2,
  /** It has begun, and is asked to end. */
  Cancelling: 3,
} as const;

/** Marks in memory of which both sides have a view. */
export class SharedMarks implements PoolMarks, WorkerMarks {
  /** The marks, a job each. */
  readonly memory: Int32Array;

  /** Takes the memory from the other side. */
  constructor(memory: Int32Array) {
    this.memory = memory;
  }

  /**
   * Makes the memory.
   *
   * @param slots How many jobs have a mark.
   * @param isShared Whether the worker is another thread.
   */
  static make(slots: number, isShared: boolean): SharedMarks {
    return new SharedMarks(
      isShared
        ? new Int32Array(new SharedArrayBuffer(4 * slots))
        : new Int32Array(slots),
    );
  }

  send(slot: number): void {
    Atomics.store(this.memory, slot, Mark.Queued);
  }

  hasBegun(slot: number): boolean {
    return Atomics.load(this.memory, slot) !== Mark.Queued;
  }

  takeBack(slot: number): boolean {
    return this.#exchange(slot, Mark.Queued, Mark.Withdrawn);
  }

  cancel(slot: number): void {
    this.#exchange(slot, Mark.Begun, Mark.Cancelling);
  }

  begin(slot: number): boolean {
    return this.#exchange(slot, Mark.Queued, Mark.Begun);
  }

  isCancelled(slot: number): boolean {
    return Atomics.load(this.memory, slot) === Mark.Cancelling;
  }

  #exchange(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.memory, slot, from, to) === from;
  }
}
