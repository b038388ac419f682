import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  type Coroutine,
  createTask,
  DeadlockError,
  ensureFuture,
  IncompleteReadError,
  run,
  RuntimeError,
  sleep,
  StreamReader,
  timeout,
  TimeoutError,
  wait,
} from "../mod.ts";
import { connectionPair, runTest } from "../testing.ts";
import { collectGarbage } from "./cpython/_garbage.ts";
import { sweepCancels } from "./_cancel_sweep.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Returns a function that gives integers below a bound, the same ones for a seed. */
function numbers(seed: number): (bound: number) => number {
  return (bound) => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(seed / 2 ** 32 * bound);
  };
}
const textOf = (data: Uint8Array) => new TextDecoder().decode(data);

/** Every way to read "abcde" of a reader that gets it in two pieces. */
const READS: Readonly<
  Record<string, (reader: StreamReader) => Coroutine<Uint8Array>>
> = {
  readexactly: (reader) => reader.readexactly(5),
  "read to the end": (reader) => reader.read(),
  readuntil: (reader) => reader.readuntil(bytes("e")),
  readline: (reader) => reader.readline(),
};

for (const [name, read] of Object.entries(READS)) {
  for (const style of ["generator", "async"]) {
    const go = (reader: StreamReader) =>
      style === "async"
        ? createTask(async () => await read(reader))
        : createTask(function* () {
          return yield* read(reader);
        });

    Deno.test(`StreamReader loses nothing when ${name} is cancelled half-way, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const task = go(reader);
        await sleep(0);
        reader.feedData(bytes("abc"));
        await sleep(1);
        assertFalse(task.done());
        task.cancel();
        await assertRejects(async () => void await task, CancelledError);
        reader.feedData(bytes("de"));
        reader.feedEof();
        assertEquals(textOf(await go(reader)), "abcde");
      }));

    Deno.test(`StreamReader loses nothing when ${name} is cancelled in the turn of the bytes, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const task = go(reader);
        await sleep(1);
        reader.feedData(bytes("abcde"));
        reader.feedEof();
        task.cancel();
        await assertRejects(async () => void await task, CancelledError);
        assertEquals(textOf(await go(reader)), "abcde");
      }));

    Deno.test(`StreamReader refuses a second ${name} while one waits, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const first = go(reader);
        await sleep(0);
        await assertRejects(
          async () => void await go(reader),
          RuntimeError,
          "already waiting for incoming data",
        );
        reader.feedData(bytes("abcde"));
        reader.feedEof();
        assertEquals(textOf(await first), "abcde");
      }));
  }
}

for (const [name, read] of Object.entries(READS)) {
  // As in CPython: that one asks anew for what may come after them.
  if (name === "read to the end") continue;
  for (const style of ["generator", "async"]) {
    const go = (reader: StreamReader) =>
      style === "async"
        ? createTask(async () => await read(reader))
        : createTask(read(reader));

    Deno.test(`StreamReader gives a ${name} that waits what came before an error of the same turn, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const task = go(reader);
        await sleep(1);
        reader.feedData(bytes(name === "readline" ? "abcd\n" : "abcde"));
        reader.setException(new Error("reset"));
        assertEquals((await task).length, 5);
        await assertRejects(async () => void await go(reader), Error, "reset");
      }));

    Deno.test(`StreamReader throws the error of the same turn if what came is too little for ${name}, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const task = go(reader);
        await sleep(1);
        reader.feedData(bytes("abc"));
        reader.setException(new Error("reset"));
        await assertRejects(async () => void await task, Error, "reset");
        const late = go(reader);
        await assertRejects(async () => void await late, Error, "reset");
      }));

    Deno.test(`StreamReader throws to a ${name} that waits an error that came before bytes, ${style}`, () =>
      runTest(async () => {
        const reader = new StreamReader();
        const task = go(reader);
        await sleep(1);
        reader.setException(new Error("reset"));
        reader.feedData(bytes("abcde\n"));
        await assertRejects(async () => void await task, Error, "reset");
      }));
  }
}

for (const style of ["generator", "async"]) {
  const readAll = (reader: StreamReader) =>
    style === "async"
      ? createTask(async () => await reader.read())
      : createTask(reader.read());

  Deno.test(`StreamReader gives a read to the end that waits all, if the end came before an error of the same turn, ${style}`, () =>
    runTest(async () => {
      const reader = new StreamReader();
      const task = readAll(reader);
      await sleep(1);
      reader.feedData(bytes("abc"));
      await sleep(1);
      reader.feedEof();
      reader.setException(new Error("reset"));
      assertEquals(textOf(await task), "abc");
      await assertRejects(async () => void await reader.read(), Error, "reset");
    }));

  Deno.test(`StreamReader gives a read to the end that waits no part for all, if an error came before the end in the same turn, ${style}`, () =>
    runTest(async () => {
      const reader = new StreamReader();
      const task = readAll(reader);
      await sleep(1);
      reader.feedData(bytes("abc"));
      reader.setException(new Error("reset"));
      reader.feedEof();
      await assertRejects(async () => void await task, Error, "reset");
    }));
}

Deno.test("StreamReader.toReadableStream() gives what came before an error of the same turn", () =>
  runTest(async () => {
    const reader = new StreamReader();
    const stream = reader.toReadableStream().getReader();
    const first = stream.read();
    await sleep(1);
    reader.feedData(bytes("abc"));
    reader.setException(new Error("reset"));
    const { value } = await first;
    assertEquals(textOf(value!), "abc");
    await assertRejects(() => stream.read(), Error, "reset");
  }));

Deno.test("StreamReader leaves its bytes to whoever waits when it refuses another read to the end", () =>
  runTest(async () => {
    const reader = new StreamReader();
    const first = createTask(reader.readexactly(4));
    await sleep(1);
    reader.feedData(bytes("abc"));
    await sleep(1);
    await assertRejects(async () => void await reader.read(), RuntimeError);
    reader.feedData(bytes("d"));
    assertEquals(textOf(await first), "abcd");
  }));

Deno.test("StreamReader gives bytes that later ones do not change", () =>
  runTest(async () => {
    const reader = new StreamReader();
    const given: Uint8Array[] = [];
    const wanted: string[] = [];
    for (let i = 0; i < 1_000; i++) {
      const text = `${i}`.padStart(7, "0");
      reader.feedData(bytes(text));
      wanted.push(text);
      if (i % 3 === 0) given.push(await reader.readexactly(7));
    }
    while (given.length < 1_000) given.push(await reader.readexactly(7));
    assertEquals(given.map(textOf), wanted);
  }));

Deno.test("StreamReader copies what it is fed", () =>
  runTest(async () => {
    const reader = new StreamReader();
    const data = bytes("abc");
    reader.feedData(data);
    data.fill(0);
    assertEquals(textOf(await reader.readexactly(3)), "abc");
  }));

Deno.test("StreamReader finds a separator wherever the pieces end", () =>
  runTest(async () => {
    const whole = "one\r\n\r\ntwo\r\r\n\r\nthree\r\n\r\n";
    for (let size = 1; size <= whole.length; size++) {
      const reader = new StreamReader();
      const task = createTask(async () => {
        const parts: string[] = [];
        for (let i = 0; i < 3; i++) {
          parts.push(textOf(await reader.readuntil(bytes("\r\n\r\n"))));
        }
        return parts;
      });
      for (let at = 0; at < whole.length; at += size) {
        reader.feedData(bytes(whole.slice(at, at + size)));
        await sleep(0);
      }
      assertEquals(await task, [
        "one\r\n\r\n",
        "two\r\r\n\r\n",
        "three\r\n\r\n",
      ]);
    }
  }));

Deno.test("StreamReader.readuntil() finds of several separators the one that ends first", () =>
  runTest(async () => {
    const random = numbers(7);
    const text = (most: number) =>
      Array.from({ length: 1 + random(most) }, () => "ab"[random(2)]).join("");
    for (let round = 0; round < 300; round++) {
      const separators = Array.from({ length: 1 + random(3) }, () => text(6));
      const whole = text(40) + "c".repeat(random(2) * random(9_000)) + text(40);
      const ends = separators
        .map((each) => [whole.indexOf(each), each.length] as const)
        .filter(([at]) => at !== -1)
        .map(([at, length]) => at + length);
      const expected = ends.length === 0
        ? undefined
        : whole.slice(0, Math.min(...ends));
      const reader = new StreamReader();
      const task = createTask(reader.readuntil(separators.map(bytes)));
      for (let at = 0; at < whole.length;) {
        const size = 1 + random(round % 2 === 0 ? 5 : 9_000);
        reader.feedData(bytes(whole.slice(at, at + size)));
        at += size;
        await sleep(0);
      }
      reader.feedEof();
      await wait([task]);
      const found = task.exception() === undefined
        ? textOf(task.result())
        : undefined;
      assertEquals(found, expected, `${separators} in ${whole}`);
    }
  }));

for (
  const [name, read] of Object.entries({
    readline: (reader: StreamReader) => reader.readline(),
    readuntil: (reader: StreamReader) => reader.readuntil(bytes("b\n")),
  })
) {
  Deno.test(`StreamReader.${name}() looks again when another read has taken what it had seen`, () =>
    runTest(async () => {
      const reader = new StreamReader();
      reader.feedData(bytes("aaaab"));
      const line = createTask(read(reader));
      await sleep(0);
      await sleep(0);
      assertEquals(textOf(await reader.read(5)), "aaaab");
      reader.feedData(bytes("\nb\n"));
      reader.feedEof();
      assertEquals(
        textOf(await line),
        name === "readline" ? "\n" : "\nb\n",
      );
    }));
}

for (const before of ["", "12345\n", "1\n2\n"]) {
  Deno.test(`StreamReader.lines() drops a line above the limit and no more, after ${JSON.stringify(before)}`, () =>
    runTest(async () => {
      const reader = new StreamReader({ limit: 5 });
      reader.feedData(bytes(`${before}123456\nxy\nz\n`));
      reader.feedEof();
      const lines = reader.lines();
      for (const line of before.split("\n").slice(0, -1)) {
        assertEquals((await lines.next()).value, line);
      }
      // It is a rejection, as all that a next() can't give.
      const next = lines.next();
      await assertRejects(() => next, RangeError, "longer than limit");
      assertEquals(textOf(await reader.readline()), "xy\n");
      assertEquals(textOf(await reader.read()), "z\n");
    }));
}

Deno.test("StreamReader refuses bad arguments at once", () =>
  runTest(async () => {
    const reader = new StreamReader();
    assertThrows(() => new StreamReader({ limit: NaN }), TypeError);
    assertThrows(() => new StreamReader({ limit: "1" as never }), TypeError);
    assertThrows(() => reader.read("1" as never), TypeError);
    assertThrows(() => reader.read(1.5), RangeError);
    assertThrows(() => reader.readexactly(NaN), RangeError);
    assertThrows(() => reader.feedData("x" as never), TypeError);
    assertThrows(() => reader.setException(undefined), TypeError);
    assertThrows(() => reader.lines({ encoding: "klingon" }), RangeError);
    assertThrows(() => StreamReader.from("x" as never), TypeError);
    await assertRejects(
      async () => void await reader.readuntil("\n" as never),
      TypeError,
      "TextEncoder",
    );
    reader.feedEof();
    assertThrows(() => reader.feedData(bytes("x")), RuntimeError);
  }));

Deno.test("StreamReader that nobody feeds is a deadlock that names the wait", async () => {
  await assertRejects(
    () => runTest(async () => void await new StreamReader().readline()),
    DeadlockError,
    "data of a StreamReader",
  );
});

Deno.test("StreamReader read() to the end takes more than the limit", () =>
  runTest(async () => {
    const [[, writer], [reader]] = connectionPair({ limit: 10, capacity: 10 });
    const task = createTask(async () => {
      for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(100));
      await writer.close();
    });
    assertEquals((await reader.read()).length, 10_000);
    await task;
  }));

Deno.test("StreamReader.from() reads only when it is asked", () =>
  runTest(async () => {
    let asked = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(bytes(`${++asked}\n`));
      },
    }, { highWaterMark: 0 });
    const reader = StreamReader.from(source);
    await sleep(1);
    assertEquals(asked, 0);
    assertEquals(textOf(await reader.readline()), "1\n");
    assertEquals(asked, 1);
  }));

Deno.test("StreamReader.from() gives the error of its source", () =>
  runTest(async () => {
    const error = new Error("broken source");
    const reader = StreamReader.from((async function* () {
      yield await Promise.resolve(bytes("abc"));
      throw error;
    })());
    assertEquals(textOf(await reader.readexactly(3)), "abc");
    const thrown = await assertRejects(async () => void await reader.read(1));
    assertStrictEquals(thrown, error);
  }));

Deno.test("StreamReader.from() refuses a source of text when it comes, and closes it", () =>
  runTest(async () => {
    let closed: unknown;
    const source = new ReadableStream<string>({
      start: (controller) => controller.enqueue("text"),
      cancel: (reason) => void (closed = reason),
    });
    const reader = StreamReader.from(source as never);
    await assertRejects(
      async () => void await reader.read(1),
      TypeError,
      "TextEncoderStream",
    );
    assertInstanceOf(closed, TypeError);
  }));

Deno.test("StreamReader.from() keeps what a cancelled read has asked for", () =>
  runTest(async () => {
    let give: (text: string) => void = () => {};
    const reader = StreamReader.from(
      new ReadableStream<Uint8Array>({
        start(controller) {
          give = (text) => controller.enqueue(bytes(text));
        },
      }),
    );
    await assertRejects(
      async () =>
        void await timeout(1, async () => void await reader.readline()),
      TimeoutError,
    );
    give("late\n");
    assertEquals(textOf(await reader.readline()), "late\n");
  }));

for (
  const [how, leave] of Object.entries({
    "break": async (reader: StreamReader) => {
      for await (const _ of reader) break;
    },
    "break of lines()": async (reader: StreamReader) => {
      for await (const _ of reader.lines()) break;
    },
    "cancel": async (reader: StreamReader) => {
      await assertRejects(
        async () =>
          void await timeout(1, async () => {
            for await (const _ of reader);
          }),
        TimeoutError,
      );
    },
    "cancel of lines()": async (reader: StreamReader) => {
      await assertRejects(
        async () =>
          void await timeout(1, async () => {
            for await (const _ of reader.lines());
          }),
        TimeoutError,
      );
    },
    "cancel of toReadableStream()": async (reader: StreamReader) => {
      await reader.toReadableStream().cancel();
    },
  })
) {
  Deno.test(`StreamReader.from() closes its source at a ${how}`, () =>
    runTest(async () => {
      let isClosed = false;
      const source = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytes("1\n")),
        cancel: () => void (isClosed = true),
      });
      await leave(StreamReader.from(source));
      assert(isClosed);
    }));
}

Deno.test("StreamReader.from() closes its source at the end of the run", async () => {
  let isClosed = false;
  await runTest(async () => {
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes("1\n")),
      cancel: () => void (isClosed = true),
    });
    await StreamReader.from(source).readline();
    assertFalse(isClosed);
  });
  assert(isClosed);
});

/** Sources that give a part and no end, and note when they are closed. */
const PARTS: Readonly<
  Record<
    string,
    (note: () => void) => ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>
  >
> = {
  "stream": (note) =>
    new ReadableStream({
      start: (stream) => stream.enqueue(bytes("part")),
      cancel: note,
    }),
  "generator": async function* (note) {
    try {
      yield bytes("part");
      await sleep(3600);
    } finally {
      await sleep(0);
      note();
    }
  },
};

for (const [name, open] of Object.entries(PARTS)) {
  Deno.test(`StreamReader.from() closes the source of a reader that was left half-way and is collected (${name})`, async () => {
    await run(async () => {
      const left = 3;
      let closed = 0;
      for (let i = 0; i < left; i++) {
        await createTask(async () => {
          const reader = StreamReader.from(open(() => closed++));
          await reader.readexactly(2);
        });
      }
      for (let i = 0; i < 50 && closed < left; i++) {
        await ensureFuture(collectGarbage());
      }
      // The stack may still show the last one.
      assert(closed >= left - 1, `${closed} closed`);
    });
  });
}

Deno.test("StreamReader.from() keeps the source of a stream that somebody reads, whatever is collected", async () => {
  await run(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const source = async function* () {
      yield bytes("one");
      await ensureFuture(promise);
      yield bytes("two");
    };
    let seen = "";
    const end = Promise.withResolvers<void>();
    // Nobody holds the readers: only what is asked of their sources.
    StreamReader.from(source()).toReadableStream().pipeTo(
      new WritableStream({
        write: (piece) => void (seen += textOf(piece)),
        close: () => end.resolve(),
      }),
    );
    for (let i = 0; i < 5; i++) await ensureFuture(collectGarbage());
    resolve();
    await ensureFuture(end.promise);
    assertEquals(seen, "onetwo");
  });
});

Deno.test("StreamReader.lines() gives the lines without their ends", () =>
  runTest(async () => {
    const whole = "one\r\ntwo\n\nfür drei €\r\nfour";
    for (let size = 1; size < 12; size++) {
      const reader = new StreamReader();
      const data = bytes(whole);
      for (let at = 0; at < data.length; at += size) {
        reader.feedData(data.subarray(at, at + size));
      }
      reader.feedEof();
      const lines: string[] = [];
      for await (const line of reader.lines()) lines.push(line);
      assertEquals(lines, ["one", "two", "", "für drei €", "four"]);
    }
  }));

Deno.test("StreamReader.lines() puts back what was not given, after a break and a cancel", () =>
  runTest(async () => {
    const reader = new StreamReader();
    reader.feedData(bytes("one\nzwölf\nthr"));
    for await (const line of reader.lines()) {
      assertEquals(line, "one");
      break;
    }
    assertEquals(textOf(await reader.readline()), "zwölf\n");
    await assertRejects(
      async () =>
        void await timeout(1, async () => {
          for await (const _ of reader.lines());
        }),
      TimeoutError,
    );
    reader.feedData(bytes("ee\nfour"));
    reader.feedEof();
    const rest: string[] = [];
    for await (const line of reader.lines()) rest.push(line);
    assertEquals(rest, ["three", "four"]);
  }));

Deno.test("StreamReader.lines() refuses a line above the limit", () =>
  runTest(async () => {
    for (const text of ["123456789\n", "123456789", "äöüäö\n"]) {
      const reader = new StreamReader({ limit: 8 });
      reader.feedData(bytes(text));
      const lines = reader.lines();
      await assertRejects(() => lines.next(), RangeError, "more than 8 bytes");
    }
    const reader = new StreamReader({ limit: 8 });
    reader.feedData(bytes("12345678\n"));
    assertEquals((await reader.lines().next()).value, "12345678");
  }));

Deno.test("StreamReader.lines() takes other encodings, and refuses wrong bytes if asked", () =>
  runTest(async () => {
    const latin = new StreamReader();
    latin.feedData(new Uint8Array([0xfc, 10]));
    assertEquals((await latin.lines({ encoding: "latin1" }).next()).value, "ü");
    const wrong = new StreamReader();
    wrong.feedData(new Uint8Array([0xff, 10]));
    const lines = wrong.lines({ fatal: true });
    await assertRejects(() => lines.next(), TypeError);
  }));

Deno.test("StreamReader.toReadableStream() gives what is left, and its error", async () => {
  await runTest(async () => {
    const [[, writer], [reader]] = connectionPair({ latency: 1 });
    writer.write(bytes("head\nbody"));
    writer.close();
    await reader.readline();
    const response = new Response(reader.toReadableStream());
    assertEquals(await createTask(() => response.text()), "body");
  });
  await runTest(async () => {
    const reader = new StreamReader();
    const stream = reader.toReadableStream().getReader();
    const read = stream.read();
    reader.setException(new RangeError("broken"));
    await assertRejects(() => read, RangeError, "broken");
  });
});

const UNENDED: Readonly<Record<string, () => StreamReader>> = {
  "a source that waits for the host": () =>
    StreamReader.from(
      new ReadableStream({ start: (stream) => stream.enqueue(bytes("part")) }),
    ),
  "a source that waits for this library": () =>
    StreamReader.from(async function* () {
      yield bytes("part");
      await sleep(3600);
    }()),
  "a connection": () => {
    const [[, writer], [reader]] = connectionPair();
    writer.write(bytes("part"));
    return reader;
  },
};

for (const [name, open] of Object.entries(UNENDED)) {
  Deno.test(`StreamReader.toReadableStream() of ${name} fails if the run ends before, and takes no part for all`, async () => {
    const { stream, rest } = await runTest(async () => {
      const stream = open().toReadableStream().getReader();
      const { value } = await createTask(() => stream.read());
      assertEquals(textOf(value!), "part");
      const rest = stream.read();
      rest.catch(() => {});
      await sleep(1);
      return { stream, rest };
    });
    await assertRejects(() => rest, RuntimeError, "closed here before");
    await assertRejects(
      () => stream.closed,
      RuntimeError,
      "closed here before",
    );
  });
}

Deno.test("StreamReader.toReadableStream() of a connection that is closed here fails, and of one that ends there ends", () =>
  runTest(async () => {
    for (const end of ["close", "abort"] as const) {
      const [[, peer], [reader, writer]] = connectionPair();
      peer.write(bytes("part"));
      await sleep(1);
      const answer = new Response(reader.toReadableStream()).text();
      writer[end]();
      await assertRejects(() => answer, RuntimeError, "closed here before");
    }
    const [[, peer], [reader, writer]] = connectionPair();
    peer.write(bytes("all"));
    peer.close();
    await sleep(1);
    writer.close();
    assertEquals(await new Response(reader.toReadableStream()).text(), "all");
  }));

Deno.test("StreamReader.toReadableStream() that was read to its end stays ended when the run ends", async () => {
  const stream = await runTest(async () => {
    const reader = StreamReader.from(new Blob(["all"]).stream());
    const stream = reader.toReadableStream().getReader();
    while (!(await createTask(() => stream.read())).done);
    return stream;
  });
  assert((await stream.read()).done);
});

Deno.test("StreamReader: a reader cancelled at any moment leaves all bytes to the next", async () => {
  const counts = await sweepCancels(() => {
    const [[, writer], [reader]] = connectionPair({ latency: 1 });
    const got: number[] = [];
    const write = async () => {
      for (let i = 0; i < 4; i++) {
        await writer.write(new Uint8Array([i, i]));
        await sleep(1);
      }
      await writer.close();
    };
    return {
      tasks: {
        async read() {
          for (let i = 0; i < 2; i++) got.push(...await reader.readexactly(2));
        },
        *line() {
          for (let i = 0; i < 2; i++) {
            const data = yield* waitingRead(reader);
            got.push(...data);
          }
        },
        write,
      },
      victims: ["read", "line"],
      async check() {
        got.push(...await reader.read());
        assertEquals(got.length, 8);
        assertEquals(got.toSorted(), [0, 0, 1, 1, 2, 2, 3, 3]);
      },
      mayEnd: (_task, name) => name !== "write",
    };
  });
  assert(counts.cancels > 10);
});

// Reads when nobody else does.
function* waitingRead(reader: StreamReader) {
  for (;;) {
    try {
      return yield* reader.read(2);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      yield* sleep(0.1);
    }
  }
}

Deno.test("IncompleteReadError has what came before the end, also after a timeout", () =>
  runTest(async () => {
    const [[, writer], [reader]] = connectionPair();
    writer.write(bytes("abc"));
    await assertRejects(
      async () =>
        void await timeout(1, async () => void await reader.readexactly(5)),
      TimeoutError,
    );
    await writer.close();
    const error = await assertRejects(
      async () => void await reader.readexactly(5),
      IncompleteReadError,
    );
    assertEquals(textOf(error.partial), "abc");
  }));
