import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  type Coro,
  createTask,
  DeadlockError,
  gather,
  getRunningLoop,
  RuntimeError,
  sleep,
  type StreamReader,
  type StreamWriter,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { connectionPair, runTest } from "../testing.ts";
import { sweepCancels } from "./_cancel_sweep.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (data: Uint8Array) => new TextDecoder().decode(data);
const time = () => getRunningLoop().time();

Deno.test("connectionPair() joins two ends, in order, after the latency", () =>
  runTest(async () => {
    const [[reader, writer], [other, back]] = connectionPair({
      latency: { milliseconds: 500 },
    });
    writer.write(bytes("a"));
    writer.write(bytes("b"));
    assertEquals(textOf(await other.readexactly(2)), "ab");
    assertEquals(time(), 0.5);
    back.write(bytes("c"));
    assertEquals(textOf(await reader.read(1)), "c");
    assertEquals(time(), 1);
    await writer.close();
    assertEquals((await other.read()).length, 0);
    assertEquals(time(), 1.5);
  }));

Deno.test("connectionPair() lets a writer wait while too much is under way", () =>
  runTest(async () => {
    const [[, writer], [reader]] = connectionPair({ latency: 1, capacity: 10 });
    const first = writer.write(new Uint8Array(10));
    assert(first.done());
    const second = writer.write(new Uint8Array(1));
    assertFalse(second.done());
    await second;
    assertEquals(time(), 1);
    assertEquals((await reader.readexactly(11)).length, 11);
  }));

Deno.test("connectionPair() holds a writer back whose reader does not read", () =>
  runTest(async () => {
    const [[, writer], [reader]] = connectionPair({ capacity: 10, limit: 10 });
    const send = createTask(async () => {
      for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(10));
      await writer.close();
    });
    await sleep(60);
    assertFalse(send.done());
    assertEquals((await reader.read()).length, 100);
    await send;
  }));

Deno.test("connectionPair() that is closed gives the end, and resets who writes on", () =>
  runTest(async () => {
    const [[reader, writer], [other, back]] = connectionPair({ latency: 1 });
    await back.close();
    assertEquals((await reader.read()).length, 0);
    assertFalse(writer.isClosing());
    await writer.write(bytes("x"));
    await assertRejects(
      async () => void await writer.waitClosed(),
      Deno.errors.ConnectionReset,
    );
    assertEquals(time(), 3);
    await assertRejects(async () => void await writer.write(bytes("y")));
    assert(other.atEof());
  }));

Deno.test("connectionPair() ends one half with writeEof(), and loses what is aborted", () =>
  runTest(async () => {
    const [[reader, writer], [other, back]] = connectionPair({ latency: 1 });
    writer.write(bytes("question"));
    writer.writeEof();
    assertEquals(textOf(await other.read()), "question");
    back.write(bytes("answer"));
    back.abort();
    assertEquals(textOf(await reader.read()), "");
    assertThrows(() => writer.write(bytes("x")), RuntimeError);
    await writer.close();
  }));

Deno.test("connectionPair() on which all wait is a deadlock", async () => {
  await assertRejects(
    () =>
      runTest(async () => {
        const [[one], [two]] = connectionPair();
        await gather(one.readline(), two.readline());
      }),
    DeadlockError,
  );
});

Deno.test("connectionPair() can't go over to TLS, and refuses bad options", () =>
  runTest(async () => {
    const [[, writer]] = connectionPair();
    await assertRejects(
      async () => void await writer.startTls(),
      RuntimeError,
      "no plain connection of the host",
    );
    assertThrows(() => connectionPair({ latency: NaN }), RangeError);
    assertThrows(() => connectionPair({ capacity: 0 }), RangeError);
    assertThrows(() => connectionPair({ delay: 1 } as never), TypeError);
  }));

Deno.test("connectionPair() with the capacity and limit Infinity holds nobody back", () =>
  runTest(async () => {
    const options = { capacity: Infinity, limit: Infinity, latency: 1 };
    const [[, writer], [reader]] = connectionPair(options);
    const line = new Uint8Array(200_000).fill(10, -1);
    await writer.write(line);
    assertEquals(time(), 0);
    assertEquals((await reader.readline()).length, line.length);
  }));

