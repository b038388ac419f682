/**
 * A stream of items through a bounded queue.
 *
 * @module
 */
import { asyncio, effect } from "../_peers.ts";
import {
  check,
  sum,
  sumBelow,
  type Target,
  type Workload,
} from "../_workload.ts";
import { PromiseQueue } from "./_native.ts";

const MAXSIZE = 100;

/** One producer and one consumer. */
export const queueStream: Workload = stream(
  "queue-stream",
  1,
  "one item through a queue of size 100 (native: hand-written, of promises), from one producer " +
    "to one consumer",
  [
    { style: "generator", measure: "ratio", must: 1.2, aim: 0.8 },
    { style: "async", measure: "ratio", must: 6 },
  ],
);

/** Ten producers and ten consumers. */
export const queueStream10: Workload = stream(
  "queue-stream-10",
  10,
  "the same from ten producers to ten consumers",
  [
    { style: "generator", measure: "ratio", must: 1.3, aim: 0.9 },
    { style: "async", measure: "ratio", must: 6 },
  ],
);

function stream(
  name: string,
  pairs: number,
  operation: string,
  targets: readonly Target[],
): Workload {
  return {
    name,
    operation,
    bound:
      "how often a task is suspended, as in queue-ping-pong: here nearly every `put` has " +
      "room and nearly every `get` finds an item",
    count: 500_000,
    targets,
    peers: {
      native: () => {
        async function produce(
          queue: PromiseQueue<number>,
          count: number,
        ): Promise<void> {
          for (let item = 0; item < count; item++) await queue.put(item);
        }
        async function consume(
          queue: PromiseQueue<number>,
          count: number,
        ): Promise<number> {
          let total = 0;
          for (let item = 0; item < count; item++) total += await queue.get();
          return total;
        }
        return async (count) => {
          const share = count / pairs;
          const queue = new PromiseQueue<number>(MAXSIZE);
          const producers = [];
          const consumers = [];
          for (let pair = 0; pair < pairs; pair++) {
            producers.push(produce(queue, share));
            consumers.push(consume(queue, share));
          }
          await Promise.all(producers);
          check(sum(await Promise.all(consumers)), pairs * sumBelow(share));
        };
      },

      generator: async () => {
        const { createTask, gather, Queue, run } = await asyncio();
        return (count) =>
          run(function* () {
            const share = count / pairs;
            const queue = new Queue<number>(MAXSIZE);
            function* produce() {
              for (let item = 0; item < share; item++) yield* queue.put(item);
            }
            function* consume() {
              let total = 0;
              for (let item = 0; item < share; item++) {
                total += yield* queue.get();
              }
              return total;
            }
            const producers = [];
            const consumers = [];
            for (let pair = 0; pair < pairs; pair++) {
              producers.push(createTask(produce()));
              consumers.push(createTask(consume()));
            }
            yield* gather(producers);
            check(sum(yield* gather(consumers)), pairs * sumBelow(share));
          });
      },

      async: async () => {
        const { createTask, gather, Queue, run } = await asyncio();
        return (count) =>
          run(async () => {
            const share = count / pairs;
            const queue = new Queue<number>(MAXSIZE);
            async function produce(): Promise<void> {
              for (let item = 0; item < share; item++) await queue.put(item);
            }
            async function consume(): Promise<number> {
              let total = 0;
              for (let item = 0; item < share; item++) {
                total += await queue.get();
              }
              return total;
            }
            const producers = [];
            const consumers = [];
            for (let pair = 0; pair < pairs; pair++) {
              producers.push(createTask(produce));
              consumers.push(createTask(consume));
            }
            await gather(producers);
            check(sum(await gather(consumers)), pairs * sumBelow(share));
          });
      },

      effect: async () => {
        const { Effect, Fiber, Queue } = await effect();
        return (count) =>
          Effect.runPromise(Effect.gen(function* () {
            const share = count / pairs;
            const queue = yield* Queue.bounded<number>(MAXSIZE);
            const produce = Effect.gen(function* () {
              for (let item = 0; item < share; item++) {
                yield* Queue.offer(queue, item);
              }
            });
            const consume = Effect.gen(function* () {
              let total = 0;
              for (let item = 0; item < share; item++) {
                total += yield* Queue.take(queue);
              }
              return total;
            });
            const producers = [];
            const consumers = [];
            for (let pair = 0; pair < pairs; pair++) {
              producers.push(yield* Effect.forkChild(produce));
              consumers.push(yield* Effect.forkChild(consume));
            }
            yield* Fiber.joinAll(producers);
            check(
              sum(yield* Fiber.joinAll(consumers)),
              pairs * sumBelow(share),
            );
          }));
      },
    },
  };
}
