/**
 * What the tasks of several files do with conditions and queues, in both styles.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Condition, Queue } from "../../mod.ts";
import type { Styles, Worker } from "./_styles.ts";

/** Waits for a notification, and keeps the lock. */
export const waiting: Styles<Worker<[Condition, number[], number]>> = {
  generator: (condition, log, name) =>
    function* () {
      yield* condition.acquire();
      assertEquals(yield* condition.wait(), true);
      log.push(name);
    },
  async: (condition, log, name) => async () => {
    await condition.acquire();
    assertEquals(await condition.wait(), true);
    log.push(name);
  },
};

/** Gets as many items one after the other, and hands them over. */
export const getting: Styles<Worker<[Queue<number>, number, number[]]>> = {
  generator: (queue, count, log) =>
    function* () {
      for (let i = 0; i < count; i++) log.push(yield* queue.get());
    },
  async: (queue, count, log) => async () => {
    for (let i = 0; i < count; i++) log.push(await queue.get());
  },
};

/** Puts one item, and tells when it is in. */
export const putting: Styles<Worker<[Queue<number>, number, number[]]>> = {
  generator: (queue, item, log) =>
    function* () {
      yield* queue.put(item);
      log.push(item);
    },
  async: (queue, item, log) => async () => {
    await queue.put(item);
    log.push(item);
  },
};
