import { assert, assertEquals, assertFalse } from "@std/assert";
import { createTask, Event } from "../../mod.ts";
import { both, caseTest } from "./_both.ts";
import { inStyles, type Styles, type Worker } from "./_styles.ts";

const waiting: Styles<Worker<[Event, number[], number]>> = {
  generator: (event, log, name) =>
    function* () {
      assertEquals(yield* event.wait(), true);
      log.push(name);
    },
  async: (event, log, name) => async () => {
    assertEquals(await event.wait(), true);
    log.push(name);
  },
};

inStyles("locks.EventTests.wait", waiting, function* (wait, turns) {
  const event = new Event();
  const log: number[] = [];
  const t1 = createTask(wait(event, log, 1));
  const t2 = createTask(wait(event, log, 2));
  yield* turns();
  assertEquals(log, []);
  const t3 = createTask(wait(event, log, 3));
  event.set();
  yield* turns();
  assertEquals(log, [3, 1, 2]);
  yield* turns();
  assert([t1, t2, t3].every((task) => task.done()));
});

both("locks.EventTests.wait_on_set", {
  *generator() {
    const event = new Event();
    event.set();
    const step = event.wait()[Symbol.iterator]().next();
    assertEquals(step, { done: true, value: true });
    assertEquals(yield* event.wait(), true);
  },
  async async() {
    const event = new Event();
    event.set();
    assertEquals(await event.wait(), true);
  },
});

inStyles("locks.EventTests.wait_cancel", waiting, function* (wait, turns) {
  const event = new Event();
  const task = createTask(wait(event, [], 1));
  yield* turns();
  assertEquals(String(event), "<Event [unset, waiters:1]>");
  task.cancel();
  yield* turns(2);
  assert(task.cancelled());
  assertEquals(String(event), "<Event [unset]>");
});

caseTest("locks.EventTests.clear", () => {
  const event = new Event();
  assertFalse(event.isSet());
  event.set();
  assert(event.isSet());
  event.clear();
  assertFalse(event.isSet());
});

inStyles(
  "locks.EventTests.clear_with_waiters",
  waiting,
  function* (wait, turns) {
    const event = new Event();
    const log: number[] = [];
    const task = createTask(wait(event, log, 1));
    yield* turns();
    assertEquals(log, []);
    event.set();
    event.clear();
    assertFalse(event.isSet());
    event.set();
    event.set();
    assertEquals(String(event), "<Event [set, waiters:1]>");
    yield* turns();
    assertEquals(log, [1]);
    assertEquals(String(event), "<Event [set]>");
    yield* turns();
    assert(task.done());
  },
);
