/**
 * One end of a connection in a random program: what it reads, writes, and how it ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  type Coro,
  createTask,
  currentTask,
  gather,
  IncompleteReadError,
  LimitOverrunError,
  mapConcurrent,
  race,
  sleep,
  type StreamReader,
  type StreamWriter,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../mod.ts";
import type { Random } from "./differential/random.ts";

/** Reader and writer. */
export type Streams = [reader: StreamReader, writer: StreamWriter];
type Work = (() => Promise<unknown>) | (() => Generator<never, unknown, never>);

const MARK = 33;
const NEWLINE = 10;

/** The byte at a place of what one end sends: lines of letters, of 40 at most. */
function byteAt(at: number, key: number): number {
  const line = 7 + key * 5;
  return at % line === line - 1 || at % 31 === 30
    ? NEWLINE
    : 97 + (at * 7 + (at >> 8) + key * 3) % 26;
}

/** What one end has sent, or got. */
class Flow {
  count = 0;
  /** Whether the end of it has come. */
  hasEnded = false;
  /** What the other end has sent of it. */
  sent: Flow | undefined;
  readonly key: number;

  constructor(key: number) {
    this.key = key;
  }

  next(size: number): Uint8Array {
    const from = this.count;
    this.count += size;
    return new Uint8Array(size).map((_, i) => byteAt(from + i, this.key));
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      assert(!this.hasEnded, "something comes after the end");
      if (byte === MARK) this.hasEnded = true;
      else if (byte !== byteAt(this.count, this.key)) {
        throw new Error(
          `byte ${this.count} of flow ${this.key} is wrong: ${byte}`,
        );
      } else this.count++;
    }
  }

  /** Takes a line without its end. */
  takeLine(text: string): void {
    this.take(new TextEncoder().encode(text));
    // The last line may have no end.
    const isAll = this.count === this.sent?.count;
    if (!isAll && byteAt(this.count, this.key) === NEWLINE) this.count++;
  }
}

/** How an end leaves. */
export type Ending = "eof" | "mark" | "close" | "abort" | "return" | "throw";

/** One end of a connection. */
export class Side {
  ending: Ending = "return";
  failure: unknown;
  /** What its reader was ended by. */
  readEnd: "none" | "eof" | "error" = "none";
  hasClosed = false;
  readonly in: Flow;
  readonly out: Flow;
  readonly name: string;
  readonly random: Random;
  readonly streams: Streams;

  constructor(
    name: string,
    random: Random,
    streams: Streams,
    keys: readonly [number, number],
  ) {
    this.name = name;
    this.random = random;
    this.streams = streams;
    this.in = new Flow(keys[0]);
    this.out = new Flow(keys[1]);
  }

  get reader(): StreamReader {
    return this.streams[0];
  }
  get writer(): StreamWriter {
    return this.streams[1];
  }

  /** A random read, in one of both styles. */
  read(): Work {
    const { reader, random } = this;
    const flow = this.in;
    const n = random.between(1, random.chance(0.5) ? 3000 : 20);
    const lines = random.between(1, 5);
    const reads = random.pick([
      () => reader.read(n),
      () => reader.readexactly(n),
      () => reader.readuntil(),
      () => reader.readline(),
      () =>
        reader.readuntil([new Uint8Array([110, 117]), new Uint8Array([MARK])]),
    ]);
    const failed = (error: unknown): number => {
      if (error instanceof IncompleteReadError) flow.take(error.partial);
      else if (error instanceof LimitOverrunError) return error.consumed;
      else throw error;
      return 0;
    };
    return random.pick<Work>([
      function* () {
        try {
          flow.take(yield* reads());
        } catch (error) {
          const left = failed(error);
          if (left > 0) flow.take(yield* reader.readexactly(left));
        }
      } as () => Generator<never, void, never>,
      async () => {
        try {
          flow.take(await reads());
        } catch (error) {
          const left = failed(error);
          if (left > 0) flow.take(await reader.readexactly(left));
        }
      },
      async () => {
        let count = 0;
        for await (const line of reader) {
          flow.take(line);
          if (++count === lines) break;
        }
      },
      async () => {
        let count = 0;
        for await (const line of reader.lines()) {
          flow.takeLine(line);
          if (++count === lines) break;
        }
      },
      // deno-lint-ignore require-await -- it gives what another waits for
      async () => reader.read(n).then((bytes) => flow.take(bytes)),
    ]);
  }

