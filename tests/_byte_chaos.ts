/**
 * Random reads of a random stream, cancelled at random moments: no byte gets lost, comes
 * twice or in another order. The seed says all of it but what the host's timing adds.
 *
 * ```sh
 * deno run -A tests/_byte_chaos.ts 0 200
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints what failed

import assert from "node:assert/strict";
import process from "node:process";
import {
  CancelledError,
  type Coroutine,
  createSubprocessExec,
  createTask,
  currentTask,
  EventLoop,
  type Future,
  IncompleteReadError,
  LimitOverrunError,
  openConnection,
  PIPE,
  run,
  sleep,
  startServer,
  type StreamReader,
  type StreamWriter,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { connectionPair, TestLoop } from "../testing.ts";
import { Random } from "./differential/random.ts";
import { certificate, HOST } from "./_stream_checks.ts";

/** Bytes with a newline here and there. */
function makeBytes(random: Random): Uint8Array {
  const size = random.between(1, 500) +
    random.between(0, 3) * random.between(0, 60_000);
  return new Uint8Array(size).map((_, i) =>
    random.chance(0.02) ? 10 : (i * 7 + random.between(0, 2)) % 251
  );
}

/** Both ends of a stream: what is written at one comes out at the other. */
interface Ends {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  /** Closes what is left. */
  close(): PromiseLike<unknown>;
}

/** What a stream may go through, by name. */
export const WIRES: Readonly<
  Record<string, (random: Random) => Promise<Ends>>
> = {
  // deno-lint-ignore require-await -- as the others
  async "memory"(random) {
    const [[reader, near], [, writer]] = connectionPair({
      latency: random.between(0, 2),
      capacity: random.between(1, 10_000),
      limit: random.between(1, 1000),
    });
    return { reader, writer, close: () => near.close() };
  },
  async "TCP"(random) {
    return await connect(random.between(1, 1000));
  },
  async "TLS"(random) {
    return await connect(random.between(1, 1000), certificate());
  },
  async "a pipe"(random) {
    const cat = await createSubprocessExec("cat", [], {
      stdin: PIPE,
      stdout: PIPE,
      limit: random.between(1, 1000),
    });
    return {
      reader: cat.stdout!,
      writer: cat.stdin!,
      close: () => cat.end({ grace: 0 }),
    };
  },
};

async function connect(
  limit: number,
  tls?: { readonly ca: string; readonly cert: string; readonly key: string },
): Promise<Ends> {
  const server = await startServer(
    async (reader, writer) => {
      for (;;) {
        const part = await reader.read(5_000);
        if (part.length === 0) break;
        await writer.write(part);
      }
    },
    HOST,
    0,
    tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } },
  );
  const [reader, writer] = await openConnection(
    HOST,
    server.sockets[0]!.port,
    { limit, ...tls === undefined ? {} : { tls: { ca: tls.ca } } },
  );
  return {
    reader,
    writer,
    async close() {
      await writer.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Writes all, in pieces; some writes are not waited for, some waits are cancelled. */
async function send(
  { writer }: Ends,
  data: Uint8Array,
  random: Random,
): Promise<void> {
  for (let at = 0; at < data.length;) {
    const size = random.between(1, random.chance(0.2) ? 30_000 : 300);
    const wait = writer.write(data.subarray(at, at + size));
    at += size;
    const how = random.next();
    if (how < 0.5) await wait;
    // A cancel of the wait takes nothing back.
    else if (how < 0.7) await cutShort(() => wait, random);
    else if (how < 0.9) await sleep(0);
  }
  writer.writeEof();
}

const SOUGHT = new Uint8Array([20, 27]);

type Read = (reader: StreamReader) => Coroutine<Uint8Array>;

function randomRead(random: Random): Read {
  const count = random.between(0, random.chance(0.5) ? 5000 : 3);
  return random.pick<Read>([
    (reader) => reader.read(count + 1),
    (reader) => count % 2 === 1 ? reader.read() : reader.read(1),
    (reader) => reader.readexactly(count),
    (reader) => reader.readuntil(),
    (reader) => reader.readuntil(SOUGHT),
    (reader) => reader.readuntil([new Uint8Array([10]), SOUGHT]),
  ]);
}

/** Waits, or is cancelled at a random moment: then it gives nothing. */
async function cutShort<T>(
  work: () => Coroutine<T> | Future<T>,
  random: Random,
): Promise<T | undefined> {
  try {
    return await random.pick([waitOn, waitInTime, waitInTask, waitInTask])(
      work,
      random,
    );
  } catch (error) {
    const isCut = error instanceof CancelledError ||
      error instanceof TimeoutError;
    if (isCut && currentTask()!.cancelling() === 0) return undefined;
    throw error;
  }
}

type Wait = <T>(
  work: () => Coroutine<T> | Future<T>,
  random: Random,
) => PromiseLike<T>;

const waitOn: Wait = async (work) => await work();

const waitInTime: Wait = (work, random) => timeout(random.next() / 300, work);

const waitInTask: Wait = async (work, random) => {
  const styles = [async () => await work(), work];
  const task = createTask(random.pick(styles));
  for (let turn = random.between(0, 4); turn > 0; turn--) await sleep(0);
  if (random.chance(0.3)) await sleep(random.next() / 300);
  task.cancel();
  if (random.chance(0.3)) {
    await sleep(0);
    task.cancel();
  }
  return await task;
};

/** Reads all that comes. */
async function receive(
  { reader }: Ends,
  random: Random,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  while (!reader.atEof()) {
    const read = randomRead(random);
    try {
      const part = await cutShort(() => read(reader), random);
      if (part !== undefined) parts.push(part.slice());
    } catch (error) {
      if (error instanceof IncompleteReadError) parts.push(error.partial);
      // Too long, it stays to be read.
      else if (error instanceof LimitOverrunError) {
        parts.push((await reader.readexactly(error.consumed)).slice());
      } else throw error;
    }
    if (random.chance(0.1)) await sleep(random.next() / 500);
  }
  return parts;
}

/** Sends and reads what a seed says. */
export async function byteChaos(wire: string, seed: number): Promise<void> {
  await run(() => timeout(60, () => sendAndReceive(wire, new Random(seed))), {
    loopFactory: () => wire === "memory" ? new TestLoop() : new EventLoop(),
  });
}

async function sendAndReceive(wire: string, random: Random): Promise<void> {
  const ends = await WIRES[wire]!(random);
  const data = makeBytes(random);
  const sending = createTask(() => send(ends, data, random));
  const parts = await receive(ends, random);
  await sending;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  assert.equal(size, data.length, "bytes were lost or came twice");
  let at = 0;
  for (const part of parts) {
    assert.deepEqual(new Uint8Array(part), data.slice(at, at += part.length));
  }
  await ends.close();
}

if (/_byte_chaos\.ts$/.test(process.argv[1] ?? "")) {
  const [first = 0, end = 20] = process.argv.slice(2).map(Number);
  for (const wire of Object.keys(WIRES)) {
    for (let seed = first; seed < end; seed++) {
      try {
        await byteChaos(wire, seed);
      } catch (error) {
        console.log(`failed: ${wire}, seed ${seed}: ${(error as Error).stack}`);
      }
    }
  }
  console.log("done");
}
