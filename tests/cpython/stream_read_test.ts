import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  IncompleteReadError,
  newEventLoop,
  RuntimeError,
  setEventLoop,
  StreamReader,
} from "../../mod.ts";
import { both, caseTest, errorOf, withLoop } from "./_both.ts";
import {
  bytes,
  endedReader,
  readerOf,
  reading,
  restOf,
  textOf,
} from "./_reading.ts";

reading("streams.StreamTests.feed_empty_data", function* () {
  const reader = readerOf([""]);
  assertEquals(yield* restOf(reader), "");
});

reading("streams.StreamTests.feed_nonempty_data", function* () {
  const reader = readerOf(["data"]);
  assertEquals(yield* restOf(reader), "data");
});

reading("streams.StreamTests.read_zero", function* (read) {
  const reader = readerOf(["data"]);
  assertEquals(textOf(yield* read(() => reader.read(0))), "");
  assertEquals(yield* restOf(reader), "data");
});

reading("streams.StreamTests.read", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.read(30));
  yield* turns();
  assertFalse(task.done());
  reader.feedData(bytes("data"));
  assertEquals(textOf(yield* task), "data");
  assertEquals(yield* restOf(reader), "");
});

reading("streams.StreamTests.read_line_breaks", function* (read) {
  const reader = readerOf(["line1", "line2"]);
  assertEquals(textOf(yield* read(() => reader.read(5))), "line1");
  assertEquals(yield* restOf(reader), "line2");
});

reading("streams.StreamTests.read_eof", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.read(1024));
  yield* turns();
  reader.feedEof();
  assertEquals(textOf(yield* task), "");
  assertEquals(yield* restOf(reader), "");
});

reading("streams.StreamTests.read_until_eof", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.read(-1));
  yield* turns();
  reader.feedData(bytes("chunk1\n"));
  yield* turns();
  reader.feedData(bytes("chunk2"));
  yield* turns();
  reader.feedEof();
  assertEquals(textOf(yield* task), "chunk1\nchunk2");
  assert(reader.atEof());
});

reading("streams.StreamTests.read_exception", function* (read) {
  const reader = readerOf(["line\n"]);
  assertEquals(textOf(yield* read(() => reader.read(2))), "li");
  reader.setException(new RangeError("broken"));
  for (const n of [2, 0, -1]) {
    const error = yield* errorOf(read(() => reader.read(n)));
    assertInstanceOf(error, RangeError);
  }
});

caseTest("streams.StreamTests.invalid_limit", () =>
  withLoop((loop) => {
    for (const limit of [0, -1]) {
      assertThrows(
        () => new StreamReader({ limit, loop }),
        RangeError,
        "Limit cannot be <= 0",
      );
    }
  }));

reading("streams.StreamTests.read_limit", function* (read) {
  const reader = readerOf(["chunk"], { limit: 3 });
  assertEquals(textOf(yield* read(() => reader.read(5))), "chunk");
  assertEquals(yield* restOf(reader), "");
});

reading("streams.StreamTests.at_eof", function* (read) {
  const reader = readerOf();
  assertFalse(reader.atEof());
  reader.feedData(bytes("some data\n"));
  assertFalse(reader.atEof());
  reader.feedEof();
  assertFalse(reader.atEof());
  yield* read(() => reader.readline());
  assert(reader.atEof());
});

reading("streams.StreamTests.readexactly_zero_or_less", function* (read) {
  const reader = readerOf(["chunk"]);
  assertEquals(textOf(yield* read(() => reader.readexactly(0))), "");
  assertThrows(() => reader.readexactly(-1), RangeError, "less than zero");
  assertEquals(yield* restOf(reader), "chunk");
});

reading("streams.StreamTests.readexactly", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.readexactly(10));
  for (const part of ["chun", "k1ch", "unk2"]) {
    yield* turns();
    assertFalse(task.done());
    reader.feedData(bytes(part));
  }
  assertEquals(textOf(yield* task), "chunk1chun");
  assertEquals(yield* restOf(reader), "k2");
});

reading("streams.StreamTests.readexactly_limit", function* (read) {
  const reader = readerOf(["chunk"], { limit: 3 });
  assertEquals(textOf(yield* read(() => reader.readexactly(5))), "chunk");
  assertEquals(yield* restOf(reader), "");
});

reading("streams.StreamTests.readexactly_eof", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.readexactly(36));
  yield* turns();
  reader.feedData(bytes("x".repeat(18)));
  yield* turns();
  reader.feedEof();
  const error = yield* errorOf(task);
  assertInstanceOf(error, IncompleteReadError);
  assertEquals(textOf(error.partial), "x".repeat(18));
  assertEquals(error.expected, 36);
  assertEquals(
    error.message,
    "18 bytes read on a total of 36 expected bytes",
  );
  assert(reader.atEof());
});

reading("streams.StreamTests.readexactly_exception", function* (read) {
  const reader = readerOf(["line\n"]);
  assertEquals(textOf(yield* read(() => reader.readexactly(2))), "li");
  reader.setException(new RangeError("broken"));
  const error = yield* errorOf(read(() => reader.readexactly(2)));
  assertInstanceOf(error, RangeError);
});

both("streams.StreamTests.exception", {
  *generator() {
    const reader = readerOf();
    assertEquals(reader.exception(), undefined);
    const error = new RangeError("broken");
    reader.setException(error);
    assertStrictEquals(reader.exception(), error);
  },
  async async() {
    const reader = readerOf();
    const error = new RangeError("broken");
    reader.setException(error);
    await Promise.resolve();
    assertStrictEquals(reader.exception(), error);
  },
});

reading("streams.StreamTests.exception_waiter", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.readline());
  yield* turns();
  reader.setException(new RangeError("broken"));
  assertInstanceOf(yield* errorOf(task), RangeError);
});

reading("streams.StreamTests.exception_cancel", function* (read, turns) {
  const reader = readerOf();
  const task = read(() => reader.readline());
  yield* turns();
  task.cancel();
  yield* turns();
  reader.setException(new RangeError("broken"));
  yield* turns(2);
  assert(task.cancelled());
  assertMatch(String(reader), /^<StreamReader exception=\S+>$/);
});

caseTest("streams.StreamTests.streamreader_constructor_without_loop", () => {
  assertThrows(() => new StreamReader(), RuntimeError, "No running event loop");
});

reading(
  "streams.StreamTests.streamreader_constructor_use_running_loop",
  function* (read) {
    const reader = endedReader(["data"]);
    assertEquals(textOf(yield* read(() => reader.read())), "data");
  },
);

caseTest(
  "streams.StreamTests.streamreader_constructor_use_global_loop",
  async () => {
    const loop = newEventLoop();
    setEventLoop(loop);
    const reader = new StreamReader();
    const task = loop.createTask(reader.readline());
    loop.callSoon(() => reader.feedData(bytes("line\n")));
    assertEquals(textOf(await loop.runUntilComplete(task)), "line\n");
    loop.close();
  },
);
