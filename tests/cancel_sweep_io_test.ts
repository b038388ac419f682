/**
 * Cancels tasks at every wait for input and output that needs no host: no byte, item or
 * listener gets lost, no cancel is swallowed, nothing stays open. `stream_sweeps_test.ts`
 * does so with real connections.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  closing,
  type Coro,
  createTask,
  currentTask,
  every,
  type Future,
  handleRequests,
  iterate,
  on,
  once,
  sleep,
  StreamReader,
  type StreamWriter,
  type Task,
  taskSignal,
  timeout,
  TimeoutError,
} from "@asyncio/asyncio";
import { connectionPair } from "@asyncio/asyncio/testing";
import {
  type Probe,
  sweepCancels,
  type SweepProgram,
} from "./_cancel_sweep.ts";
import { sweepTest } from "./_sweep_case.ts";
import { SOURCES } from "./_listeners.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string) => encoder.encode(text);

const TEXT = "first\nsecond|third\nrest";

/** Takes what is left, and says whether it is the end of what was sent. */
async function checkRest(reader: StreamReader, got: string): Promise<void> {
  const rest = decoder.decode(await reader.read());
  assertEquals(got + rest, TEXT);
}

function* feed(reader: StreamReader, size = 7): Coro<void> {
  const data = bytes(TEXT);
  for (let at = 0; at < data.length; at += size) {
    yield* sleep(1);
    reader.feedData(data.subarray(at, at + size));
  }
  reader.feedEof();
}

sweepTest("the reads of a StreamReader under yield*", () => {
  const reader = new StreamReader();
  let got = "";
  return {
    tasks: {
      *reads() {
        got += decoder.decode(yield* reader.readline());
        got += decoder.decode(yield* reader.readuntil(bytes("|")));
        got += decoder.decode(yield* reader.readexactly(6));
        got += decoder.decode(yield* reader.read(2));
        got += decoder.decode(yield* reader.read());
      },
      feeds: () => feed(reader),
    },
    victims: ["reads"],
    check: () => checkRest(reader, got),
  };
});

sweepTest("the reads of a StreamReader under await", () => {
  const reader = new StreamReader();
  let got = "";
  return {
    tasks: {
      async reads() {
        got += decoder.decode(await reader.readline());
        got += decoder.decode(await reader.readuntil(bytes("|")));
        got += decoder.decode(await reader.readexactly(6));
        got += decoder.decode(await reader.read(2));
        got += decoder.decode(await reader.read());
      },
      feeds: () => feed(reader),
    },
    victims: ["reads"],
    check: () => checkRest(reader, got),
  };
});

for (const how of ["bytes", "text"] as const) {
  sweepTest(`the lines of a StreamReader as ${how}`, () => {
    const reader = new StreamReader();
    let got = "";
    return {
      tasks: {
        async reads() {
          if (how === "bytes") {
            for await (const line of reader) got += decoder.decode(line);
          } else {
            for await (const line of reader.lines()) {
              got += line === "rest" ? line : `${line}\n`;
            }
          }
        },
        feeds: () => feed(reader),
      },
      victims: ["reads"],
      check: () => checkRest(reader, got),
    };
  });
}

sweepTest("toReadableStream()", () => {
  const reader = new StreamReader();
  let got = "";
  return {
    tasks: {
      async reads() {
        for await (const piece of iterate(reader.toReadableStream())) {
          got += decoder.decode(piece);
          await sleep(0);
        }
      },
      feeds: () => feed(reader, 12),
    },
    victims: ["reads"],
    // What a piece holds belongs to who has asked for it.
    check: () => assert(TEXT.startsWith(got)),
  };
});

type Talk = (reader: StreamReader, writer: StreamWriter) => Promise<void>;

/** A task at one end of a connection, with a peer; both ends are closed when it is over. */
function pairProgram(work: Talk, peer: Talk): (probe: Probe) => SweepProgram {
  return () => {
    const writers: StreamWriter[] = [];
    return {
      tasks: {
        async work() {
          const [near, far] = connectionPair({ latency: 1, capacity: 8 });
          writers.push(near[1], far[1]);
          createTask(() => peer(...far), { name: "peer" });
          await work(...near);
        },
      },
      async check() {
        await sleep(200);
        assert(writers.every((writer) => writer.isClosing()));
      },
    };
  };
}

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for await (const line of reader) await writer.write(line);
  } catch (error) {
    // The other end has aborted.
    if (
      !(error instanceof Error) || !/lost|closed|reset/i.test(error.message)
    ) {
      throw error;
    }
  } finally {
    writer.abort();
  }
}

