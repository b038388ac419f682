/**
 * Cancels at every moment of connections, servers and handshakes: nothing of them may stay
 * open. `stream_sweeps_test.ts` runs it here, and as a program in Node and Bun.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints what failed

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as HostServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import { createServer as createTlsServer } from "node:tls";
import {
  allTasks,
  CancelledError,
  type Coro,
  type CoroutineFunction,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  sleep,
  startServer,
  startUnixServer,
  type StreamReader,
  type StreamWriter,
} from "../mod.ts";
import { clientTls, serverTls } from "./_certificates.ts";
import { CONNECTION_SWEEPS } from "./_connection_sweeps.ts";
import { sweepReal } from "./_real_sweep.ts";

const HOST = "127.0.0.1";
const LINE = new TextEncoder().encode("hello\n");

/** Servers of the host, and the connections that they have. */
class HostServers {
  readonly #folder = mkdtempSync(`${tmpdir()}/asyncio-`);
  readonly #servers: HostServer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly path = `${this.#folder}/socket`;
  /** The ports: one that answers, one of TLS, and one that takes nothing and soon leaves. */
  echo = 0;
  tls = 0;
  stalled = 0;

  async open(): Promise<void> {
    const echo = (socket: Socket): void => void socket.pipe(socket);
    this.echo = await this.#listen(createServer((socket) => {
      echo(this.#note(socket));
    }));
    this.tls = await this.#listen(
      createTlsServer(serverTls(), (socket) => {
        socket.on("error", () => {});
        echo(socket as unknown as Socket);
      }).on("connection", (socket: Socket) => this.#note(socket)),
    );
    this.stalled = await this.#listen(createServer((socket) => {
      this.#note(socket).pause();
      setTimeout(() => socket.destroy(), 30);
    }));
    await this.#listen(
      createServer((socket) => echo(this.#note(socket))),
      this.path,
    );
  }

  /** Waits until nobody is connected. */
  async empty(): Promise<void> {
    const end = Date.now() + 30_000;
    while (this.#sockets.size > 0 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(this.#sockets.size, 0, "connections are left open");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) {
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.#folder, { recursive: true });
  }

  #note(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    return socket.on("close", () => this.#sockets.delete(socket));
  }

  #listen(server: HostServer, path?: string): Promise<number> {
    this.#servers.push(server);
    server.on("tlsClientError", () => {});
    return new Promise((resolve) => {
      const listening = (): void => {
        const address = server.address();
        resolve(
          typeof address === "object" && address !== null ? address.port : 0,
        );
      };
      if (path === undefined) server.listen(0, HOST, listening);
      else server.listen(path, listening);
    });
  }
}

type Connect = (
  servers: HostServers,
) => ReturnType<typeof openConnection>;

const CONNECTS: Readonly<Record<string, Connect>> = {
  TCP: ({ echo }) => openConnection(HOST, echo),
  "a name": ({ echo }) => openConnection("localhost", echo),
  TLS: ({ tls }) => openConnection(HOST, tls, { tls: clientTls() }),
  "a Unix socket": ({ path }) => openUnixConnection(path),
  "a local address": ({ echo }) =>
    openConnection(HOST, echo, { localAddress: "127.0.0.9" }),
};

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for await (const line of reader) await writer.write(line);
  } catch (error) {
    // A client that was cancelled may leave without a word.
    if (error instanceof CancelledError) throw error;
  }
}

/** Talks with a server, and is gone whatever happens. */
async function talk(
  [reader, writer]: [StreamReader, StreamWriter],
): Promise<void> {
  try {
    await writer.write(LINE);
    await reader.readline();
  } finally {
    await writer.close();
  }
}

/** No task but the one that looks. */
async function noTasks(): Promise<void> {
  const end = Date.now() + 30_000;
  const { size } = allTasks(getRunningLoop());
  while (allTasks(getRunningLoop()).size > 1 && Date.now() < end) {
    await sleep(0.001);
  }
  assert.equal(allTasks(getRunningLoop()).size, 1, `${size} tasks are left`);
}

type Make = (servers: HostServers) => CoroutineFunction<unknown>;

const victims: Record<string, Make> = {};
for (const [name, connect] of Object.entries(CONNECTS)) {
  victims[`openConnection() by ${name} under await`] = (servers) => async () =>
    await talk(await connect(servers));
  victims[`openConnection() by ${name} under yield*`] = (servers) =>
    function* (): Coro<void> {
      const [reader, writer] = yield* connect(servers);
      try {
        yield* writer.write(LINE);
        yield* reader.readexactly(3);
        yield* reader.readuntil();
        writer.writeEof();
        yield* reader.read();
      } finally {
        yield* writer.close();
      }
    };
}

