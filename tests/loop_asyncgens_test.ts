import { assertEquals, assertStrictEquals } from "@std/assert";
import { sleep } from "../mod.ts";
import { TestLoop } from "../testing.ts";

async function* generator(
  log: string[],
  end: () => Promise<void> | void,
): AsyncGenerator<number> {
  try {
    for (let n = 0;; n++) yield n;
  } finally {
    await end();
    log.push("closed");
  }
}

Deno.test("EventLoop.shutdownAsyncgens() waits for the clean-up of each, and reports what one throws", async () => {
  const loop = new TestLoop();
  const log: string[] = [];
  const slow = generator(log, () => sleep(5));
  const failing = generator(log, () => {
    throw new RangeError("clean-up");
  });
  const host = generator(log, () => new Promise((end) => setTimeout(end)));
  const unbegun = generator(log, () => {});
  await loop.runUntilComplete(async () => {
    const all = [slow, failing, host, unbegun];
    for (const each of all) assertStrictEquals(loop.trackAsyncgen(each), each);
    for (const each of all.slice(0, 3)) await each.next();
    await loop.shutdownAsyncgens();
    assertEquals(log.length, 2);
    for (const each of all) {
      assertEquals(await each.next(), { done: true, value: undefined });
    }
    assertEquals(loop.time(), 5);
  });
  assertEquals(
    loop.reports.map(({ message, exception, asyncgen }) => [
      message,
      String(exception),
      asyncgen === failing,
    ]),
    [[
      "An error occurred while closing an async generator",
      "RangeError: clean-up",
      true,
    ]],
  );
});

Deno.test("EventLoop.trackAsyncgen() reports a generator that comes after shutdownAsyncgens()", async () => {
  const loop = new TestLoop();
  const late = generator([], () => {});
  await loop.runUntilComplete(async () => {
    await loop.shutdownAsyncgens();
    assertStrictEquals(loop.trackAsyncgen(late), late);
  });
  assertEquals(
    loop.reports.map(({ message, asyncgen }) => [message, asyncgen === late]),
    [["An async generator was started after shutdownAsyncgens()", true]],
  );
});
