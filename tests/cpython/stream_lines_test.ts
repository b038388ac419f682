import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  createTask,
  IncompleteReadError,
  LimitOverrunError,
  sleep,
} from "../../mod.ts";
import { both, errorOf } from "./_both.ts";
import {
  bytes,
  endedReader,
  readerOf,
  reading,
  restOf,
  textOf,
} from "./_reading.ts";

reading("streams.StreamTests.readline", function* (read, turns) {
  const reader = readerOf(["chunk1 "]);
  const task = read(() => reader.readline());
  yield* turns();
  reader.feedData(bytes("chunk2 "));
  reader.feedData(bytes("chunk3 "));
  yield* turns();
  reader.feedData(bytes("\n chunk4"));
  assertEquals(textOf(yield* task), "chunk1 chunk2 chunk3 \n");
  assertEquals(yield* restOf(reader), " chunk4");
});

reading(
  "streams.StreamTests.readline_limit_with_existing_data",
  function* (read) {
    let reader = readerOf(["li", "ne1\nline2\n"], { limit: 3 });
    let error = yield* errorOf(read(() => reader.readline()));
    assertInstanceOf(error, RangeError);
    assertEquals(yield* restOf(reader), "line2\n");

    reader = readerOf(["li", "ne1", "li"], { limit: 3 });
    error = yield* errorOf(read(() => reader.readline()));
    assertInstanceOf(error, RangeError);
    assertEquals(yield* restOf(reader), "");
  },
);

reading("streams.StreamTests.readline_limit", function* (read, turns) {
  let reader = readerOf(["chunk1"], { limit: 7 });
  let task = read(() => reader.readline());
  yield* turns();
  reader.feedData(bytes("chunk2\n"));
  reader.feedData(bytes("chunk3\n"));
  assertInstanceOf(yield* errorOf(task), RangeError);
  assertEquals(yield* restOf(reader), "chunk3\n");

  reader = readerOf(["chunk1"], { limit: 7 });
  task = read(() => reader.readline());
  yield* turns();
  reader.feedData(bytes("chunk2\n"));
  assertInstanceOf(yield* errorOf(task), RangeError);
  assertEquals(yield* restOf(reader), "");

  reader = endedReader(["1234567\n12345678\nok\n"], { limit: 7 });
  assertEquals(textOf(yield* read(() => reader.readline())), "1234567\n");
  const error = yield* errorOf(read(() => reader.readline()));
  assertInstanceOf(error, RangeError);
  assertEquals(textOf(yield* read(() => reader.readline())), "ok\n");
});

reading("streams.StreamTests.readline_nolimit_nowait", function* (read) {
  const reader = readerOf(["line1\nline2\nline3\n"]);
  assertEquals(textOf(yield* read(() => reader.readline())), "line1\n");
  assertEquals(yield* restOf(reader), "line2\nline3\n");
});

reading("streams.StreamTests.readline_eof", function* (read) {
  const reader = endedReader(["some data"]);
  assertEquals(textOf(yield* read(() => reader.readline())), "some data");
});

reading("streams.StreamTests.readline_empty_eof", function* (read) {
  const reader = endedReader([]);
  assertEquals(textOf(yield* read(() => reader.readline())), "");
});

reading("streams.StreamTests.readline_read_byte_count", function* (read) {
  const reader = readerOf(["line1\nline2\nline3\n"]);
  yield* read(() => reader.readline());
  assertEquals(textOf(yield* read(() => reader.read(7))), "line2\nl");
  assertEquals(yield* restOf(reader), "ine3\n");
});

reading("streams.StreamTests.readline_exception", function* (read) {
  const reader = readerOf(["line\n"]);
  assertEquals(textOf(yield* read(() => reader.readline())), "line\n");
  reader.setException(new RangeError("broken"));
  const error = yield* errorOf(read(() => reader.readline()));
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "broken");
});

reading("streams.StreamTests.readuntil_separator", function* (read) {
  const reader = readerOf();
  for (const separator of [bytes(""), [bytes("")]]) {
    const error = yield* errorOf(read(() => reader.readuntil(separator)));
    assertInstanceOf(error, RangeError);
    assertEquals(
      error.message,
      "Separator should be at least one-byte string",
    );
  }
  const error = yield* errorOf(read(() => reader.readuntil([])));
  assertInstanceOf(error, RangeError);
  assertEquals(
    error.message,
    "Separator should contain at least one element",
  );
});

reading("streams.StreamTests.readuntil_multi_chunks", function* (read) {
  const reader = readerOf(["lineAAA"]);
  const until = () => reader.readuntil(bytes("AAA"));
  assertEquals(textOf(yield* read(until)), "lineAAA");
  reader.feedData(bytes("lineAAA"));
  assertEquals(textOf(yield* read(until)), "lineAAA");
  reader.feedData(bytes("lineAAAxxx"));
  assertEquals(textOf(yield* read(until)), "lineAAA");
  assertEquals(yield* restOf(reader), "xxx");
});

