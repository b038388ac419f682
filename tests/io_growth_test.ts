/**
 * Growth of streams: see `_growth.ts`.
 *
 * @module
 */
import { assert } from "@std/assert";
import { createTask, sleep, StreamReader, wait } from "@asyncio/asyncio";
import { connectionPair } from "@asyncio/asyncio/testing";
import { cpuSeconds, inLoop, linear } from "./_growth.ts";

const NO_LIMIT = { limit: 1e9 };
const bytes = (text: string) => new TextEncoder().encode(text);

linear(
  "a small piece under way in a connection in memory",
  (n) =>
    inLoop(async () => {
      const [[reader], [, writer]] = connectionPair();
      const piece = bytes("a");
      for (let i = 0; i < n; i++) writer.write(piece);
      const start = cpuSeconds();
      assert((await reader.readexactly(n)).length === n);
      const seconds = cpuSeconds() - start;
      writer.abort();
      return seconds;
    }),
);

linear(
  "a byte of a separator that comes byte by byte",
  (n) =>
    inLoop(async () => {
      const reader = new StreamReader(NO_LIMIT);
      const size = n / 20;
      const task = createTask(
        reader.readuntil(bytes(`${"a".repeat(size - 1)}b`)),
      );
      const piece = bytes("a");
      const start = cpuSeconds();
      for (let i = 0; i < n; i++) {
        reader.feedData(piece);
        if (i % 10 === 0) await sleep(0);
      }
      reader.feedData(bytes("b"));
      assert((await task).length === n + 1);
      return cpuSeconds() - start;
    }),
);

linear(
  "a line whose reader also knows a separator that never comes",
  (n) =>
    inLoop(async () => {
      const reader = new StreamReader(NO_LIMIT);
      reader.feedData(bytes("line\n".repeat(n)));
      const separators = [bytes("\0"), bytes("\n")];
      const start = cpuSeconds();
      for (let i = 0; i < n; i++) await reader.readuntil(separators);
      return cpuSeconds() - start;
    }),
);

linear("a piece of one line of lines()", (n) =>
  inLoop(async () => {
    const reader = new StreamReader(NO_LIMIT);
    const task = createTask(async () => {
      for await (const line of reader.lines()) return line.length;
    });
    await sleep(0);
    const piece = bytes("a".repeat(10));
    const start = cpuSeconds();
    for (let i = 0; i < n; i++) {
      reader.feedData(piece);
      await sleep(0);
    }
    reader.feedEof();
    assert(await task === 10 * n);
    return cpuSeconds() - start;
  }));

linear("a piece that a cancelled read() puts back", (n) =>
  inLoop(async () => {
    const reader = new StreamReader(NO_LIMIT);
    const task = createTask(reader.read());
    await sleep(0);
    const piece = bytes("a".repeat(20));
    for (let i = 0; i < n; i++) {
      reader.feedData(piece);
      await sleep(0);
    }
    const start = cpuSeconds();
    task.cancel();
    await wait([task]);
    const seconds = cpuSeconds() - start;
    assert(task.cancelled());
    assert((await reader.readexactly(20 * n)).length === 20 * n);
    return seconds;
  }));
