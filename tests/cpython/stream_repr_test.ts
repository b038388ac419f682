import { assertEquals, assertMatch } from "@std/assert";
import { RuntimeError } from "../../mod.ts";
import { readerOf, reading } from "./_reading.ts";

reading("streams.StreamTests.__repr__", function* () {
  assertEquals(String(readerOf()), "<StreamReader>");
});

reading("streams.StreamTests.__repr__nondefault_limit", function* () {
  const reader = readerOf([], { limit: 123 });
  assertEquals(String(reader), "<StreamReader limit=123>");
});

reading("streams.StreamTests.__repr__eof", function* () {
  const reader = readerOf();
  reader.feedEof();
  assertEquals(String(reader), "<StreamReader eof>");
});

reading("streams.StreamTests.__repr__data", function* () {
  assertEquals(String(readerOf(["data"])), "<StreamReader 4 bytes>");
});

reading("streams.StreamTests.__repr__exception", function* () {
  const reader = readerOf();
  reader.setException(new RuntimeError());
  assertEquals(
    String(reader),
    '<StreamReader exception=RuntimeError("")>',
  );
});

reading("streams.StreamTests.__repr__waiter", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.read(1));
  yield* turns();
  assertMatch(String(reader), /^<StreamReader waiter=<Future pending .*>>$/);
  reader.feedEof();
  yield* task;
  assertEquals(String(reader), "<StreamReader eof>");
});
