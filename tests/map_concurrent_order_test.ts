/**
 * When jobs begin: in the order of the source, whatever they wait for, and not too far ahead.
 */
import { assert, assertEquals } from "@std/assert";
import {
  coroutine,
  eagerTaskFactory,
  getRunningLoop,
  mapConcurrent,
  Queue,
  sleep,
} from "../mod.ts";
import { inBoth, type Program, type Style, wait } from "./cpython/_program.ts";

const ITEMS = [0, 1, 2, 3, 4, 5, 6];

type Wait = (item: number) => Generator<unknown, unknown, unknown>;

/** Waits as long as its job does. */
const WAITS: Readonly<Record<string, Wait>> = {
  *"do not wait"() {},
  *"wait for a turn"() {
    yield* wait(sleep(0));
  },
  *"wait now and then"(item) {
    if (item % 3 === 1) yield* wait(sleep(1));
  },
};

/** Runs jobs, and gives the items in the order in which their jobs began. */
function* begun(
  style: Style,
  source: Iterable<number> | AsyncIterable<number>,
  waits: Wait,
  form: "function" | "coroutine" = "function",
): Program<number[]> {
  const items: number[] = [];
  const body = style.fn(function* (item: number): Program<void> {
    items.push(item);
    yield* waits(item);
  });
  const job = form === "function" ? body : coroutine(body);
  yield* wait(
    mapConcurrent(source, job as typeof body, { limit: 3 }).collect(),
  );
  return items;
}

async function* slowly(): AsyncGenerator<number, void, unknown> {
  for (const item of ITEMS) {
    if (item % 2 === 1) await sleep(1);
    yield item;
  }
}

for (const [name, waits] of Object.entries(WAITS)) {
  inBoth(
    `mapConcurrent() begins jobs that ${name} in the order of the source`,
    function* (style) {
      for (const form of ["function", "coroutine"] as const) {
        assertEquals(yield* begun(style, ITEMS, waits, form), ITEMS);
        assertEquals(yield* begun(style, slowly(), waits, form), ITEMS);
      }
      getRunningLoop().setTaskFactory(eagerTaskFactory);
      assertEquals(yield* begun(style, ITEMS, waits), ITEMS);
      assertEquals(yield* begun(style, slowly(), waits), ITEMS);
    },
  );
}

inBoth(
  "mapConcurrent() begins jobs in the order of a queue that they fill themselves",
  function* (style) {
    const queue = new Queue<number>();
    queue.putNowait(1);
    const items = yield* begun(style, queue, function* (item) {
      yield* wait(sleep(1));
      if (item < 4) {
        queue.putNowait(2 * item);
        queue.putNowait(2 * item + 1);
      }
      if (item === 7) queue.shutdown();
    });
    assertEquals(items, [1, 2, 3, 4, 5, 6, 7]);
  },
);

inBoth(
  "mapConcurrent() gives results of jobs that do not wait in the order of the source, ordered or not",
  function* (style) {
    for (const ordered of [true, false]) {
      const job = style.fn(function* (item: number): Program<number> {
        return item;
      });
      const map = mapConcurrent(ITEMS, job, { limit: 3, ordered });
      assertEquals(yield* wait(map.collect()), ITEMS);
    }
  },
);

inBoth(
  "mapConcurrent() with eager tasks begins not more than its limit ahead, and then as many at once",
  function* (style) {
    getRunningLoop().setTaskFactory(eagerTaskFactory);
    let begun = 0;
    let taken = 0;
    let running = 0;
    let most = 0;
    const job = style.fn(function* (item: number): Program<void> {
      begun++;
      assert(begun <= taken + 3, `${begun}, ${taken}`);
      most = Math.max(most, ++running);
      // The first ones are done at once.
      if (item > 2) yield* wait(sleep(1));
      running--;
    });
    const items = [...ITEMS, 7, 8, 9];
    yield* wait(
      mapConcurrent(items, job, { limit: 3 }).forEach(() => void taken++),
    );
    assertEquals([begun, taken, most], [10, 10, 3]);
  },
);
