/**
 * What a program has so far while it is drawn, and the small draws: names, times, values.
 *
 * @module
 */
import type { Feature } from "./features.ts";
import type { Json } from "./program.ts";
import { Random } from "./random.ts";

const DELAYS = [0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 6, 8, 12];
const TIMEOUTS = [null, -1, 0, 0, 1, 1, 2, 2, 3, 4, 8];

/** A program while it is drawn. */
export class Draws {
  readonly seed: number;
  readonly random: Random;
  readonly without: ReadonlySet<Feature>;
  readonly objects: Record<string, [kind: string, ...args: Json[]]> = {};
  /** What stands whole above the current point: it may be awaited. */
  readonly awaitable: string[] = [];
  /** What has at least begun: it may be cancelled. */
  readonly cancellable: string[] = [];
  readonly tasks: string[] = [];
  readonly timeouts: string[] = [];
  /** Names of errors that handlers keep. */
  readonly kept: string[] = [];
  readonly groups: string[] = [];
  readonly handles: string[] = [];
  readonly callbacks: [future: string, callback: string][] = [];
  /** Whether cancels carry messages. */
  readonly hasMessages: boolean;
  /** Whether tasks start eagerly. */
  readonly isEager: boolean;
  /** How much more often than once the shared objects are used. */
  readonly crowd: number;
  names = 0;
  /** How many statements it may still get. */
  budget: number;

  constructor(seed: number, without: ReadonlySet<Feature>) {
    this.seed = seed;
    this.random = new Random(seed);
    this.without = without;
    this.hasMessages = this.may("message") && this.random.chance(0.5);
    this.isEager = this.may("eager") && this.random.chance(0.3);
    this.crowd = this.random.pick([1, 2, 4]);
    this.budget = this.random.between(8, 45);
  }

  may(feature: Feature | undefined): boolean {
    return feature === undefined || !this.without.has(feature);
  }

  name(prefix: string): string {
    return `${prefix}${this.names++}`;
  }

  objectsOf(kind: string): string[] {
    return Object.keys(this.objects).filter((name) =>
      this.objects[name]![0] === kind
    );
  }

  delay(): number {
    return this.random.pick(DELAYS);
  }

  timeLimit(): number | null {
    return this.random.pick(TIMEOUTS);
  }

  value(): number {
    return this.random.between(0, 9);
  }

  message(): string | null {
    return this.hasMessages && this.random.chance(0.7)
      ? `m${this.value()}`
      : null;
  }

  /** Cancelled, such a `gather` has a message by accident: see departures.md. */
  returnExceptions(): boolean {
    return !this.hasMessages && this.random.chance(0.7);
  }

  awaited(): string {
    return this.random.pick(this.awaitable);
  }

  /** The target of a cancel: anything begun, the canceller itself, or what may come to be. */
  target(): string {
    if (this.cancellable.length === 0 || this.random.chance(0.12)) {
      return "self";
    }
    if (this.random.chance(0.05)) {
      return `t${this.names + this.random.between(0, 3)}`;
    }
    return this.random.pick(this.cancellable);
  }

  taskTarget(): string {
    return this.tasks.length === 0 || this.random.chance(0.6)
      ? "self"
      : this.random.pick(this.tasks);
  }

  references(): string[] {
    return Array.from(
      { length: this.random.between(1, 3) },
      () => this.awaited(),
    );
  }
}
