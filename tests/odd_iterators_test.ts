/**
 * Iterators of users that are no good: each is refused by an error that says so, and what
 * the language takes for none is none.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  createTask,
  gather,
  iterate,
  mapConcurrent,
  sleep,
  StreamReader,
} from "@asyncio/asyncio";
import { runTest, TestLoop } from "@asyncio/asyncio/testing";

type Odd = Readonly<Record<string, unknown>>;

/** A source of three items, of which some members are odd. */
function asyncSource(members: Odd): AsyncIterable<Uint8Array> {
  let n = 0;
  const next = () =>
    Promise.resolve({ value: Uint8Array.of(10), done: ++n > 3 });
  const iterator = Object.create({ next }, descriptorsOf(members));
  return { [Symbol.asyncIterator]: () => iterator };
}

function syncSource(members: Odd): Iterable<() => Promise<void>> {
  let n = 0;
  const next = () => ({ value: () => Promise.resolve(), done: ++n > 3 });
  const iterator = Object.create({ next }, descriptorsOf(members));
  return { [Symbol.iterator]: () => iterator };
}

function descriptorsOf(members: Odd): PropertyDescriptorMap {
  return Object.getOwnPropertyDescriptors(members) as PropertyDescriptorMap;
}

const refuse = (): never => {
  throw new Error("asked for its return()");
};

/** What reads one item of a source and leaves it. */
const READERS: Record<
  string,
  (source: AsyncIterable<Uint8Array>) => Promise<void>
> = {
  "mapConcurrent()": async (source) => {
    for await (
      const _ of mapConcurrent(source, () => sleep(1), { limit: 1 })
    ) break;
  },
  "iterate()": async (source) => {
    for await (const _ of iterate(source)) break;
  },
};

for (const [name, leave] of Object.entries(READERS)) {
  for (const none of [null, undefined]) {
    Deno.test(`${name} takes a return of ${none} for none`, () =>
      runTest(() => leave(asyncSource({ return: none }))));
  }

  Deno.test(`${name} says that a return is no function`, () =>
    runTest(async () => {
      const error = await leave(asyncSource({ return: 5 })).catch((e) => e);
      assertInstanceOf(error, TypeError);
      assertEquals(
        error.message,
        "Cannot iterate: a list must give an iterator whose return is a function, " +
          'got {"return":5}',
      );
    }));

  for (const next of [5, undefined, null]) {
    Deno.test(`${name} says that next() is no function but ${next}`, () =>
      runTest(async () => {
        const error = await leave(asyncSource({ next })).catch((e) => e);
        assertInstanceOf(error, TypeError);
        assert(
          /an iterator with next\(\), got/.test(error.message),
          error.message,
        );
      }));
  }

  for (const result of [5, undefined, null, "text"]) {
    Deno.test(`${name} says that next() gives no result but ${result}`, () =>
      runTest(async () => {
        for (const next of [() => result, () => Promise.resolve(result)]) {
          const error = await leave(asyncSource({ next })).catch((e) => e);
          assertInstanceOf(error, TypeError);
          assert(
            /a result with done and value, got/.test(error.message),
            error.message,
          );
        }
      }));
  }

  Deno.test(`${name} asks for return only when it closes the source`, () =>
    runTest(async () => {
      let asked = 0;
      const source = asyncSource({
        get return() {
          asked++;
          return undefined;
        },
      });
      if (name === "iterate()") { for await (const _ of iterate(source)); }
      else {
        await mapConcurrent(source, () => sleep(1), { limit: 1 }).collect();
      }
      assertEquals(asked, 0);
    }));
}

Deno.test("mapConcurrent() that is cancelled reports what asking for return() throws", async () => {
  using loop = new TestLoop();
  await loop.runUntilComplete(async () => {
    const source = asyncSource({
      next: () => new Promise(() => {}),
      get return() {
        return refuse();
      },
    });
    const task = createTask(() =>
      mapConcurrent(source, () => sleep(1), { limit: 1 }).collect()
    );
    await sleep(1);
    assert(task.cancel());
    await task.catch(() => {});
    assert(task.cancelled());
  });
  const messages = loop.reports.map(({ exception }) =>
    (exception as Error).message
  );
  assertEquals(messages, ["asked for its return()"]);
  loop.reports.length = 0;
});

Deno.test("gather() with a limit takes a return of null for none, and reports another", async () => {
  using loop = new TestLoop();
  const failing = () => Promise.reject(new RangeError("child"));
  await loop.runUntilComplete(async () => {
    for (const close of [null, 5]) {
      const source = syncSource({
        next: () => ({ value: failing, done: false }),
        return: close,
      });
      const error = await gather(source, { limit: 1 }).then(() => {}, (e) => e);
      assertInstanceOf(error, RangeError);
      assertEquals(error.message, "child");
      const reports = loop.reports.splice(0);
      assertEquals(reports.length, close === null ? 0 : 1);
      for (const { exception } of reports) {
        assert(
          /whose return is a function/.test(`${exception}`),
          `${exception}`,
        );
      }
    }
  });
});

Deno.test("StreamReader.from() says that its source gives no result", () =>
  runTest(async () => {
    const reader = StreamReader.from(asyncSource({ next: () => undefined }));
    const error = await reader.read().then(() => undefined, (e) => e);
    assertInstanceOf(error, TypeError);
    assert(/a result with done and value/.test(error.message), error.message);
  }));

Deno.test("mapConcurrent() refuses what has no function for an iterator", () => {
  for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
    for (const member of [5, null, undefined]) {
      const source = { [symbol]: member } as unknown as Iterable<number>;
      let error: unknown;
      try {
        mapConcurrent(source, () => sleep(1), { limit: 1 });
      } catch (thrown) {
        error = thrown;
      }
      assertInstanceOf(error, TypeError);
      assert(/source must be an iterable/.test(error.message), error.message);
    }
  }
});

Deno.test("mapConcurrent() goes over a list whose async iterator is null", () =>
  runTest(async () => {
    const list = Object.assign([1, 2], { [Symbol.asyncIterator]: null });
    const source = list as Iterable<number>;
    const job = (n: number) => sleep(1, n);
    assertEquals(await mapConcurrent(source, job, { limit: 1 }).collect(), [
      1,
      2,
    ]);
  }));
