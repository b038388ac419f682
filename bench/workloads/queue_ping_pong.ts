/**
 * Handing a value to and fro through queues.
 *
 * @module
 */
import { asyncio, effect } from "../_peers.ts";
import { check, sumBelow, type Workload } from "../_workload.ts";
import { PromiseQueue } from "./_native.ts";

/** Two tasks and two queues of size 1. */
export const queuePingPong: Workload = {
  name: "queue-ping-pong",
  operation:
    "one round: a task puts a number into a queue of size 1 and gets it back from a " +
    "second one (native: a hand-written queue of promises)",
  bound:
    "how often a task is suspended: a `put` that has room and a `get` that finds an item cost " +
    "no turn under `yield*`, and always one under `await`",
  count: 200_000,
  targets: [
    { style: "generator", measure: "ratio", must: 1.2, aim: 0.8 },
    { style: "async", measure: "ratio", must: 5 },
  ],
  peers: {
    native: () => async (count) => {
      const pings = new PromiseQueue<number>(1);
      const pongs = new PromiseQueue<number>(1);
      async function server(): Promise<void> {
        for (let round = 0; round < count; round++) {
          await pongs.put(await pings.get());
        }
      }
      async function client(): Promise<number> {
        let total = 0;
        for (let round = 0; round < count; round++) {
          await pings.put(round);
          total += await pongs.get();
        }
        return total;
      }
      const [total] = await Promise.all([client(), server()]);
      check(total, sumBelow(count));
    },

    generator: async () => {
      const { gather, Queue, run } = await asyncio();
      return (count) =>
        run(function* () {
          const pings = new Queue<number>(1);
          const pongs = new Queue<number>(1);
          function* server() {
            for (let round = 0; round < count; round++) {
              yield* pongs.put(yield* pings.get());
            }
          }
          function* client() {
            let total = 0;
            for (let round = 0; round < count; round++) {
              yield* pings.put(round);
              total += yield* pongs.get();
            }
            return total;
          }
          const [total] = yield* gather(client(), server());
          check(total, sumBelow(count));
        });
    },

    async: async () => {
      const { gather, Queue, run } = await asyncio();
      return (count) =>
        run(async () => {
          const pings = new Queue<number>(1);
          const pongs = new Queue<number>(1);
          async function server(): Promise<void> {
            for (let round = 0; round < count; round++) {
              await pongs.put(await pings.get());
            }
          }
          async function client(): Promise<number> {
            let total = 0;
            for (let round = 0; round < count; round++) {
              await pings.put(round);
              total += await pongs.get();
            }
            return total;
          }
          const [total] = await gather(client, server);
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect, Queue } = await effect();
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const pings = yield* Queue.bounded<number>(1);
          const pongs = yield* Queue.bounded<number>(1);
          const server = Effect.gen(function* () {
            for (let round = 0; round < count; round++) {
              yield* Queue.offer(pongs, yield* Queue.take(pings));
            }
          });
          const client = Effect.gen(function* () {
            let total = 0;
            for (let round = 0; round < count; round++) {
              yield* Queue.offer(pings, round);
              total += yield* Queue.take(pongs);
            }
            return total;
          });
          const [total] = yield* Effect.all([client, server], {
            concurrency: "unbounded",
          });
          check(total, sumBelow(count));
        }));
    },
  },
};
