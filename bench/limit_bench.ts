/**
 * A few jobs at a time.
 *
 * @module
 */
import { mapConcurrent, run, Semaphore, sleep } from "@asyncio/asyncio";
import {
  asTask,
  nativeTasks,
  PromiseSemaphore,
  type Start,
  TURN,
} from "./_native.ts";
import {
  asyncTasks,
  below,
  check,
  generatorTasks,
  register,
  sum,
  sumBelow,
  type Workload,
} from "./_workload.ts";

const LIMIT = 64;

// With 64 workers, one resumption and one frame a job; who makes a task or promise a job
// up front pays as in spawn.
const limit: Workload = {
  name: "limit",
  operation:
    "a job that waits one turn and returns its number, at most 64 of them at a time " +
    "(`mapConcurrent`, all results `collect`ed; native: 64 hand-written workers that share an " +
    "index)",
  count: 100_000,
  must: { generator: 2, async: 5 },
  runs: {
    async native(count) {
      const results = new Array<number>(count);
      let next = 0;
      async function work(): Promise<void> {
        while (next < count) {
          const index = next++;
          results[index] = await jobNative(index);
        }
      }
      await Promise.all(Array.from({ length: LIMIT }, work));
      check(sum(results), sumBelow(count));
    },
    generator: (count) =>
      run(function* () {
        const results = yield* mapConcurrent(below(count), job, {
          limit: LIMIT,
        }).collect();
        check(sum(results), sumBelow(count));
      }),
    async: (count) =>
      run(async () => {
        const results = await mapConcurrent(below(count), jobAsync, {
          limit: LIMIT,
        }).collect();
        check(sum(results), sumBelow(count));
      }),
  },
};

/** A job of native promises. */
export async function jobNative(index: number): Promise<number> {
  await undefined;
  return index;
}

function* job(index: number) {
  yield* sleep(0);
  return index;
}

async function jobAsync(index: number): Promise<number> {
  await sleep(0);
  return index;
}

// Bound by the live tasks, nearly all of which wait: allocation and collection, as in spawn.
const semaphore: Workload = {
  name: "semaphore",
  operation:
    "a task that takes one of a semaphore's 64 permits, waits one turn, gives the permit " +
    "back and returns its number; 100,000 tasks made at once, joined by one `gather` (native: a " +
    "hand-written semaphore of promises)",
  count: 100_000,
  must: { generator: 1.5, async: 3 },
  runs: {
    native: (count) => semaphoreNative(count, undefined),
    least: (count) => semaphoreNative(count, TURN, asTask),
    generator: (count) =>
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
        yield* generatorTasks(count, child);
      }),
    inline: (count) =>
      run(function* () {
        const permits = new Semaphore(LIMIT);
        yield* generatorTasks(count, (index) =>
          function* () {
            yield* permits.acquire();
            try {
              yield* sleep(0);
              return index;
            } finally {
              permits.release();
            }
          });
      }),
    async: (count) =>
      run(async () => {
        const permits = new Semaphore(LIMIT);
        await asyncTasks(count, async (index) => {
          await permits.acquire();
          try {
            await sleep(0);
            return index;
          } finally {
            permits.release();
          }
        });
      }),
  },
};

async function semaphoreNative(
  count: number,
  turn: PromiseLike<void> | undefined,
  start?: Start,
): Promise<void> {
  const permits = new PromiseSemaphore(LIMIT);
  await nativeTasks(count, async (index) => {
    await permits.acquire();
    try {
      await turn;
      return index;
    } finally {
      permits.release();
    }
  }, start);
}

// Bound by the source, a stream of the host, and by a few awaits a row.
const etl: Workload = {
  name: "etl",
  operation:
    "a row of JSON is read from a stream, parsed, changed and stored, by three async " +
    "functions one after the other, at most 64 rows at a time (`mapConcurrent`; native: a " +
    "hand-written window of promises)",
  count: 50_000,
  must: { async: 2.5 },
  runs: {
    async native(count) {
      const window: Promise<number>[] = [];
      let total = 0;
      let oldest = 0;
      for await (const row of rows(count)) {
        window.push(store(row));
        if (window.length - oldest === LIMIT) total += await window[oldest++]!;
      }
      check(
        total + sum(await Promise.all(window.slice(oldest))),
        sumBelow(count),
      );
    },
    async: (count) =>
      run(async () => {
        let total = 0;
        const ids = mapConcurrent(rows(count), store, { limit: LIMIT });
        for await (const id of ids) total += id;
        check(total, sumBelow(count));
      }),
  },
};

interface Row {
  readonly id: number;
  readonly price: number;
}

function rows(count: number): ReadableStream<string> {
  let id = 0;
  return new ReadableStream({
    pull(controller) {
      if (id === count) return controller.close();
      const price = id / 7;
      controller.enqueue(JSON.stringify({ id: id++, name: "a row", price }));
    },
  });
}

async function store(text: string): Promise<number> {
  const row = await change(text);
  await undefined;
  return row.id;
}

async function change(text: string): Promise<Row> {
  const row = await parse(text);
  await undefined;
  return { ...row, price: Math.round(100 * row.price) };
}

async function parse(text: string): Promise<Row> {
  await undefined;
  return JSON.parse(text);
}

/** A few jobs at a time. */
export const workloads: readonly Workload[] = [limit, semaphore, etl];

register(workloads, 0.05);