reading(
  "streams.StreamTests.readuntil_multi_chunks_1",
  function* (read, turns) {
    const chunks = ["QWEaa", "XYaa", "a"];
    let reader = readerOf(chunks);
    const until = () => reader.readuntil(bytes("aaa"));
    assertEquals(textOf(yield* read(until)), "QWEaaXYaaa");
    assertEquals(yield* restOf(reader), "");

    reader = readerOf();
    const task = read(until);
    for (const chunk of [...chunks, "rest"]) {
      yield* turns();
      reader.feedData(bytes(chunk));
    }
    assertEquals(textOf(yield* task), "QWEaaXYaaa");
    assertEquals(yield* restOf(reader), "rest");
  },
);

reading("streams.StreamTests.readuntil_eof", function* (read, turns) {
  const reader = readerOf(["some dataAA"]);
  const task = read(() => reader.readuntil(bytes("AAA")));
  yield* turns();
  reader.feedEof();
  const error = yield* errorOf(task);
  assertInstanceOf(error, IncompleteReadError);
  assertEquals(textOf(error.partial), "some dataAA");
  assertEquals(error.expected, undefined);
  assert(error.message.includes("undefined expected bytes"));
  assert(reader.atEof());
});

reading(
  "streams.StreamTests.readuntil_limit_found_sep",
  function* (read) {
    const reader = readerOf(["some dataAA"], { limit: 3 });
    const until = () => read(() => reader.readuntil(bytes("AAA")));
    const notFound = yield* errorOf(until());
    assertInstanceOf(notFound, LimitOverrunError);
    assert(notFound.message.includes("not found"));
    assertEquals(notFound.consumed, 9);

    reader.feedData(bytes("A"));
    const found = yield* errorOf(until());
    assertInstanceOf(found, LimitOverrunError);
    assert(found.message.includes("is found"));
    assertEquals(found.consumed, 9);
    assertEquals(yield* restOf(reader), "some dataAAA");
  },
);

reading(
  "streams.StreamTests.readuntil_multi_separator",
  function* (read) {
    // Simple case
    let reader = readerOf(["line 1\nline 2\r"]);
    const until = (...texts: string[]) =>
      read(() => reader.readuntil(texts.map(bytes)));
    assertEquals(textOf(yield* until("\r", "\n")), "line 1\n");
    assertEquals(textOf(yield* until("\r", "\n")), "line 2\r");
    // The one that ends first, even if it is the longer one.
    reader = readerOf(["ABCDEFG"]);
    assertEquals(textOf(yield* until("DEF", "BCDE")), "ABCDE");
    assertEquals(yield* restOf(reader), "FG");
  },
);

reading(
  "streams.StreamTests.readuntil_multi_separator_limit",
  function* (read) {
    for (const texts of [["A", "ome dataA"], ["ome dataA", "A"]]) {
      const reader = readerOf(["some dataA"], { limit: 3 });
      const error = yield* errorOf(
        read(() => reader.readuntil(texts.map(bytes))),
      );
      assertInstanceOf(error, LimitOverrunError);
      assert(error.message.includes("is found"));
      assertEquals(yield* restOf(reader), "some dataA");
    }
  },
);

reading(
  "streams.StreamTests.readuntil_multi_separator_negative_offset",
  function* (read, turns) {
    const reader = readerOf(["data"]);
    const task = read(() => reader.readuntil(["A", "long sep"].map(bytes)));
    yield* turns();
    reader.feedData(bytes("Z"));
    yield* turns();
    reader.feedData(bytes("Aaaa"));
    assertEquals(textOf(yield* task), "dataZA");
    assertEquals(yield* restOf(reader), "aaa");
  },
);

reading("streams.StreamTests.readuntil_bytearray", function* (read) {
  const reader = readerOf(["some data\r\n"]);
  const ends = new Uint8Array(new ArrayBuffer(8), 2, 2);
  ends.set(bytes("\r\n"));
  const line = yield* read(() => reader.readuntil(ends));
  assertEquals(textOf(line), "some data\r\n");
  assertEquals(yield* restOf(reader), "");
});

both("pep492.StreamReaderTests.readline", {
  // A generator has no `for await`: a task of an async function does it.
  *generator() {
    const reader = endedReader(["line1\nline2\nline3"]);
    const lines = yield* createTask(async () => {
      const lines: string[] = [];
      for await (const line of reader) lines.push(textOf(line));
      return lines;
    });
    assertEquals(lines, ["line1\n", "line2\n", "line3"]);
  },
  async async() {
    const reader = readerOf();
    createTask(async () => {
      for (const chunk of ["li", "ne1\nline2", "\nline3"]) {
        await sleep(1);
        reader.feedData(bytes(chunk));
      }
      reader.feedEof();
    });
    const lines: string[] = [];
    for await (const line of reader) lines.push(textOf(line));
    assertEquals(lines, ["line1\n", "line2\n", "line3"]);
  },
});
