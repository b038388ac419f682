/**
 * Cancels at every moment of connections that talk: no byte is lost on either way.
 *
 * @module
 */
import assert from "node:assert/strict";
import { linkSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as HostServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { createServer as createTlsServer } from "node:tls";
import {
  CancelledError,
  openConnection,
  openUnixConnection,
  type Server,
  sleep,
  startUnixServer,
  type StreamReader,
  type StreamWriter,
} from "../mod.ts";
import { clientTls, serverTls } from "./_certificates.ts";
import { type RealVictim, sweepReal } from "./_real_sweep.ts";

const HOST = "127.0.0.1";
const TEXT = "first\nsecond|third\nrest";
const PARTS = ["first\nsec", "ond|third\n", "rest"];

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

type Streams = [StreamReader, StreamWriter];

/** Servers of the host that write a text in parts, or tell how many bytes came. */
class Peers {
  readonly folder = mkdtempSync(`${tmpdir()}/asyncio-`);
  readonly #servers: HostServer[] = [];
  readonly #sockets = new Set<Socket>();

  /** Starts a server; gives what connects to it. */
  async serve(
    kind: "TCP" | "TLS" | "a Unix socket",
    talk: (socket: Socket) => void,
  ): Promise<() => ReturnType<typeof openConnection>> {
    const options = { allowHalfOpen: true };
    const note = (socket: Socket): void => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    };
    const take = (socket: Socket): void => {
      note(socket);
      talk(socket);
    };
    const server = kind === "TLS"
      ? createTlsServer({ ...options, ...serverTls() }, take as never)
      : createServer(options, take);
    server.on("tlsClientError", () => {});
    // One whose handshake was given up is known to nobody else.
    if (kind === "TLS") server.on("connection", note);
    this.#servers.push(server);
    const path = `${this.folder}/${this.#servers.length}`;
    await new Promise<void>((resolve) => {
      if (kind === "a Unix socket") server.listen(path, resolve);
      else server.listen(0, HOST, resolve);
    });
    if (kind === "a Unix socket") {
      return () => openUnixConnection(path);
    }
    const { port } = server.address() as { port: number };
    const tls = kind === "TLS" ? clientTls() : false;
    return () => openConnection(HOST, port, { tls });
  }

  /** Makes a Unix socket that nobody listens at. */
  async leave(): Promise<string> {
    const left = createServer();
    const path = `${this.folder}/left`;
    await new Promise<void>((resolve) => left.listen(`${path}.1`, resolve));
    linkSync(`${path}.1`, path);
    await new Promise((resolve) => left.close(resolve));
    return path;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) {
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.folder, { recursive: true });
  }
}

function writeParts(socket: Socket): void {
  socket.resume();
  const [first, ...others] = PARTS;
  socket.write(first!);
  const next = (): void => {
    const part = others.shift();
    if (part === undefined) return void socket.end();
    socket.write(part);
    setTimeout(next, 2);
  };
  setTimeout(next, 2);
}

function countBytes(socket: Socket): void {
  let count = 0;
  socket.on("data", (data) => count += data.length);
  socket.on("end", () => socket.end(`${count}`));
}

/** Makes what makes a victim. */
type Prepare = (peers: Peers) => Promise<() => RealVictim>;

const prepared: Record<string, Prepare> = {};
for (const kind of ["TCP", "TLS", "a Unix socket"] as const) {
  prepared[`the reads of a connection by ${kind} under await`] = async (
    peers,
  ) => {
    const connect = await peers.serve(kind, writeParts);
    return () => {
      let streams: Streams | undefined;
      let got = "";
      return {
        async work() {
          streams = await connect();
          const [reader] = streams;
          got += textOf(await reader.readline());
          got += textOf(await reader.readuntil(bytes("|")));
          got += textOf(await reader.readexactly(3));
          got += textOf(await reader.read(2));
          got += textOf(await reader.read());
        },
        settled: () => checkRead(streams, () => got),
      };
    };
  };
  prepared[`the reads of a connection by ${kind} under yield*`] = async (
    peers,
  ) => {
    const connect = await peers.serve(kind, writeParts);
    return () => {
      let streams: Streams | undefined;
      let got = "";
      return {
        *work() {
          streams = yield* connect();
          const [reader] = streams;
          got += textOf(yield* reader.readline());
          got += textOf(yield* reader.readuntil(bytes("|")));
          got += textOf(yield* reader.readexactly(3));
          got += textOf(yield* reader.read(2));
          got += textOf(yield* reader.read());
        },
        settled: () => checkRead(streams, () => got),
      };
    };
  };
  prepared[`the lines of a connection by ${kind}`] = async (peers) => {
    const connect = await peers.serve(kind, writeParts);
    return () => {
      let streams: Streams | undefined;
      let got = "";
      return {
        async work() {
          streams = await connect();
          for await (const line of streams[0].lines()) {
            got += line === "rest" ? line : `${line}\n`;
          }
        },
        settled: () => checkRead(streams, () => got),
      };
    };
  };
  prepared[`the writes to a connection by ${kind}`] = async (peers) => {
    const connect = await peers.serve(kind, countBytes);
    return () => {
      let streams: Streams | undefined;
      let written = 0;
      return {
        async work() {
          streams = await connect();
          const [, writer] = streams;
          for (const size of [10, 4_000_000, 1, 4_000_000]) {
            const wait = writer.write(new Uint8Array(size));
            written += size;
            await wait;
          }
          await writer.drain();
          await writer.drain();
        },
        async settled() {
          if (streams === undefined) return;
          const [reader, writer] = streams;
          writer.writeEof();
          assert.equal(textOf(await reader.read()), `${written}`);
          await writer.close();
        },
      };
    };
  };
}

async function checkRead(
  streams: Streams | undefined,
  got: () => string,
): Promise<void> {
  if (streams === undefined) return;
  const [reader, writer] = streams;
  assert.equal(got() + textOf(await reader.read()), TEXT);
  await writer.close();
}

prepared["openConnection() where nobody is"] = () =>
  Promise.resolve(() => ({
    async work() {
      await openConnection(HOST, 1).then(null, (error) => {
        if (error instanceof CancelledError) throw error;
      });
      // A cancel that comes when the wait has ended is thrown here.
      await sleep(0);
    },
  }));

prepared["startUnixServer() at a socket that was left"] = async (peers) => {
  const left = await peers.leave();
  let count = 0;
  return () => {
    const path = `${left}.${count++}`;
    linkSync(left, path);
    let server: Server | undefined;
    return {
      async work() {
        server = await startUnixServer(() => {}, path);
        await sleep(0);
      },
      async settled() {
        await server?.[Symbol.asyncDispose]();
        // Wherever the first one was cancelled, nobody listens there.
        server = await startUnixServer(() => {}, path);
        await server[Symbol.asyncDispose]();
      },
    };
  };
};

/** The sweeps by name. */
export const CONNECTION_SWEEPS: Readonly<Record<string, () => Promise<void>>> =
  Object.fromEntries(
    Object.entries(prepared).map(([name, prepare]) => [
      `a cancel before each step of ${name} loses nothing`,
      async () => {
        const peers = new Peers();
        try {
          await sweepReal(await prepare(peers));
        } finally {
          await peers.close();
        }
      },
    ]),
  );
