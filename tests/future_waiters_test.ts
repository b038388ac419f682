/** Callbacks that are taken back, beside waits that are left. */
import { assertEquals } from "@std/assert";
import { asCompleted, Future, sleep, wait } from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

/** Waits that end before the future does, by a callback of their own. */
const WAITS: Readonly<
  Record<string, (future: Future<number>) => Promise<unknown>>
> = {
  "wait()": (future) => wait([future], { timeout: 1 }),
  "asCompleted()": async (future) => {
    for await (const _ of asCompleted([future], { timeout: 1 }));
  },
};

for (const [name, waits] of Object.entries(WAITS)) {
  Deno.test(`Future.removeDoneCallback() counts and keeps the order, when ${name} was left`, () =>
    runTest(async () => {
      const future = new Future<number>();
      const log: string[] = [];
      const callbacks = ["a", "b", "c"].map((name) => () =>
        void log.push(name)
      );
      const [first, second, third] = callbacks as [
        () => void,
        ...(() => void)[],
      ];
      for (const callback of [first, second!, first, third!]) {
        future.addDoneCallback(callback);
      }
      // From here on there is a list of them by function.
      assertEquals(future.removeDoneCallback(second!), 1);
      const before = String(future);
      for (let n = 0; n < 3; n++) {
        try {
          await waits(future);
        } catch {
          // It was to end so.
        }
        await sleep(5);
        assertEquals(String(future), before);
      }
      future.addDoneCallback(second!);
      assertEquals(future.removeDoneCallback(first), 2);
      assertEquals(future.removeDoneCallback(first), 0);
      future.setResult(1);
      await sleep(0);
      await sleep(0);
      assertEquals(log, ["c", "b"]);
    }));
}
