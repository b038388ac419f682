/**
 * What connections and servers must do, on every host: `streams_test.ts` runs it here, and
 * as a program in Node and Bun.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints what failed

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import {
  CancelledError,
  createTask,
  gather,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  run,
  RuntimeError,
  type Server,
  sleep,
  startServer,
  startUnixServer,
  type StreamReader,
  type StreamWriter,
  type Task,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { type Certificate, makeCertificate } from "./_certificates.ts";

const HOST = "127.0.0.1";
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string) => encoder.encode(text);
const textOf = (data: Uint8Array) => decoder.decode(data);

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for await (const line of reader) await writer.write(line);
}

async function open(
  server: Server,
  options: Parameters<typeof openConnection>[2] = {},
): Promise<[StreamReader, StreamWriter]> {
  return await openConnection(HOST, server.sockets[0]!.port!, options);
}

async function errorOf(work: () => PromiseLike<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("An error was expected");
}

/** A server of the host that says nothing, and knows who is connected. */
async function withSilentServer(
  body: (port: number, sockets: Set<Socket>) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, () => resolve()));
  try {
    await body((server.address() as { port: number }).port, sockets);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function until(condition: () => boolean): Promise<void> {
  await timeout(10, async () => {
    while (!condition()) await sleep(0.005);
  });
}

let made: Certificate | undefined;

/** The certificate of the checks, made when one first asks for it. */
function certificate(): Certificate {
  return made ??= makeCertificate();
}

/** The checks by name. Each runs in a loop of its own. */
export const checks: Readonly<Record<string, () => Promise<void>>> = {
  async "openConnection() and startServer() talk over TCP, in both styles"() {
    const server = await startServer(function* (reader, writer) {
      for (;;) {
        const line = yield* reader.readline();
        if (line.length === 0) return;
        yield* writer.write(line);
      }
    }, HOST);
    const [reader, writer] = await open(server);
    await writer.write(bytes("hello\n"));
    assert.equal(textOf(await reader.readline()), "hello\n");
    await writer.close();
    assert.equal((await reader.read()).length, 0);
    server.close();
    await server.waitClosed();
  },

  async "StreamWriter sends much, slowed down by who reads"() {
    const size = 20 << 20;
    const server = await startServer(async (reader, writer) => {
      const data = await reader.readexactly(size);
      await writer.write(data);
    }, HOST);
    const [reader, writer] = await open(server);
    const data = new Uint8Array(size).map((_, i) => i * 31);
    let waited = 0;
    const send = createTask(async () => {
      for (let at = 0; at < size; at += 100_000) {
        const wait = writer.write(data.subarray(at, at + 100_000));
        if (!wait.done()) waited++;
        await wait;
      }
      writer.writeEof();
    });
    const back = await reader.read();
    await send;
    assert(waited > 0);
    assert.equal(back.length, size);
    assert(back.every((byte, i) => byte === data[i]));
    await writer.close();
    server.close();
  },

  async "StreamReader.feedData() beside a read of the host spoils no byte"() {
    const parts = ["11111", "33333"];
    const server = await startServer(async (reader, writer) => {
      for (const part of parts) {
        await writer.write(bytes(part));
        await reader.readline();
      }
    }, HOST);
    const [reader, writer] = await open(server);
    const whole = createTask(() => reader.readexactly(15));
    await until(() => `${reader}`.includes("5 bytes"));
    reader.feedData(bytes("22222"));
    await writer.write(bytes("go on\n"));
    assert.equal(textOf(await whole), "111112222233333");
    await writer.close();
    server.close();
  },

  async "StreamWriter sends all small pieces in order, however it ends after them"() {
    const server = await startServer(async (reader, writer) => {
      const all = await reader.read();
      await writer.write(all);
    }, HOST);
    const lateServer = await startServer(async (_, writer) => {
      for (let i = 0; i < 40; i++) {
        await writer.write(bytes(`${i} `));
        // In the same burst of microtasks, in a later one, and in a later turn.
        for (let hop = 0; hop < i % 13; hop++) await Promise.resolve();
        if (i % 20 === 19) await sleep(0);
      }
    }, HOST);
    for (let count = 1; count <= 12; count++) {
      for (const waits of [true, false]) {
        const [reader, writer] = await open(server);
        let sent = "";
        for (let i = 0; i < count; i++) {
          sent += `${i} `;
          const wait = writer.write(bytes(`${i} `));
          if (waits) await wait;
        }
        writer.writeEof();
        assert.equal(textOf(await reader.read()), sent);
        await writer.close();
      }
    }
    const [reader, writer] = await open(lateServer);
    const numbers = textOf(await reader.read()).trim().split(" ").map(Number);
    assert.deepEqual(numbers, [...Array(40).keys()]);
    await writer.close();
    server.close();
    lateServer.close();
  },

  async "StreamReader reads pieces of all sizes, whichever came before"() {
    const sizes = [1, 1024, 1025, 2048, 100, 70_000, 1, 16_384, 300_000, 7, 0];
    const server = await startServer(async (reader, writer) => {
      for (const [i, size] of sizes.entries()) {
        await writer.write(new Uint8Array(size).fill(i));
        await reader.readexactly(1);
      }
    }, HOST);
    const [reader, writer] = await open(server);
    const kept: Uint8Array[] = [];
    for (const size of sizes) {
      kept.push(await reader.readexactly(size));
      await writer.write(bytes("+"));
    }
    for (const [i, data] of kept.entries()) {
      assert.equal(data.length, sizes[i]);
      assert(data.every((byte) => byte === i));
    }
    await writer.close();
    server.close();
  },

  async "writeEof() ends one half, and reading goes on"() {
    const server = await startServer(async (reader, writer) => {
      const all = await reader.read();
      await writer.write(bytes(`got ${all.length}`));
    }, HOST);
    const [reader, writer] = await open(server);
    await writer.write(new Uint8Array(1000));
    assert(writer.canWriteEof());
    writer.writeEof();
    writer.writeEof();
    assert.throws(() => writer.write(bytes("x")), RuntimeError);
    assert.equal(textOf(await reader.read()), "got 1000");
    await writer.close();
    server.close();
  },

  async "Unix sockets work as TCP does, and their file goes with the server"() {
    const folder = mkdtempSync(`${tmpdir()}/asyncio-`);
    const path = `${folder}/socket`;
    try {
      for (let i = 0; i < 2; i++) {
        const server = await startUnixServer(echo, path);
        assert.deepEqual(server.sockets, [{ path }]);
        const [reader, writer] = await openUnixConnection(path);
        await writer.write(bytes("hello\n"));
        assert.equal(textOf(await reader.readline()), "hello\n");
        assert.deepEqual(writer.getExtraInfo("peername"), { path });
        await writer.close();
        server.close();
        await server.waitClosed();
      }
      const error = await errorOf(() => openUnixConnection(path));
      assert(error.message.startsWith(`Cannot connect to ${path}: `));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  async "TLS works on both sides, and is told"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(echo, HOST, 0, {
      tls: { cert, key, alpn: ["other", "echo"] },
    });
    const [reader, writer] = await open(server, {
      tls: { ca, alpn: ["echo"] },
    });
    assert.deepEqual(writer.getExtraInfo("tls"), {
      protocol: "TLSv1.3",
      alpn: "echo",
    });
    assert.deepEqual(writer.getExtraInfo("peername"), server.sockets[0]);
    const line = `${"x".repeat(60_000)}\n`;
    for (let i = 0; i < 10; i++) writer.write(bytes(line));
    for (let i = 0; i < 10; i++) {
      assert.equal(textOf(await reader.readline()), line);
    }
    writer.writeEof();
    assert.equal((await reader.read()).length, 0);
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "TLS that can't be trusted is refused by the client, and left by the server"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(echo, HOST, 0, { tls: { cert, key } });
    const place = `${HOST}:${server.sockets[0]!.port}`;
    const wrong = [
      { tls: true },
      { tls: { ca: makeCertificate().ca } },
      { tls: { ca, serverHostname: "example.com" } },
    ];
    for (const options of wrong) {
      const error = await errorOf(() => open(server, options));
      assert(error.message.startsWith(`Cannot connect to ${place}: `));
    }
    const [, writer] = await open(server, { tls: { ca } });
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "a server of TLS leaves who speaks something else, and goes on"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(echo, HOST, 0, { tls: { cert, key } });
    const [reader, writer] = await open(server);
    await writer.write(bytes("this is no handshake, but long enough\n\n"));
    // A TLS alert perhaps, or a reset.
    await reader.read().then(null, () => {});
    await writer.close().then(null, () => {});
    const [, second] = await open(server, { tls: { ca } });
    await second.close();
    server.close();
    await server.waitClosed();
  },

  async "a TLS handshake that takes too long is given up, on both sides"() {
    const { ca, cert, key } = certificate();
    await withSilentServer(async (port, sockets) => {
      const error = await errorOf(() =>
        openConnection(HOST, port, { tls: { ca, handshakeTimeout: 0.05 } })
      );
      assert(error instanceof TimeoutError);
      await until(() => sockets.size === 0);
    });
    const server = await startServer(echo, HOST, 0, {
      tls: { cert, key, handshakeTimeout: 0.05 },
    });
    const [reader, writer] = await open(server);
    assert.equal((await reader.read()).length, 0);
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() upgrades both sides, whatever was read before"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(async (reader, writer) => {
      await reader.readline();
      await writer.write(bytes("go on\n"));
      // The client may have begun already.
      await sleep(0.02);
      await writer.startTls({ cert, key });
      await writer.write(await reader.readline());
    }, HOST);
    const [reader, writer] = await open(server);
    await writer.write(bytes("STARTTLS\n"));
    assert.equal(textOf(await reader.readline()), "go on\n");
    const upgrade = createTask(() => writer.startTls({ ca }));
    await sleep(0);
    assert.throws(() => writer.write(bytes("x")), RuntimeError);
    await upgrade;
    assert((await errorOf(() => writer.startTls())) instanceof RuntimeError);
    await writer.write(bytes("secret\n"));
    assert.equal(textOf(await reader.readline()), "secret\n");
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() that fails or is cancelled closes the connection"() {
    const { ca } = certificate();
    for (const how of ["too late", "cancelled"] as const) {
      await withSilentServer(async (port, sockets) => {
        const [reader, writer] = await openConnection(HOST, port);
        await until(() => sockets.size === 1);
        const work = () =>
          writer.startTls({
            ca,
            ...how === "too late" ? { handshakeTimeout: 0.05 } : {},
          });
        const error = await errorOf(() =>
          how === "too late" ? work() : timeout(0.05, work)
        );
        assert(error instanceof TimeoutError);
        await until(() => sockets.size === 0);
        assert(writer.isClosing());
        await reader.read().then(null, () => {});
      });
    }
  },

  async "openConnection() fails with the host's own error, and the address in it"() {
    const server = await startServer(echo, HOST);
    const { port } = server.sockets[0]!;
    await server[Symbol.asyncDispose]();
    const error = await errorOf(() => openConnection(HOST, port));
    assert(error.message.startsWith(`Cannot connect to ${HOST}:${port}: `));
    assert.equal((error as { code?: string }).code, "ECONNREFUSED");
    assert(error.stack!.includes(error.message));
    const unknown = await errorOf(() => openConnection("no.such.invalid", 80));
    assert(
      unknown.message.startsWith("Cannot connect to no.such.invalid:80: "),
    );
  },

  async "startServer() fails with the host's own error, and the address in it"() {
    const server = await startServer(echo, HOST);
    const { port } = server.sockets[0]!;
    const error = await errorOf(() => startServer(echo, HOST, port));
    assert(error.message.startsWith(`Cannot listen at ${HOST}:${port}: `));
    assert.equal((error as { code?: string }).code, "EADDRINUSE");
    server.close();
    // Its port is free at once.
    const next = await startServer(echo, HOST, port);
    next.close();
    await next.waitClosed();
  },

  async "openConnection() cancelled at any moment leaves no connection"() {
    const { ca } = certificate();
    await withSilentServer(async (port, sockets) => {
      const tasks: Task<[StreamReader, StreamWriter]>[] = [];
      for (let i = 0; i < 40; i++) {
        const task = createTask(() =>
          openConnection(HOST, port, i % 2 === 0 ? {} : { tls: { ca } })
        );
        tasks.push(task);
        for (let turn = 0; turn < i >> 1; turn++) await sleep(0);
        if (i % 5 === 0) await sleep(0.002);
        task.cancel();
      }
      for (const task of tasks) {
        if (task.cancelled()) continue;
        await task.then(
          ([, writer]) => writer.abort(),
          (error) => assert(error instanceof CancelledError),
        );
      }
      await until(() => sockets.size === 0);
    });
  },

  async "startServer() cancelled at any moment leaves no listener"() {
    for (let i = 0; i < 10; i++) {
      const server = await startServer(echo, HOST);
      const { port } = server.sockets[0]!;
      await server[Symbol.asyncDispose]();
      const task = createTask(() => startServer(echo, HOST, port));
      for (let turn = 0; turn < i; turn++) await sleep(0);
      task.cancel();
      const found = await task.then((server) => server, () => undefined);
      if (found !== undefined) await found[Symbol.asyncDispose]();
      await sleep(0.002);
      const again = await startServer(echo, HOST, port);
      await again[Symbol.asyncDispose]();
    }
  },

  async "a cancelled read leaves its bytes to the next one, and the connection open"() {
    const server = await startServer(echo, HOST);
    const [reader, writer] = await open(server);
    for (let i = 0; i < 20; i++) {
      const error = await errorOf(() =>
        timeout(0.002, async () => void await reader.readline())
      );
      assert(error instanceof TimeoutError);
      await writer.write(bytes(`${i}\n`));
      assert.equal(textOf(await reader.readline()), `${i}\n`);
    }
    await writer.close();
    server.close();
  },

  async "Server closes the connection of a handler that ends or is cancelled"() {
    for (const end of ["returns", "is cancelled"] as const) {
      const server = await startServer(async (reader) => {
        await reader.readline();
        if (end === "is cancelled") throw new CancelledError();
      }, HOST);
      const [reader, writer] = await open(server);
      await writer.write(bytes("x\n"));
      assert.equal((await reader.read()).length, 0);
      await writer.close();
      server.close();
      await server.waitClosed();
    }
  },

  async "Server closes at once what its handler does not want, and the client sees the end"() {
    const handlers = [async () => {}, function* () {}];
    for (let i = 0; i < 20; i++) {
      const server = await startServer(handlers[i % 2] as () => void, HOST);
      const [reader, writer] = await open(server);
      assert.equal((await reader.read()).length, 0);
      await writer.close();
      server.close();
      await server.waitClosed();
    }
  },

  async "Server reports a handler that gives an async generator, and closes the connection"() {
    const told: unknown[] = [];
    getRunningLoop().setExceptionHandler((_, { exception }) =>
      void told.push(exception)
    );
    const handler = (() => (async function* () {})()) as () => void;
    const server = await startServer(handler, HOST);
    const [reader, writer] = await open(server);
    assert.equal((await reader.read()).length, 0);
    await writer.close();
    server.close();
    await server.waitClosed();
    assert.equal(told.length, 1);
    assert(told[0] instanceof TypeError);
  },

  async "Server with grace cancels handlers that go on after close()"() {
    const ended: string[] = [];
    const server = await startServer(
      async (reader) => {
        try {
          await reader.read();
        } finally {
          ended.push("handler");
        }
      },
      HOST,
      0,
      { grace: 0.05 },
    );
    const [reader, writer] = await open(server);
    await writer.write(bytes("x"));
    await sleep(0.02);
    server.close();
    await sleep(0.01);
    assert.deepEqual(ended, []);
    await server.waitClosed();
    assert.deepEqual(ended, ["handler"]);
    assert.equal((await reader.read()).length, 0);
    await writer.close();
  },

  async "Server that is not serving lets its clients wait"() {
    const server = await startServer(echo, HOST, 0, { startServing: false });
    assert(!server.isServing());
    const [reader, writer] = await open(server);
    await writer.write(bytes("early\n"));
    const line = createTask(() => reader.readline());
    await sleep(0.02);
    assert(!line.done());
    await server.startServing();
    assert(server.isServing());
    assert.equal(textOf(await line), "early\n");
    await writer.close();
    server.close();
    await server.waitClosed();
    assert(
      (await errorOf(() => server.startServing())) instanceof RuntimeError,
    );
  },

  async "Server takes a hundred clients at once"() {
    const server = await startServer(echo, HOST);
    await gather(
      Array.from({ length: 100 }, (_, i) => async () => {
        const [reader, writer] = await open(server);
        for (let k = 0; k < 5; k++) {
          await writer.write(bytes(`${i} ${k}\n`));
          assert.equal(textOf(await reader.readline()), `${i} ${k}\n`);
        }
        await writer.close();
      }),
    );
    server.close();
    await server.waitClosed();
  },

  async "StreamWriter tells who waits that the other end is gone"() {
    const server = await startServer(async (_reader, writer) => {
      await sleep(0.02);
      writer.abort();
    }, HOST);
    const [reader, writer] = await open(server);
    const error = await errorOf(async () => {
      for (;;) await writer.write(new Uint8Array(100_000));
    });
    assert(!(error instanceof TypeError));
    assert(writer.isClosing());
    await writer[Symbol.asyncDispose]();
    await reader.read().then(null, () => {});
    server.close();
    await server.waitClosed();
  },

  async "abort() closes though nobody takes what was written"() {
    const server = await startServer(
      async () => {
        await sleep(3600);
      },
      HOST,
      0,
      { grace: 0 },
    );
    const [, writer] = await open(server);
    const blocked = writer.write(new Uint8Array(64 << 20));
    assert(!blocked.done());
    const closed = writer.close();
    await sleep(0.02);
    assert(!closed.done());
    writer.abort();
    await closed;
    await errorOf(async () => void await blocked);
    server.close();
    await server.waitClosed();
  },

  async "openConnection() connects from an address of its own"() {
    const server = await startServer(async (_reader, writer) => {
      await writer.write(bytes(writer.getExtraInfo("peername")!.hostname!));
    }, HOST);
    const [reader, writer] = await open(server, { localAddress: "127.0.0.9" });
    assert.equal(textOf(await reader.read()), "127.0.0.9");
    await writer.close();
    server.close();
  },
};

/** Runs one check in a loop of its own; nothing of it may be left. */
export async function runCheck(name: string): Promise<void> {
  await run(() => timeout(60, checks[name]!));
}

if (/_streams_program\.ts$/.test(process.argv[1] ?? "")) {
  for (const name of Object.keys(checks)) {
    try {
      await runCheck(name);
    } catch (error) {
      console.log(`failed: ${name}: ${(error as Error).stack}`);
    }
  }
  // It ends by itself: nothing is left open.
  console.log("done");
}
