/**
 * A task a job, a few at a time.
 *
 * @module
 */
import { asyncio, effect } from "../_peers.ts";
import { check, type Run, sum, sumBelow, type Workload } from "../_workload.ts";
import { inContext, plainly, PromiseSemaphore, type Start } from "./_native.ts";

const LIMIT = 64;

/** Tasks through a semaphore of 64. */
export const semaphore: Workload = {
  name: "semaphore",
  operation:
    "a task that takes one of a semaphore's 64 permits, waits one turn, gives the permit " +
    "back and returns its number; 100,000 tasks made at once, joined by one `gather` (native: a " +
    "hand-written semaphore of promises)",
  bound:
    "the live tasks, nearly all parked: allocation and scavenging, as in spawn",
  count: 100_000,
  targets: [
    { style: "generator", measure: "ratio", must: 1.5, aim: 1.0 },
    { style: "async", measure: "ratio", must: 3 },
  ],
  peers: {
    native: () => native(plainly),
    context: () => native(inContext),

    generator: async () => {
      const { createTask, gather, run, Semaphore, sleep } = await asyncio();
      return (count) =>
        run(function* () {
          const permits = new Semaphore(LIMIT);
          function* child(index: number) {
            yield* permits.acquire();
            try {
              yield* sleep(0);
              return index;
            } finally {
              permits.release();
            }
          }
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(child(index)));
          }
          check(sum(yield* gather(tasks)), sumBelow(count));
        });
    },

    async: async () => {
      const { createTask, gather, run, Semaphore, sleep } = await asyncio();
      return (count) =>
        run(async () => {
          const permits = new Semaphore(LIMIT);
          async function child(index: number): Promise<number> {
            await permits.acquire();
            try {
              await sleep(0);
              return index;
            } finally {
              permits.release();
            }
          }
          const tasks = [];
          for (let index = 0; index < count; index++) {
            tasks.push(createTask(() => child(index)));
          }
          check(sum(await gather(tasks)), sumBelow(count));
        });
    },

    effect: async () => {
      const { Effect, Fiber, Semaphore } = await effect();
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          const permits = yield* Semaphore.make(LIMIT);
          const work = Effect.fnUntraced(function* (index: number) {
            yield* Effect.yieldNow;
            return index;
          });
          const fibers = [];
          for (let index = 0; index < count; index++) {
            fibers.push(
              yield* Effect.forkChild(
                Semaphore.withPermit(permits, work(index)),
              ),
            );
          }
          check(sum(yield* Fiber.joinAll(fibers)), sumBelow(count));
        }));
    },
  },
};

function native(start: Start): Run {
  return async (count) => {
    const permits = new PromiseSemaphore(LIMIT);
    async function child(index: number): Promise<number> {
      await permits.acquire();
      try {
        await undefined;
        return index;
      } finally {
        permits.release();
      }
    }
    const promises: Promise<number>[] = [];
    for (let index = 0; index < count; index++) {
      promises.push(start(child, index));
    }
    check(sum(await Promise.all(promises)), sumBelow(count));
  };
}