sweepTest(
  "both ends of connectionPair() with close() in a finally",
  pairProgram(async (reader, writer) => {
    try {
      await writer.write(bytes("much more than fits\n"));
      await writer.drain();
      await reader.readline();
      writer.writeEof();
      await reader.read();
    } finally {
      await writer.close();
    }
  }, echo),
);

sweepTest(
  "StreamWriter in an `await using` block",
  pairProgram(async (reader, writer) => {
    await using _ = writer;
    await writer.write(bytes("much more than fits\n"));
    await reader.readline();
  }, echo),
);

sweepTest(
  "StreamWriter in an `await using` block, whose peer never reads",
  pairProgram(async (_reader, writer) => {
    await using _ = writer;
    await writer.write(bytes("much more than fits\n"));
    await writer.drain();
  }, async (_reader, writer) => {
    await sleep(100);
    writer.abort();
  }),
);

sweepTest("the reads of connectionPair()", () => {
  const [[, writer], [reader]] = connectionPair({ latency: 1, capacity: 4 });
  let got = "";
  return {
    tasks: {
      async reads() {
        got += decoder.decode(await reader.readline());
        got += decoder.decode(await reader.readuntil(bytes("|")));
        got += decoder.decode(await reader.readexactly(6));
        got += decoder.decode(await reader.read());
      },
      *writes() {
        const data = bytes(TEXT);
        for (let at = 0; at < data.length; at += 7) {
          yield* sleep(1);
          writer.write(data.subarray(at, at + 7));
        }
        writer.close();
      },
    },
    victims: ["reads"],
    check: () => checkRest(reader, got),
  };
});

for (const style of ["await", "yield*"]) {
  sweepTest(`the writes to connectionPair() under ${style}`, () => {
    const [[, writer], [reader]] = connectionPair({ latency: 1, capacity: 8 });
    let [came, written] = [0, 0];
    function* parts(): Generator<Future<void>> {
      for (const size of [3, 20, 1, 20]) {
        const wait = writer.write(new Uint8Array(size));
        written += size;
        yield wait;
      }
      yield writer.drain();
    }
    return {
      tasks: {
        writes: style === "await"
          ? async () => {
            for (const wait of parts()) await wait;
          }
          : function* () {
            for (const wait of parts()) yield* wait;
          },
        async reads() {
          for (let i = 0; i < 8; i++) {
            try {
              came += (await timeout(3, () => reader.read(8))).length;
            } catch (error) {
              // The writer was cancelled, and writes no more.
              if (!(error instanceof TimeoutError)) throw error;
            }
          }
        },
      },
      victims: ["writes"],
      async check() {
        writer.close();
        assertEquals(came + (await reader.read()).length, written);
      },
    };
  });
}

sweepTest("StreamReader.from() of an async generator", () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const data = bytes(TEXT);
    for (let at = 0; at < data.length; at += 7) {
      await sleep(1);
      yield data.subarray(at, at + 7);
    }
  }
  let reader: StreamReader | undefined;
  let got = "";
  return {
    tasks: {
      async reads() {
        reader = StreamReader.from(pieces());
        got += decoder.decode(await reader.readline());
        got += decoder.decode(await reader.readexactly(8));
        got += decoder.decode(await reader.read());
      },
    },
    async check() {
      if (reader !== undefined) await checkRest(reader, got);
    },
  };
});

Deno.test("taskSignal(), its task cancelled everywhere, stops the host", async () => {
  const { cancels } = await sweepCancels((probe) => {
    const signals: AbortSignal[] = [];
    let work: Task<unknown> | undefined;
    /** What the host does while the signal lets it. */
    async function host(signal: AbortSignal): Promise<void> {
      signals.push(signal);
      for (let i = 0; i < 2; i++) {
        await probe.host();
        signal.throwIfAborted();
      }
    }
    return {
      tasks: {
        async asks() {
          work = currentTask();
          await host(taskSignal());
          await sleep(1);
          await host(taskSignal());
        },
      },
      check() {
        const aborted = signals.some((signal) => signal.aborted);
        if (signals.length > 0) assertEquals(work!.cancelled(), aborted);
      },
    };
  });
  // The waits for the host are none of the loop's.
  assert(cancels >= 6, `${cancels} cancels`);
});

