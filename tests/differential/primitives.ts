/**
 * The statements of locks, events, semaphores, conditions, barriers and queues.
 *
 * @module
 */
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  currentTask,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  type Task,
} from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Json } from "./program.ts";
import { type Guarded, Missing, type Wait, type Words } from "./words.ts";

const QUEUES = { fifo: Queue, lifo: LifoQueue, priority: PriorityQueue };

/** Makes a primitive. */
export function makePrimitive(
  kind: string,
  [first, second]: readonly Json[],
  lock: Lock | undefined,
): unknown {
  switch (kind) {
    case "lock":
      return new Lock();
    case "event":
      return new Event();
    case "semaphore":
      return new (second ? BoundedSemaphore : Semaphore)(first as number);
    case "condition":
      return new Condition(lock);
    case "barrier":
      return new Barrier(first as number);
    case "queue":
      return new QUEUES[first as keyof typeof QUEUES]<number>(second as number);
    default:
      throw new TypeError(`Cannot run a program: unknown object ${kind}`);
  }
}

/** Which tasks are inside a `with`, by lock. */
export class Sections {
  readonly #host: Interpreter;
  readonly #tasks = new Map<string, Task<unknown>[]>();

  /** Nobody is, at first. */
  constructor(host: Interpreter) {
    this.#host = host;
  }

  /** Notes that the task is inside a `with` until what this gives is disposed. */
  enter(name: string): Disposable {
    const lock = this.#lockOf(name);
    const task = currentTask(this.#host.loop)!;
    const tasks = this.#tasks.get(lock) ?? [];
    this.#tasks.set(lock, tasks);
    tasks.push(task);
    return {
      [Symbol.dispose]: () => void tasks.splice(tasks.indexOf(task), 1),
    };
  }

  /** Nobody may release the lock of another's `with`: see departures.md. */
  checkNobodyIn(name: string): void {
    if (this.#host.program.objects[name]![0] === "semaphore") return;
    if ((this.#tasks.get(this.#lockOf(name)) ?? []).length > 0) {
      throw new Missing();
    }
  }

  /** Nor may the lock of another's `with` be waited with. */
  checkNobodyElseIn(name: string): void {
    const task = currentTask(this.#host.loop)!;
    if (!this.#tasks.get(this.#lockOf(name))?.includes(task)) {
      this.checkNobodyIn(name);
    }
  }

  #lockOf(name: string): string {
    const [kind, lock] = this.#host.program.objects[name]!;
    return kind === "condition" && lock !== null ? lock as string : name;
  }
}

/** The words of primitives. */
export function primitiveWords(host: Interpreter): Words {
  const { sections } = host;
  const guarded = (name: string): Guarded => host.object(name);
  const event = (name: string): Event => host.object(name);
  const condition = (name: string): Condition => host.object(name);
  const barrier = (name: string): Barrier => host.object(name);
  const queue = (name: string): Queue<Json> => host.object(name);
  let count = 0;
  return {
    acts: {
      "count": (amount: number) => count += amount,
      "release": (name: string) => {
        sections.checkNobodyIn(name);
        return guarded(name).release();
      },
      "locked": (name: string) => guarded(name).locked(),
      "event.set": (name: string) => event(name).set(),
      "event.clear": (name: string) => event(name).clear(),
      "event.isSet": (name: string) => event(name).isSet(),
      "condition.notify": (name: string, most: number) =>
        condition(name).notify(most),
      "condition.notifyAll": (name: string) => condition(name).notifyAll(),
      "barrier.state": (name: string) => {
        const { parties, nWaiting, broken } = barrier(name);
        return [parties, nWaiting, broken];
      },
      "queue.putNowait": (name: string, item: Json) =>
        queue(name).putNowait(item),
      "queue.getNowait": (name: string) => queue(name).getNowait(),
      "queue.taskDone": (name: string) => queue(name).taskDone(),
      "queue.shutdown": (name: string, immediate: boolean) =>
        queue(name).shutdown({ immediate }),
      "queue.state": (
        name: string,
      ) => [queue(name).qsize(), queue(name).empty(), queue(name).full()],
    },
    waits: {
      "acquire": (name: string): Wait => ({
        on: guarded(name).acquire(),
        show: () => true,
      }),
      "event.wait": (name: string): Wait => ({ on: event(name).wait() }),
      "condition.wait": (name: string): Wait => {
        sections.checkNobodyElseIn(name);
        return { on: condition(name).wait() };
      },
      "condition.waitFor": (name: string, least: number): Wait => {
        sections.checkNobodyElseIn(name);
        return { on: condition(name).waitFor(() => count >= least) };
      },
      "barrier.wait": (name: string): Wait => ({ on: barrier(name).wait() }),
      "barrier.reset": (name: string): Wait => ({ on: barrier(name).reset() }),
      "barrier.abort": (name: string): Wait => ({ on: barrier(name).abort() }),
      "queue.put": (name: string, item: Json): Wait => ({
        on: queue(name).put(item),
      }),
      "queue.get": (name: string): Wait => ({ on: queue(name).get() }),
      "queue.join": (name: string): Wait => ({ on: queue(name).join() }),
    },
  };
}
