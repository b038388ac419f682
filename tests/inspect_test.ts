/** What the inspectors of the hosts show: an object's own text, where it has one. */
import { assertEquals } from "@std/assert";
import { inspect } from "node:util";
import * as asyncio from "@asyncio/asyncio";
import { Job } from "@asyncio/asyncio/executor";
import { connectionPair, runTest } from "@asyncio/asyncio/testing";

const { createTask, getRunningLoop, sleep } = asyncio;

/** One of each class that has a text, by its name. */
const OBJECTS: Readonly<Record<string, () => object>> = {
  "Future": () => new asyncio.Future(),
  "Task": () => createTask(sleep(0)),
  "Job": () => new Job({ cancelJob() {} }, "double", 1),
  "Coroutine": () => asyncio.coroutine(async () => {})(),
  "EventLoop": () => getRunningLoop(),
  "Handle": () => getRunningLoop().callSoon(() => {}),
  "TimerHandle": () => getRunningLoop().callLater(1, () => {}),
  "Lock": () => new asyncio.Lock(),
  "Event": () => new asyncio.Event(),
  "Condition": () => new asyncio.Condition(),
  "Semaphore": () => new asyncio.Semaphore(),
  "BoundedSemaphore": () => new asyncio.BoundedSemaphore(),
  "Barrier": () => new asyncio.Barrier(2),
  "Queue": () => new asyncio.Queue(),
  "TaskGroup": () => new asyncio.TaskGroup(),
  "Timeout": () => new asyncio.Timeout(),
  "StreamReader": () => connectionPair()[0][0],
  "StreamWriter": () => connectionPair()[0][1],
};

for (const [name, make] of Object.entries(OBJECTS)) {
  Deno.test(`${name} shows its text in console.log() and node:util`, () =>
    runTest(async () => {
      const object = make();
      const text = String(object);
      assertEquals(text.slice(0, 1), "<");
      assertEquals([Deno.inspect(object), inspect(object)], [text, text]);
      if (object instanceof asyncio.Coroutine) object.close();
      await sleep(0);
    }));
}
