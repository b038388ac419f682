import { assertEquals, assertThrows } from "@std/assert";
import {
  createTask,
  gather,
  type Ordered,
  type OrderOptions,
  PriorityQueue,
  type PriorityQueueOptions,
  type Queue,
  sleep,
} from "../mod.ts";
import { runTest } from "../testing.ts";

function sorted<T>(
  items: readonly T[],
  options?: PriorityQueueOptions<T>,
): T[] {
  const queue = new PriorityQueue<T>(0, options as OrderOptions<T>);
  for (const item of items) queue.putNowait(item);
  return items.map(() => queue.getNowait());
}

// A linear congruential generator: the same numbers each time.
function numbers(count: number): number[] {
  let seed = 1;
  return Array.from(
    { length: count },
    () => seed = (seed * 16807) % 2147483647,
  );
}

Deno.test("PriorityQueue sorts numbers, bigints, strings and dates", () => {
  assertEquals(sorted([3, -Infinity, 2.5, 1e9]), [-Infinity, 2.5, 3, 1e9]);
  assertEquals(sorted<number | bigint>([3, 2n, 1]), [1, 2n, 3]);
  assertEquals(sorted(["b", "", "B", "ab"]), ["", "B", "ab", "b"]);
  assertEquals(sorted([new Date(2), new Date(1)]), [new Date(1), new Date(2)]);
  assertEquals(sorted([true, false]), [false, true]);
});

Deno.test("PriorityQueue sorts arrays element by element", () => {
  const items = [[2, "a"], [1, "b"], [1, "a", 0], [1, "a"], [1]];
  assertEquals(sorted<(string | number)[]>(items), [
    [1],
    [1, "a"],
    [1, "a", 0],
    [1, "b"],
    [2, "a"],
  ]);
  assertEquals(sorted([[[2], 0], [[1], 1]]), [[[1], 1], [[2], 0]]);
});

Deno.test("PriorityQueue never compares an element with itself", () => {
  const job = {};
  assertEquals(sorted([[2, job, 1], [2, job, 0]]), [[2, job, 0], [2, job, 1]]);
});

Deno.test("PriorityQueue sorts ten thousand numbers", () => {
  const items = numbers(10_000);
  assertEquals(sorted(items), items.toSorted((a, b) => a - b));
});

Deno.test("PriorityQueue sorts by a comparator", () => {
  const items = numbers(100).map((rank) => ({ rank }));
  const compare = (a: { rank: number }, b: { rank: number }) => b.rank - a.rank;
  assertEquals(sorted(items, { compare }), items.toSorted(compare));
});

Deno.test("PriorityQueue gives equals in the order of CPython's heapq", () => {
  const items = numbers(40).map((rank, id) => [rank % 4, id] as const);
  type Item = typeof items[number];
  const compare = (a: Item, b: Item) => a[0] - b[0];
  const ids = sorted(items, { compare }).map(([, id]) => id);
  // Printed by CPython 3.13.0 for the same numbers.
  assertEquals(
    ids.join(),
    "5,6,28,12,24,10,19,18,32,30,1,2,25,11,23,21,22,9,39,17,37,35,4,13,7,27,3,34,31,14,0,38,33,20,26,29,36,15,8,16",
  );
});

Deno.test("PriorityQueue refuses items without an order, and keeps the others", () => {
  for (
    const [known, odd] of [[1, "1"], [1, {}], [1, NaN], [[1], 1], ["", null]]
  ) {
    const queue: Queue<unknown> = new PriorityQueue<Ordered>();
    queue.putNowait(known);
    assertThrows(() => queue.putNowait(odd), TypeError, "Cannot order");
    assertEquals(queue.qsize(), 1);
    assertEquals(queue.getNowait(), known);
  }
  const queue = new PriorityQueue<[number, object]>();
  queue.putNowait([1, {}]);
  const error = assertThrows(() => queue.putNowait([1, {}]), TypeError);
  assertEquals(
    error.message,
    "Cannot order {} and {}: numbers, strings or arrays of them were expected, or the option compare",
  );
});

Deno.test("PriorityQueue loses no item to a comparator that throws", () => {
  let broken = false;
  const compare = (a: number, b: number) => {
    if (broken && (a === 5 || b === 5)) throw new RangeError("broken");
    return a - b;
  };
  const queue = new PriorityQueue<number>(0, { compare });
  const items = [4, 1, 5, 7, 2, 9, 3, 8, 6, 0];
  for (const item of items) queue.putNowait(item);
  let failures = 0;
  for (let i = 0; i < 9; i++) {
    broken = true;
    try {
      assertEquals(queue.getNowait(), i);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failures++;
      broken = false;
      assertEquals(queue.qsize(), 10 - i);
      assertEquals(queue.getNowait(), i);
    }
  }
  assertEquals(failures > 0, true);
  assertEquals(queue.getNowait(), 9);
});

Deno.test("PriorityQueue() takes a function as comparator", () => {
  const options = { compare: 1 } as unknown as PriorityQueueOptions<number>;
  const error = assertThrows(() => new PriorityQueue(0, options), TypeError);
  assertEquals(
    error.message,
    "Cannot make a PriorityQueue: compare must be a function, got 1",
  );
});

Deno.test("PriorityQueue gives an item to the next who waits where a comparator throws", () =>
  runTest(async () => {
    let broken = false;
    const compare = (a: number, b: number) => {
      if (!broken) return a - b;
      broken = false;
      throw new RangeError("broken");
    };
    const queue = new PriorityQueue<number>(0, { compare });
    const getting = gather(
      [1, 2, 3, 4].map(() => createTask(queue.get())),
      { returnExceptions: true },
    );
    await sleep(0);
    for (const item of [1, 2, 3]) queue.putNowait(item);
    broken = true;
    const [failed, ...items] = await getting;
    assertEquals(String(failed), "RangeError: broken");
    assertEquals(items, [1, 2, 3]);
  }));

Deno.test("PriorityQueue gives room to the next who waits where a comparator throws", () =>
  runTest(async () => {
    const compare = (a: number, b: number) => {
      if (a < 0 || b < 0) throw new RangeError("negative");
      return a - b;
    };
    const queue = new PriorityQueue<number>(2, { compare });
    queue.putNowait(1);
    queue.putNowait(2);
    const bad = createTask(queue.put(-1));
    const good = createTask(queue.put(3));
    await sleep(0);
    assertEquals(await queue.get(), 1);
    const outcomes = await gather([bad, good], { returnExceptions: true });
    assertEquals(String(outcomes[0]), "RangeError: negative");
    assertEquals([queue.getNowait(), queue.getNowait()], [2, 3]);
  }));