Deno.test("StreamWriter: a cancel of one wait leaves the others", () =>
  runTest(async () => {
    const [[, writer], [reader]] = connectionPair({ capacity: 10, limit: 10 });
    for (let i = 0; i < 10; i++) writer.write(new Uint8Array(10));
    const drains = [1, 2, 3].map(() => createTask(() => writer.drain()));
    const closes = [1, 2].map(() => createTask(() => writer.waitClosed()));
    await sleep(1);
    drains[0]!.cancel();
    closes[0]!.cancel();
    await sleep(0);
    await sleep(0);
    assert(drains[0]!.cancelled() && closes[0]!.cancelled());
    await reader.readexactly(100);
    await Promise.all(drains.slice(1));
    writer.close();
    await closes[1];
  }));

Deno.test("StreamWriter: nobody is told of an error of a future that nobody looks at", () =>
  runTest(async () => {
    const [[, writer], [, back]] = connectionPair({ capacity: 10 });
    writer.write(new Uint8Array(100));
    back.abort();
    await sleep(1);
    writer.write(new Uint8Array(1));
    writer.drain();
    await sleep(1);
    writer.close();
    await sleep(1);
  }));

Deno.test("StreamWriter refuses what is no bytes, and everything after close()", () =>
  runTest(async () => {
    const [[, writer]] = connectionPair();
    for (const wrong of ["text", 1, undefined, [1], new ArrayBuffer(1)]) {
      assertThrows(() => writer.write(wrong as never), TypeError, "Uint8Array");
    }
    assertThrows(
      () => writer.write(new DataView(new ArrayBuffer(1)) as never),
      TypeError,
      "got DataView, wrap it in one",
    );
    for (const wrong of [1, undefined, ["text"]]) {
      assertThrows(
        () => writer.writelines(wrong as never),
        TypeError,
        "Cannot write",
      );
    }
    const transferred = new Uint8Array(8);
    transferred.buffer.transfer();
    assertThrows(
      () => writer.write(transferred),
      TypeError,
      "was transferred",
    );
    const closed = writer.close();
    assertThrows(
      () => writer.write(bytes("x")),
      Deno.errors.ConnectionReset,
      "was closed here",
    );
    await assertRejects(async () => void await writer.drain());
    await closed;
    await writer.close();
    writer.abort();
    assert(writer.isClosing());
  }));

Deno.test("StreamWriter at the end of an await using block says nothing of a lost connection", () =>
  runTest(async () => {
    const [[, writer], [, back]] = connectionPair();
    await back.close();
    {
      await using _ = writer;
      await writer.write(bytes("x"));
      await sleep(1);
    }
    await assertRejects(async () => void await writer.waitClosed());
  }));

/** A line protocol over a connection, of which a sweep cancels every part. */
async function client(
  [reader, writer]: readonly [StreamReader, StreamWriter],
  questions: number,
): Promise<void> {
  try {
    for (let i = 0; i < questions; i++) {
      await writer.write(bytes(`${i}\n`));
      await writer.drain();
      assertEquals(textOf(await reader.readline()), `${i}\n`);
    }
    writer.writeEof();
    await reader.read();
  } finally {
    await writer.close();
  }
}

function* server(
  [reader, writer]: readonly [StreamReader, StreamWriter],
): Coro<void> {
  try {
    for (;;) {
      const line = yield* reader.readline();
      if (line.length === 0) return;
      yield* writer.write(line);
    }
  } finally {
    yield* writer.close();
  }
}

Deno.test("StreamReader and StreamWriter: cancelled at any moment, twice, both ends are closed", async () => {
  const counts = await sweepCancels(() => {
    const [one, two] = connectionPair({ latency: 1, capacity: 1 });
    return {
      tasks: {
        client: () => client(one, 2),
        server: () => server(two),
        // For a victim that never began.
        async keeper() {
          await sleep(100);
          one[1].close();
          two[1].close();
        },
      },
      victims: ["client", "server"],
      check() {
        assert(one[1].isClosing());
        assert(two[1].isClosing());
      },
      // The other end sees the connection go: an end, or a reset.
      mayEnd: () => true,
    };
  });
  assert(counts.waits["client"]! > 4);
  assert(counts.doubleCancels > 20);
});

Deno.test("StreamReader waits of both kinds end by a timeout in virtual time", () =>
  runTest(async () => {
    const [[reader]] = connectionPair();
    const waits = [
      () => reader.read(1),
      () => reader.readline(),
      () => reader.readexactly(1),
      () => reader.readuntil(),
      () => reader.read(),
    ];
    for (const wait of waits) {
      await assertRejects(
        async () => void await timeout(60, wait),
        TimeoutError,
      );
    }
    assertEquals(time(), 300);
  }));