Object.assign(
  victims,
  {
    "StreamWriter at the end of a block, and its peer takes nothing":
      ({ stalled }) => async () => {
        const [, writer] = await openConnection(HOST, stalled);
        // No `await using`: Node 22 does not have it.
        try {
          writer.write(new Uint8Array(8 << 20));
          await writer.drain().then(null, (error) => {
            if (error instanceof CancelledError) throw error;
          });
        } finally {
          await writer[Symbol.asyncDispose]();
        }
      },
    "startServer() and waitClosed() under await": () => async () => {
      const server = await startServer(echo, HOST);
      try {
        await talk(await openConnection(HOST, server.sockets[0]!.port));
      } finally {
        server.close();
        server.closeClients();
        await server.waitClosed();
      }
      // A cancel that comes when the last wait has ended is thrown here.
      await sleep(0);
    },
    "startServer() at the end of a block": () => async () => {
      const server = await startServer(echo, HOST);
      try {
        await talk(await openConnection(HOST, server.sockets[0]!.port));
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
    "startServer() of TLS under yield*": () =>
      function* (): Coro<void> {
        const server = yield* startServer(echo, HOST, 0, {
          tls: serverTls(),
        });
        try {
          const [reader, writer] = yield* openConnection(
            HOST,
            server.sockets[0]!.port,
            { tls: clientTls() },
          );
          try {
            yield* writer.write(LINE);
            yield* reader.readline();
          } finally {
            writer.abort();
          }
        } finally {
          server.close();
          yield* server.waitClosed();
        }
      },
    "startUnixServer() and startServing()": ({ path }) => async () => {
      const server = await startUnixServer(echo, `${path}.2`, {
        startServing: false,
      });
      try {
        await server.startServing();
        await talk(await openUnixConnection(`${path}.2`));
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
    "serveForever() with a client that stays": () => async () => {
      const server = await startServer(echo, HOST);
      const [reader, writer] = await openConnection(
        HOST,
        server.sockets[0]!.port,
      );
      try {
        await writer.write(LINE);
        await reader.readline();
        getRunningLoop().callLater(0.02, () => {
          server.close();
          server.closeClients();
        });
        await server.serveForever();
      } finally {
        server.close();
        writer.abort();
      }
    },
    "serveForever() under yield*": () =>
      function* (): Coro<void> {
        const server = yield* startServer(echo, HOST);
        try {
          getRunningLoop().callLater(0.01, () => server.close());
          yield* server.serveForever();
        } finally {
          server.close();
        }
      },
    "startTls() at both sides": () => async () => {
      const server = await startServer(async (reader, writer) => {
        await reader.readline();
        await writer.write(LINE);
        await writer.startTls(serverTls()).then(null, (error) => {
          if (error instanceof CancelledError) throw error;
        });
        if (!writer.isClosing()) await echo(reader, writer);
      }, HOST);
      try {
        const [reader, writer] = await openConnection(
          HOST,
          server.sockets[0]!.port,
        );
        try {
          await writer.write(LINE);
          await reader.readline();
          await writer.startTls(clientTls());
          await writer.write(LINE);
          await reader.readline();
        } finally {
          writer.abort();
        }
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
  } satisfies Record<string, Make>,
);

/** The sweeps by name. */
export const SWEEPS: Readonly<Record<string, () => Promise<void>>> = {
  ...CONNECTION_SWEEPS,
  ...Object.fromEntries(
    Object.entries(victims).map(([name, make]) => [
      `a cancel before each step of ${name} leaves nothing open`,
      async () => {
        const servers = new HostServers();
        await servers.open();
        try {
          await sweepReal(() => ({
            work: make(servers),
            settled: async () => {
              await servers.empty();
              await noTasks();
            },
          }));
        } finally {
          await servers.close();
        }
      },
    ]),
  ),
};

if (/_stream_sweeps_program\.ts$/.test(process.argv[1] ?? "")) {
  for (const [name, sweep] of Object.entries(SWEEPS)) {
    try {
      await sweep();
    } catch (error) {
      console.log(`failed: ${name}: ${(error as Error).stack}`);
    }
  }
  // It ends by itself: nothing is left open.
  console.log("done");
}
