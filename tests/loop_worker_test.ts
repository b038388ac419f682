/**
 * Whose loop `getEventLoop()` gives: on the main thread, and in a real worker.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  getEventLoop,
  newEventLoop,
  RuntimeError,
  setEventLoop,
} from "@asyncio/asyncio";
import type { Findings } from "./_worker.ts";

const CANNOT_READ =
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

const NO_LOOP =
  "RuntimeError: There is no current event loop in this thread: call setEventLoop(newEventLoop()) first";

function askWorker() {
  const worker = new Worker(new URL("./_worker.ts", import.meta.url), {
    type: "module",
  });
  return new Promise<Findings>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  }).finally(() => worker.terminate());
}

Deno.test("getEventLoop() makes one on the main thread, and gives it ever after", () => {
  const loop = getEventLoop();
  assertStrictEquals(getEventLoop(), loop);
  const other = newEventLoop();
  setEventLoop(other);
  assertStrictEquals(getEventLoop(), other);
  setEventLoop(undefined);
  assertThrows(getEventLoop, RuntimeError, "There is no current event loop");
  other.close();
});

Deno.test({
  name: "getEventLoop() throws in a worker until setEventLoop() was called",
  ignore: CANNOT_READ,
  async fn() {
    const { early, same, ran, own, late } = await askWorker();
    assertEquals(early, NO_LOOP);
    assert(same);
    assertEquals(ran, "it runs");
    assert(own);
    assertEquals(late, NO_LOOP);
  },
});
