/**
 * The primitives of a program, each with the model that judges it.
 *
 * @module
 */
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Future,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
} from "@asyncio/asyncio";
import {
  BarrierModel,
  ConditionModel,
  EventModel,
  FutureModel,
  must,
  PermitModel,
  QueueModel,
} from "./judge.ts";

/** What makes the primitives; a test of the judge gives some that have a fault. */
export interface Kit {
  readonly lock: () => Lock;
  readonly semaphore: (value: number) => Semaphore;
  readonly event: () => Event;
  readonly queue: (maxsize: number) => Queue<number>;
}

/** The library's. */
export const SOUND: Kit = {
  lock: () => new Lock(),
  semaphore: (value) => new Semaphore(value),
  event: () => new Event(),
  queue: (maxsize) => new Queue<number>(maxsize),
};

/** A primitive and its model, by its kind. */
export type Entry =
  | {
    readonly kind: "permits";
    readonly real: Lock | Semaphore;
    readonly model: PermitModel;
  }
  | { readonly kind: "event"; readonly real: Event; readonly model: EventModel }
  | {
    readonly kind: "condition";
    readonly real: Condition;
    readonly model: ConditionModel;
  }
  | {
    readonly kind: "queue";
    readonly real: Queue<number>;
    readonly model: QueueModel;
  }
  | {
    readonly kind: "barrier";
    readonly real: Barrier;
    readonly model: BarrierModel;
  }
  | {
    readonly kind: "future";
    readonly real: Future<number>;
    readonly model: FutureModel;
  };

/** Makes the primitive that a program names so, and its model. */
export function makeObject(
  kit: Kit,
  kind: string,
  args: readonly unknown[],
): Entry {
  const [first, second] = args as [never, never];
  switch (kind) {
    case "lock":
      return { kind: "permits", real: kit.lock(), model: new PermitModel(1) };
    case "semaphore":
      return {
        kind: "permits",
        real: kit.semaphore(first),
        model: new PermitModel(first),
      };
    case "bounded":
      return {
        kind: "permits",
        real: new BoundedSemaphore(first),
        model: new PermitModel(first),
      };
    case "event":
      return { kind: "event", real: kit.event(), model: new EventModel() };
    case "condition":
      return {
        kind: "condition",
        real: new Condition(),
        model: new ConditionModel(),
      };
    case "barrier":
      return {
        kind: "barrier",
        real: new Barrier(first),
        model: new BarrierModel(first),
      };
    case "future":
      return {
        kind: "future",
        real: new Future<number>(),
        model: new FutureModel(),
      };
  }
  const real = kind === "queue"
    ? kit.queue(second)
    : new (kind === "lifo" ? LifoQueue : PriorityQueue)<number>(second);
  return { kind: "queue", real, model: new QueueModel(first, second) };
}

/** Compares what the primitive says of itself with what its model says. */
export function compare(entry: Entry): void {
  const { real, model } = entry;
  const equal = (name: string, found: unknown, expected: unknown): void =>
    must(found === expected, `${real}: ${name} is ${found}, not ${expected}`);
  switch (entry.kind) {
    case "queue": {
      const { items, isFull } = entry.model;
      equal("qsize()", entry.real.qsize(), items.length);
      equal("empty()", entry.real.empty(), items.length === 0);
      return equal("full()", entry.real.full(), isFull);
    }
    case "event":
      return equal("isSet()", entry.real.isSet(), entry.model.isSet);
    case "future":
      return equal("done()", entry.real.done(), entry.model.isDone);
    case "permits":
      // A free one may be on its way to somebody.
      if (model.waits.length > 0) return;
      return equal("locked()", entry.real.locked(), entry.model.free === 0);
  }
}

/** Compares what can be compared when nothing is on its way. */
export function compareAtRest(entry: Entry): void {
  compare(entry);
  const { real, model } = entry;
  if (entry.kind !== "barrier") return;
  must(
    entry.real.nWaiting === model.waits.length,
    `${real}: nWaiting is ${entry.real.nWaiting}, not ${model.waits.length}`,
  );
}
