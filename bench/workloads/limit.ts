/**
 * Many jobs, a few at a time.
 *
 * @module
 */
import {
  asyncio,
  bluebird,
  effect,
  pLimit,
  pMap,
  pooledMap,
  pQueue,
} from "../_peers.ts";
import { check, sum, sumBelow, type Workload } from "../_workload.ts";

const LIMIT = 64;

/** Jobs through a limit of 64. */
export const limit: Workload = {
  name: "limit",
  operation:
    "a job that waits one turn and returns its number, at most 64 of them at a time " +
    "(`mapConcurrent`, all results `collect`ed; native: 64 hand-written workers that share an index)",
  bound:
    "with 64 workers, one resumption and one frame a job; who makes a task or promise a job " +
    "up front pays as in spawn",
  count: 100_000,
  targets: [
    { style: "generator", measure: "ratio", must: 2.0, aim: 1.2 },
    { style: "generator", measure: "p-map", must: 3 },
    { style: "generator", measure: "p-limit", must: 10 },
    { style: "async", measure: "ratio", must: 5 },
    { style: "async", measure: "p-map", must: 1 },
  ],
  peers: {
    native: () => async (count) => {
      const results = new Array<number>(count);
      let next = 0;
      async function work(): Promise<void> {
        while (next < count) {
          const index = next++;
          results[index] = await job(index);
        }
      }
      await Promise.all(Array.from({ length: LIMIT }, work));
      check(sum(results), sumBelow(count));
    },

    generator: async () => {
      const { mapConcurrent, run, sleep } = await asyncio();
      function* child(index: number) {
        yield* sleep(0);
        return index;
      }
      return (count) =>
        run(function* () {
          const results = yield* mapConcurrent(below(count), child, {
            limit: LIMIT,
          }).collect();
          check(sum(results), sumBelow(count));
        });
    },

    async: async () => {
      const { mapConcurrent, run, sleep } = await asyncio();
      async function child(index: number): Promise<number> {
        await sleep(0);
        return index;
      }
      return (count) =>
        run(async () => {
          const results = await mapConcurrent(below(count), child, {
            limit: LIMIT,
          }).collect();
          check(sum(results), sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect } = await effect();
      const child = Effect.fnUntraced(function* (index: number) {
        yield* Effect.yieldNow;
        return index;
      });
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const results = yield* Effect.forEach(below(count), child, {
            concurrency: LIMIT,
          });
          check(sum(results), sumBelow(count));
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      const resolved = Bluebird.resolve();
      const child = Bluebird.coroutine(function* (index: number) {
        yield resolved;
        return index;
      });
      return async (count) => {
        const results = await Bluebird.map([...below(count)], child, {
          concurrency: LIMIT,
        });
        check(sum(results), sumBelow(count));
      };
    },

    "p-limit": async () => {
      const limitTo = await pLimit();
      return async (count) => {
        const limited = limitTo(LIMIT);
        const promises: Promise<number>[] = [];
        for (const index of below(count)) promises.push(limited(job, index));
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },

    "p-map": async () => {
      const map = await pMap();
      return async (count) => {
        const results = await map(below(count), job, { concurrency: LIMIT });
        check(sum(results), sumBelow(count));
      };
    },

    "p-queue": async () => {
      const Queue = await pQueue();
      return async (count) => {
        const queue = new Queue({ concurrency: LIMIT });
        const promises: Promise<number>[] = [];
        for (const index of below(count)) {
          promises.push(queue.add(() => job(index)));
        }
        check(sum(await Promise.all(promises)), sumBelow(count));
      };
    },

    std: async () => {
      const map = await pooledMap();
      return async (count) => {
        let total = 0;
        for await (const result of map(LIMIT, below(count), job)) {
          total += result;
        }
        check(total, sumBelow(count));
      };
    },
  },
};

async function job(index: number): Promise<number> {
  await undefined;
  return index;
}

function* below(count: number): Generator<number, void> {
  for (let index = 0; index < count; index++) yield index;
}
