import { assert, assertEquals } from "@std/assert";
import {
  createTask,
  Event,
  formatTaskTree,
  gather,
  getRunningLoop,
  sleep,
  waitFor,
} from "../mod.ts";
import { both, errorOf, rejectionOf } from "./cpython/_both.ts";

both("Event.wait() times out and leaves nobody behind", {
  *generator() {
    const event = new Event();
    yield* errorOf(waitFor(event.wait(), 1));
    assertEquals(String(event), "<Event [unset]>");
  },
  async async() {
    const event = new Event();
    await rejectionOf(waitFor(() => event.wait(), 1));
    assertEquals(String(event), "<Event [unset]>");
  },
});

both("Event.set() wakes a thousand tasks in their order, in one turn", {
  *generator() {
    const event = new Event();
    const order: number[] = [];
    const tasks = Array.from(
      { length: 1000 },
      (_, index) =>
        createTask(function* () {
          yield* event.wait();
          order.push(index);
        }),
    );
    yield* sleep(0);
    event.set();
    yield* sleep(0);
    assertEquals(order, tasks.map((_, index) => index));
  },
  async async() {
    const event = new Event();
    const order: number[] = [];
    const tasks = Array.from(
      { length: 1000 },
      (_, index) =>
        createTask(async () => {
          await event.wait();
          order.push(index);
        }),
    );
    await sleep(0);
    event.set();
    await gather(tasks);
    assertEquals(order, tasks.map((_, index) => index));
  },
});

both("Event tells formatTaskTree() its name", {
  *generator() {
    const event = new Event({ name: "ready" });
    createTask(event.wait(), { name: "waiter" });
    yield* sleep(0);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Event "ready"'));
    assertEquals(Deno.inspect(event), '<Event "ready" [unset, waiters:1]>');
  },
  async async() {
    const event = new Event({ name: "ready" });
    createTask(async () => await event.wait(), { name: "waiter" });
    await sleep(0);
    await sleep(0);
    const tree = formatTaskTree(getRunningLoop());
    assert(tree.includes('waiter waits for Event "ready"'));
  },
});
