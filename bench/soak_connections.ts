/**
 * Opens and ends many connections in every way, each tenth by TLS, and looks for what is
 * left: descriptors, tasks, timers, memory.
 *
 * ```sh
 * deno run -A --v8-flags=--expose-gc bench/soak_connections.ts --connections 100000
 * ```
 *
 * It prints one line, and ends with an error if something is left.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { parseArgs } from "node:util";
import {
  allTasks,
  CancelledError,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  sleep,
  startServer,
  type StreamReader,
  type StreamWriter,
} from "../mod.ts";
import { makeCertificate } from "../tests/_certificates.ts";

const { values: options } = parseArgs({
  options: {
    connections: { type: "string", default: "100000" },
    together: { type: "string", default: "50" },
  },
});

const total = Number(options.connections);
const together = Math.min(Number(options.together), total);
const { ca, cert, key } = makeCertificate();
const line = new TextEncoder().encode("hello\n");

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for await (const line of reader) await writer.write(line);
  } catch (error) {
    // Who aborts TLS resets the connection: there is more on it than what was read.
    if (error instanceof CancelledError || !writer.isClosing()) throw error;
  }
}

/** The ports of the two servers. */
interface Ports {
  readonly plain: number;
  readonly tls: number;
}

/** One connection; the number says how it ends, and whether it is one of TLS. */
async function connect(ports: Ports, number: number): Promise<void> {
  // Each way to end comes with it and without it.
  const isTls = Math.floor(number / 4) % 10 === 0;
  const [reader, writer] = isTls
    ? await openConnection("127.0.0.1", ports.tls, { tls: { ca } })
    : await openConnection("127.0.0.1", ports.plain);
  try {
    await writer.write(line);
    const answer = await reader.readline();
    if (answer.length !== line.length) throw new Error("A wrong answer");
    if (number % 4 === 1) writer.abort();
    if (number % 4 === 2) {
      writer.writeEof();
      await reader.read();
    }
    // Cancelled in this wait, or in one before.
    if (number % 4 === 3) await reader.readline();
  } finally {
    writer.close();
  }
}

async function work(ports: Ports, numbers: Iterator<number>): Promise<void> {
  for (;;) {
    const { done, value } = numbers.next();
    if (done) return;
    const task = createTask(() => connect(ports, value));
    if (value % 4 === 3) {
      await sleep(0.005);
      task.cancel();
    }
    try {
      await task;
    } catch (error) {
      if (!(error instanceof CancelledError && task.cancelled())) throw error;
    }
  }
}

async function soak(connections: number): Promise<void> {
  const plain = await startServer(echo, "127.0.0.1");
  const tls = await startServer(echo, "127.0.0.1", 0, { tls: { cert, key } });
  const ports = {
    plain: plain.sockets[0]!.port,
    tls: tls.sockets[0]!.port,
  };
  const numbers = Array(connections).keys();
  const workers = Array.from(
    { length: together },
    () => createTask(() => work(ports, numbers)),
  );
  for (const worker of workers) await worker;
  for (const server of [plain, tls]) {
    server.close();
    await server.waitClosed();
  }
  const tasks = allTasks(getRunningLoop()).size;
  if (tasks !== 1) throw new Error(`${tasks - 1} tasks are left`);
}

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

async function memory(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("It needs --v8-flags=--expose-gc");
  // What stood in an async context goes with the second or third collection only.
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return Deno.memoryUsage().heapUsed;
}

// What the first connections make once is not what later ones leave.
await run(() => soak(together * 4));
const before = { descriptors: descriptors(), memory: await memory() };
await run(() => soak(total));
const left = descriptors() - before.descriptors;
const grown = await memory() - before.memory;
console.log(
  `${total} connections: ${left} descriptors left, ${grown} bytes of memory grown`,
);
// One or two may be the host's own.
if (left > 2) throw new Error("Connections are left open");
// What the compiler keeps does not grow with the connections.
if (grown > 1e6 + 50 * total) throw new Error("Memory has grown");