  /** A random write. */
  write(): Work {
    const { writer, random } = this;
    const size = random.between(1, random.chance(0.2) ? 60_000 : 400);
    const part = (): Uint8Array => this.out.next(size);
    return random.pick<Work>([
      function* () {
        yield* writer.write(part());
      } as () => Generator<never, void, never>,
      async () => await writer.write(part()),
      async () => {
        writer.write(part());
        await sleep(0);
        await writer.drain();
      },
      async () => {
        const whole = part();
        const half = whole.length >> 1;
        await writer.writelines([
          whole.subarray(0, half),
          whole.subarray(half),
        ]);
      },
      // deno-lint-ignore require-await -- it does not wait
      async () => void writer.write(part()),
    ]);
  }

  /** Some reads and writes beside each other; a read at a time. */
  work(): Work {
    const { random } = this;
    const reads = async (): Promise<void> => {
      for (let i = random.between(0, 4); i > 0 && !this.in.hasEnded; i--) {
        if (this.reader.atEof()) break;
        await this.cut(this.read());
        if (random.chance(0.2)) await sleep(random.next() / 500);
      }
    };
    const writes = async (): Promise<void> => {
      for (let i = random.between(0, 4); i > 0; i--) {
        await this.cut(this.write());
        if (random.chance(0.2)) await sleep(random.next() / 500);
      }
    };
    return random.pick<Work>([
      async () => {
        await reads();
        await writes();
      },
      async () => {
        const parts = [reads, writes];
        for (
          const part of await gather(parts, { returnExceptions: true })
        ) if (part !== undefined) throw part;
      },
      function* (): Coro<void> {
        const parts = [reads, writes];
        for (
          const part of yield* gather(parts, { returnExceptions: true })
        ) if (part !== undefined) throw part;
      } as () => Generator<never, void, never>,
      async () =>
        await taskGroup((group) => {
          group.createTask(reads);
          group.createTask(writes);
          return sleep(0);
        }),
      async () => await race([reads, writes]),
      async () =>
        void await mapConcurrent([reads, writes], (part) => part(), {
          limit: 2,
        })
          .collect(),
    ]);
  }

  /** Runs it, or cancels it at a random moment. */
  async cut(work: Work): Promise<void> {
    const { random } = this;
    const delay = random.next() / 300;
    try {
      switch (random.between(0, 6)) {
        case 0:
        case 1:
          return void await timeout(delay, work as () => Promise<unknown>);
        case 2:
          return void await waitFor(work as () => Promise<unknown>, delay);
        case 3:
          return void await race([
            work as () => Promise<unknown>,
            () => sleep(delay),
          ]);
        default: {
          const task = createTask(work as () => Promise<unknown>);
          try {
            for (let turn = random.between(0, 4); turn > 0; turn--) {
              await sleep(0);
            }
            if (random.chance(0.5)) await sleep(delay);
          } finally {
            task.cancel();
            if (random.chance(0.3)) {
              await sleep(0);
              task.cancel();
            }
            await wait([task]);
          }
          return void await task;
        }
      }
    } catch (error) {
      if (error instanceof TimeoutError) return;
      const isOwn = error instanceof CancelledError &&
        currentTask()!.cancelling() === 0;
      if (isOwn) return;
      throw error;
    }
  }

  /** Reads what is left. */
  async readRest(): Promise<void> {
    const { reader, random } = this;
    while (!this.in.hasEnded) {
      if (random.chance(0.3)) await this.cut(this.read());
      else {
        const bytes = await reader.read(random.between(1, 10_000));
        if (bytes.length === 0) break;
        this.in.take(bytes);
      }
      if (reader.atEof()) break;
    }
  }

  async run(): Promise<void> {
    const { random, reader, writer } = this;
    for (let phase = random.between(0, 4); phase > 0; phase--) {
      if (this.in.hasEnded || reader.atEof() || writer.isClosing()) break;
      await this.cut(this.work());
    }
    switch (this.ending) {
      case "mark":
        writer.write(new Uint8Array([MARK]));
        await this.readRest();
        break;
      case "eof":
        writer.writeEof();
        await this.readRest();
        break;
      case "close":
        if (random.chance(0.5)) await this.readRestFor(random.next() / 100);
        this.noteReadEnd();
        this.hasClosed = true;
        return void writer.close();
      case "abort":
        if (random.chance(0.5)) await this.readRestFor(random.next() / 100);
        this.noteReadEnd();
        this.hasClosed = true;
        return writer.abort();
      case "throw":
        this.noteReadEnd();
        throw this.failure = new Error(`thrown by ${this.name}`);
    }
    this.noteReadEnd();
  }

  async readRestFor(seconds: number): Promise<void> {
    try {
      await timeout(seconds, () => this.readRest());
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }

  noteReadEnd(): void {
    const { reader } = this;
    if (reader.exception() !== undefined) this.readEnd = "error";
    else if (reader.atEof()) this.readEnd = "eof";
  }
}