sweepTest("closing()", () => ({
  tasks: {
    async waits() {
      const error = await timeout(1, () => closing()).then(null, (e) => e);
      if (!(error instanceof TimeoutError)) throw error;
    },
  },
}));

sweepTest("drain() of handleRequests()", (probe) => {
  const tasks = handleRequests(async () => {
    using _ = probe.enter("request");
    await sleep(2);
    return new Response("done");
  });
  const answer = Promise.resolve(tasks(new Request("http://localhost/")));
  return {
    tasks: {
      async drains() {
        await tasks.drain();
      },
      *drainsToo() {
        yield* tasks.drain();
      },
    },
    async check() {
      assertEquals((await answer).status, 200);
      assertEquals(tasks.active, 0);
      await tasks.drain();
    },
  };
});

for (const [kind, make] of Object.entries(SOURCES)) {
  sweepTest(`once() and on() of ${kind}`, () => {
    const source = make();
    async function emit(): Promise<void> {
      for (let i = 0; i < 2; i++) {
        await sleep(1);
        source.emit(i);
      }
    }
    return {
      tasks: {
        async once() {
          await once(source.target, "item");
          await sleep(0);
        },
        async all() {
          let count = 0;
          for await (const _ of on(source.target, "item")) {
            await sleep(0);
            if (++count === 2) break;
          }
        },
        *some() {
          using events = on(source.target, "item");
          yield* events.next();
        },
        emit,
      },
      victims: ["once", "all", "some"],
      check: () => assertEquals(source.listeners(), 0),
    };
  });
}

sweepTest("drain() of handleRequests() with limits", (probe) => {
  const tasks = handleRequests(function* () {
    using _ = probe.enter("request");
    yield* sleep(3600);
    return new Response("late");
  });
  const answer = Promise.resolve(tasks(new Request("http://localhost/")));
  const limits = { grace: 1, cleanup: 1 };
  return {
    tasks: {
      async drains() {
        await tasks.drain(limits);
      },
      *drainsToo() {
        yield* tasks.drain(limits);
      },
    },
    async check() {
      await tasks.drain(limits);
      assertEquals((await answer).status, 503);
      assertEquals(tasks.active, 0);
    },
  };
});

sweepTest("every() in a generator", () => ({
  tasks: {
    *ticks() {
      using ticks = every(1, { missed: "catchUp" });
      for (let i = 0; i < 3; i++) {
        yield* ticks.next();
        yield* sleep(1.5);
      }
    },
  },
}));

sweepTest("every()", () => ({
  tasks: {
    async ticks() {
      for await (const tick of every(1)) {
        await sleep(0.5);
        if (tick >= 3) break;
      }
    },
  },
}));

sweepTest("iterate() of an async generator", (probe) => {
  async function* items(): AsyncGenerator<number> {
    using _ = probe.enter("source");
    for (let i = 0; i < 3; i++) {
      await sleep(1);
      yield i;
    }
  }
  return {
    tasks: {
      async reads() {
        for await (const _ of iterate(items())) await sleep(0);
      },
    },
    // The end of a generator that waits comes after it.
    check: () => createTask(() => sleep(10)).then(() => {}),
  };
});

sweepTest("iterate() of a ReadableStream", () => {
  let open = 0;
  const stream = new ReadableStream<number>({
    start: () => void open++,
    async pull(controller) {
      await Promise.resolve();
      if (open > 3) {
        open = 0;
        controller.close();
      } else controller.enqueue(open++);
    },
    cancel: () => void (open = 0),
  }, { highWaterMark: 0 });
  return {
    tasks: {
      async reads() {
        for await (const _ of iterate(stream)) await sleep(1);
      },
    },
    async check() {
      // Never begun, it is open.
      if (!stream.locked) await stream.cancel();
      assertEquals(open, 0);
    },
  };
});
