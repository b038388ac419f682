/**
 * Both ends of a connection in memory, for tests: see `testing.ts`.
 *
 * @module
 */
import { checkOptions, DELAY, type OptionKinds } from "../_base/arguments.ts";
import { DEFAULT_LIMIT, HIGH_WATER, LIMIT } from "../_io/limits.ts";
import { TransportWriter } from "../_io/writer.ts";
import { type Delay, toSeconds } from "../clock.ts";
import { getRunningLoop } from "../running_loop.ts";
import { StreamReader } from "../stream_reader.ts";
import type { StreamWriter } from "../stream_writer.ts";
import { MemoryTransport } from "./memory_transport.ts";

/** Options of {@linkcode connectionPair}. */
export interface ConnectionPairOptions {
  /**
   * How long bytes are under way, in seconds of the loop's clock or with units.
   *
   * @default {0}
   */
  readonly latency?: Delay | undefined;
  /**
   * How many bytes may be under way in one direction; above, `write()` makes wait.
   *
   * @default {65536}
   */
  readonly capacity?: number | undefined;
  /**
   * How many bytes a line may have; see `StreamReader`.
   *
   * @default {65536}
   */
  readonly limit?: number | undefined;
}

/** One end of a connection. */
export type ConnectionEnd = [reader: StreamReader, writer: StreamWriter];

const PAIR_OPTIONS: OptionKinds<ConnectionPairOptions> = {
  latency: DELAY,
  capacity: LIMIT,
  limit: LIMIT,
};

/**
 * Makes both ends of a connection in memory, which behaves as one of the host, in the time
 * of the running loop: under a virtual clock without any waiting.
 *
 * @param options How long bytes are under way, and how many may be.
 * @returns Reader and writer of one end, and of the other.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If an option can't be.
 * @throws {RuntimeError} If no loop runs.
 *
 * @example A slow answer
 * ```ts
 * import { createTask, type StreamReader, type StreamWriter } from "@asyncio/asyncio";
 * import { connectionPair, runTest } from "@asyncio/asyncio/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function echo(reader: StreamReader, writer: StreamWriter) {
 *   for await (const line of reader) await writer.write(line);
 * }
 *
 * await runTest(async (loop) => {
 *   const [[reader, writer], server] = connectionPair({ latency: 30 });
 *   createTask(() => echo(...server));
 *   writer.write(new TextEncoder().encode("hello\n"));
 *   assertEquals(new TextDecoder().decode(await reader.readline()), "hello\n");
 *   assertEquals(loop.time(), 60);
 *   await writer.close();
 * });
 * ```
 */
export function connectionPair(
  options: ConnectionPairOptions = {},
): [ConnectionEnd, ConnectionEnd] {
  const { latency = 0, capacity = HIGH_WATER, limit = DEFAULT_LIMIT } =
    checkOptions(
      "make a connection",
      options,
      PAIR_OPTIONS,
    );
  const loop = getRunningLoop();
  const link = { loop, latency: toSeconds(latency), capacity };
  const [a, b] = ["one end", "other end"].map((name) => {
    const transport = new MemoryTransport(name, link);
    const reader = new StreamReader({ loop, limit });
    const writer: TransportWriter = new TransportWriter({
      transport,
      buffer: reader._buffer,
      loop,
      onLost: () => loop._resources.delete(writer),
    });
    loop._resources.add(writer);
    return { transport, reader, writer };
  }) as [PairEnd, PairEnd];
  a.transport.start(b.transport, a.reader._buffer, a.writer);
  b.transport.start(a.transport, b.reader._buffer, b.writer);
  return [[a.reader, a.writer], [b.reader, b.writer]];
}

interface PairEnd {
  readonly transport: MemoryTransport;
  readonly reader: StreamReader;
  readonly writer: TransportWriter;
}
