/**
 * `on()` with events that end it.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { createTask, on, run, sleep } from "@asyncio/asyncio";
import {
  failureOf,
  inBoth,
  type Program,
  type Style,
  wait,
} from "./cpython/_program.ts";
import { type ItemEvent, SOURCES } from "./_listeners.ts";

function emit(target: EventTarget & EventEmitter, name: string): void {
  if (target instanceof EventEmitter) target.emit(name);
  else (target as EventTarget).dispatchEvent(new Event(name));
}

for (const [kind, makeSource] of Object.entries(SOURCES)) {
  inBoth(
    `on() of ${kind} ends after the events before its close`,
    function* () {
      const source = makeSource();
      const events = on<ItemEvent>(source.target, "item", {
        close: ["end", "close"],
      });
      source.emit(1);
      source.emit(2);
      emit(source.target, "close");
      assertEquals(source.listeners(), 0);
      source.emit(3);
      emit(source.target, "end");
      assertEquals((yield* wait(events.next())).value?.item, 1);
      assertEquals((yield* wait(events.next())).value?.item, 2);
      for (let i = 0; i < 2; i++) {
        assertEquals(yield* wait(events.next()), {
          done: true,
          value: undefined,
        });
      }
    },
  );

  inBoth(
    `on() of ${kind} ends all waits for its next events when it is closed`,
    function* (style: Style) {
      const source = makeSource();
      const events = on(source.target, "item", { close: ["close"] });
      const tasks = [1, 2].map(() =>
        createTask(style.fn(function* (): Program<unknown> {
          return yield* wait(events.next());
        }))
      );
      for (let i = 0; i < 3; i++) yield* wait(sleep(0));
      emit(source.target, "close");
      assertEquals(source.listeners(), 0);
      for (const task of tasks) {
        assertEquals(yield* wait(task), { done: true, value: undefined });
      }
    },
  );

  Deno.test(`a loop over on() of ${kind} is over when that is closed`, async () => {
    const source = makeSource();
    const items = await run(async () => {
      const items: number[] = [];
      const loop = createTask(async () => {
        const events = on<ItemEvent>(source.target, "item", {
          close: ["close"],
        });
        for await (const { item } of events) items.push(item);
      });
      for (let i = 0; i < 3; i++) await sleep(0);
      source.emit(1);
      emit(source.target, "close");
      await loop;
      return items;
    });
    assertEquals(items, [1]);
    assertEquals(source.listeners(), 0);
  });
}

inBoth(
  "on() throws the error of an emitter that is closed after it",
  function* () {
    const emitter = new EventEmitter();
    const events = on(emitter, "item", { close: ["error", "close"] });
    const error = new Error("expected");
    emitter.emit("item", 1);
    emitter.emit("error", error);
    emitter.emit("close");
    assertEquals(emitter.eventNames(), []);
    assertEquals((yield* wait(events.next())).value, 1);
    assertEquals(yield* failureOf(events.next()), error);
    assertEquals((yield* wait(events.next())).done, true);
  },
);

inBoth(
  "on() gives the event that ends it, if it is asked for that",
  function* () {
    const emitter = new EventEmitter();
    const end = Symbol("end");
    const events = on(emitter, end, { close: [end] });
    emitter.emit(end, 1);
    emitter.emit(end, 2);
    assertEquals((yield* wait(events.next())).value, 1);
    assertEquals((yield* wait(events.next())).done, true);
  },
);

Deno.test("on() of a stream of Node ends with the stream", async () => {
  const chunks = await run(async () => {
    const chunks: unknown[] = [];
    const stream = Readable.from(["a", "b"]);
    for await (const chunk of on(stream, "data", { close: ["end"] })) {
      chunks.push(chunk);
    }
    return chunks;
  });
  assertEquals(chunks, ["a", "b"]);
});

Deno.test("on() leaves no listener on an emitter that has not the event that would end it", async () => {
  const emitter = new EventEmitter();
  const { on: add } = emitter;
  emitter.on = function (name, listener) {
    if (name === "close") throw new Error("expected");
    return add.call(this, name, listener);
  };
  await run(async () => {
    assertThrows(
      () => on(emitter, "item", { close: ["end", "close"] }),
      Error,
      "expected",
    );
    assertEquals(emitter.eventNames(), []);
    await sleep(0);
  });
});

Deno.test("on() refuses what is no array of names as its close", async () => {
  await run(async () => {
    const target = new EventTarget();
    const emitter = new EventEmitter();
    for (const close of ["close", 1, null, new Set(["close"])]) {
      assertThrows(
        () => on(target, "x", { close: close as unknown as string[] }),
        TypeError,
        "Cannot listen: close must be an array of names, got",
      );
    }
    for (const name of [1, undefined]) {
      assertThrows(
        () => on(emitter, "x", { close: [name as unknown as string] }),
        TypeError,
        "Cannot listen: each name in close must be a string, got",
      );
    }
    assertThrows(
      () => on(target, "x", { close: [Symbol("end")] }),
      TypeError,
      "Cannot listen: each name in close must be a string, got",
    );
    assertEquals(emitter.eventNames(), []);
    await sleep(0);
  });
});
