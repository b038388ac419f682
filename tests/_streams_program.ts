/**
 * What connections and servers must do, on every host: `streams_test.ts` runs it here, and
 * as a program in Node and Bun.
 *
 * @module
 */
import assert from "node:assert/strict";
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import process from "node:process";
import {
  CancelledError,
  createTask,
  Event,
  gather,
  getRunningLoop,
  openConnection,
  openUnixConnection,
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
import {
  bytes,
  certificate,
  type Checks,
  echo,
  errorOf,
  HOST,
  open,
  OWN_HOST,
  runAll,
  textOf,
  until,
  withSilentServer,
} from "./_stream_checks.ts";

const hasIPv6 = () =>
  Object.values(networkInterfaces()).flat().some((each) =>
    each?.address === "::1"
  );
const codeOf = (error: unknown) => (error as { code?: string }).code;

/** The checks. */
export const checks: Checks = {
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

  async "StreamReader.feedEof() beside a read of the host: what still comes is dropped"() {
    const server = await startServer(async (reader, writer) => {
      await reader.readline();
      await writer.write(bytes("late\n"));
    }, HOST);
    const [reader, writer] = await open(server);
    const reading = createTask(() => reader.readline());
    await sleep(0);
    reader.feedEof();
    assert.equal(textOf(await reading), "");
    await writer.write(bytes("go on\n"));
    server.close();
    await server.waitClosed();
    // It may come in a later turn of the host.
    await sleep(0.05);
    assert.equal(textOf(await reader.read()), "");
    assert.throws(() => reader.feedData(bytes("x")), RuntimeError);
    await writer.close();
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

  async "getExtraInfo() tells nothing by a name that it does not know"() {
    const server = await startServer(echo, HOST);
    const [, writer] = await open(server);
    for (const name of ["socket", "toString", "constructor", "__proto__", ""]) {
      assert.equal(writer.getExtraInfo(name as "tls"), undefined, name);
    }
    await writer.close();
    server.close();
    await server.waitClosed();
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

  async "drain() after both halves have ended has nothing to wait for, and nothing to complain of"() {
    const server = await startServer(async (reader, writer) => {
      await reader.read();
      await writer.write(bytes("answer"));
    }, HOST);
    const [reader, writer] = await open(server);
    writer.write(bytes("question"));
    writer.writeEof();
    assert.equal(textOf(await reader.read()), "answer");
    // Node closes what has ended at both sides a moment later.
    await sleep(0.01);
    await writer.drain();
    await writer.close();
    server.close();
  },

  async "openConnection() and startServer() take an address of IPv6 as a URL has it"() {
    if (!hasIPv6()) return;
    const { hostname } = new URL("http://[::1]");
    const server = await startServer(echo, hostname);
    const { hostname: bound, port } = server.sockets[0]!;
    assert.equal(bound, "::1");
    const [reader, writer] = await openConnection(hostname, port);
    await writer.write(bytes("line\n"));
    assert.equal(textOf(await reader.readline()), "line\n");
    await writer.close();
    server.close();
    await server.waitClosed();
    const refused = await errorOf(async () =>
      void await openConnection(hostname, port)
    );
    assert.match((refused as Error).message, /^Cannot connect to \[::1\]:/);
  },

  async "startUnixServer() takes the place of a socket that nobody listens at, and no other"() {
    const folder = mkdtempSync(`${tmpdir()}/asyncio-`);
    const path = `${folder}/socket`;
    try {
      const killed = createServer();
      await new Promise<void>((resolve) => killed.listen(path, resolve));
      // The host removes the other name of it.
      linkSync(path, `${path}.left`);
      await new Promise((resolve) => killed.close(resolve));
      const server = await startUnixServer(echo, `${path}.left`);
      const [reader, writer] = await openUnixConnection(`${path}.left`);
      await writer.write(bytes("hello\n"));
      assert.equal(textOf(await reader.readline()), "hello\n");

      writeFileSync(`${path}.file`, "");
      for (const taken of [`${path}.left`, `${path}.file`]) {
        const error = await errorOf(() => startUnixServer(echo, taken));
        assert(error.message.startsWith(`Cannot listen at ${taken}: `));
        assert.equal(codeOf(error), "EADDRINUSE");
      }
      await writer.write(bytes("still there\n"));
      assert.equal(textOf(await reader.readline()), "still there\n");
      await writer.close();
      server.close();
      await server.waitClosed();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  async "startServer() with reusePort shares a port, in programs with stable APIs alone"() {
    // Elsewhere the system has it not, or not so.
    if (process.platform !== "linux") return;
    const first = await startServer(echo, HOST, 0, { reusePort: true });
    const { port } = first.sockets[0]!;
    const second = await startServer(echo, HOST, port, { reusePort: true });
    for (let i = 0; i < 8; i++) {
      const [reader, writer] = await openConnection(HOST, port);
      await writer.write(bytes("hello\n"));
      assert.equal(textOf(await reader.readline()), "hello\n");
      await writer.close();
    }
    for (const server of [first, second]) {
      server.close();
      await server.waitClosed();
    }
    // Who does not share it keeps it.
    const alone = await startServer(echo, HOST, 0);
    const taken = alone.sockets[0]!.port;
    const error = await errorOf(() =>
      startServer(echo, HOST, taken, { reusePort: true })
    );
    assert.equal(codeOf(error), "EADDRINUSE");
    alone.close();
    await alone.waitClosed();
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

  async "openConnection() fails with the host's own error, and the address in it"() {
    const server = await startServer(echo, OWN_HOST);
    const { port } = server.sockets[0]!;
    await server[Symbol.asyncDispose]();
    const error = await errorOf(() => openConnection(OWN_HOST, port));
    assert(error.message.startsWith(`Cannot connect to ${OWN_HOST}:${port}: `));
    assert.equal(codeOf(error), "ECONNREFUSED");
    assert(error.stack!.includes(error.message));
    const unknown = await errorOf(() => openConnection("no.such.invalid", 80));
    assert(
      unknown.message.startsWith("Cannot connect to no.such.invalid:80: "),
    );
  },

  async "startServer() fails with the host's own error, and the address in it"() {
    const server = await startServer(echo, OWN_HOST);
    const { port } = server.sockets[0]!;
    const error = await errorOf(() => startServer(echo, OWN_HOST, port));
    assert(error.message.startsWith(`Cannot listen at ${OWN_HOST}:${port}: `));
    assert.equal(codeOf(error), "EADDRINUSE");
    server.close();
    // Its port is free at once.
    const next = await startServer(echo, OWN_HOST, port);
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
      const server = await startServer(echo, OWN_HOST);
      const { port } = server.sockets[0]!;
      await server[Symbol.asyncDispose]();
      const task = createTask(() => startServer(echo, OWN_HOST, port));
      for (let turn = 0; turn < i; turn++) await sleep(0);
      task.cancel();
      const found = await task.then((server) => server, () => undefined);
      if (found !== undefined) await found[Symbol.asyncDispose]();
      await sleep(0.002);
      const again = await startServer(echo, OWN_HOST, port);
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

  async "Server can accept clients after some that were gone before it took them"() {
    const server = await startServer(
      // Of a client that has gone, Node's handlers are told.
      (reader, writer) => echo(reader, writer).catch(() => {}),
      HOST,
      0,
      { startServing: false },
    );
    const loop = server.getLoop();
    const reports: unknown[] = [];
    loop.setExceptionHandler((_, context) => void reports.push(context));
    const { port } = server.sockets[0]!;
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((done) => {
        const client: Socket = connectSocket(port, HOST, () => {
          client.resetAndDestroy();
          done();
        });
      });
    }
    // So that its reset has come.
    await sleep(0.02);
    await server.startServing();
    const [reader, writer] = await open(server);
    await writer.write(bytes("hello\n"));
    assert.equal(textOf(await reader.readline()), "hello\n");
    // A server that could not accept rests for a second, and says so.
    assert.deepEqual(reports, []);
    loop.setExceptionHandler(undefined);
    await writer.close();
    server.close();
    await server.waitClosed();
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

  async "a connection that is closed with bytes unread loses nothing of what it has written"() {
    const folder = mkdtempSync(`${tmpdir()}/asyncio-`);
    const path = `${folder}/socket`;
    const answer = new Uint8Array(1_000_000);
    const begun = new Event();
    const handler = async (reader: StreamReader, writer: StreamWriter) => {
      await reader.readexactly(1);
      begun.set();
      // The rest of the request has come by then.
      await sleep(0.05);
      writer.write(answer);
    };
    const servers = [
      await startServer(handler, HOST),
      await startUnixServer(handler, path),
    ];
    const connects = [() => open(servers[0]!), () => openUnixConnection(path)];
    for (const connect of connects) {
      begun.clear();
      const [reader, writer] = await connect();
      await writer.write(bytes("a"));
      await begun.wait();
      await writer.write(bytes("body that nobody reads"));
      // The other end has closed by then, if it need not wait for this one.
      await sleep(0.1);
      assert.equal((await reader.read()).length, answer.length);
      await writer.close();
    }
    for (const server of servers) {
      server.close();
      await server.waitClosed();
    }
    rmSync(folder, { recursive: true });
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
    let begun = false;
    const server = await startServer(
      async (reader) => {
        begun = true;
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
    await until(() => begun);
    server.close();
    await sleep(0.01);
    assert.deepEqual(ended, []);
    await server.waitClosed();
    assert.deepEqual(ended, ["handler"]);
    assert.equal((await reader.read()).length, 0);
    await writer.close();
  },

  async "Server cancels a handler whose connection is over already, and waits for its end: with serveForever(), at the end of the grace, at the end of a block"() {
    const ways = {
      async serveForever(server: Server) {
        const serving = createTask(() => server.serveForever());
        await sleep(0);
        serving.cancel();
        await serving.catch(() => {});
      },
      async grace(server: Server) {
        server.close();
        await server.waitClosed();
        await until(() => ended.length > 0);
      },
      async block(server: Server) {
        const leaving = createTask(async () => {
          try {
            await sleep(60);
          } finally {
            await server[Symbol.asyncDispose]();
          }
        });
        await sleep(0);
        leaving.cancel();
        await leaving.catch(() => {});
      },
    };
    const ended: string[] = [];
    for (const [name, end] of Object.entries(ways)) {
      const isClosed = new Event();
      const server = await startServer(
        async (_reader, writer) => {
          await writer.close();
          isClosed.set();
          try {
            await sleep(60);
          } finally {
            await sleep(0.01);
            ended.push(name);
          }
        },
        HOST,
        0,
        name === "grace" ? { grace: 0.01 } : {},
      );
      const [reader, writer] = await open(server);
      assert.equal((await reader.read()).length, 0);
      await isClosed.wait();
      await timeout(30, () => end(server));
      assert.deepEqual(ended.splice(0), [name]);
      await writer.close();
    }
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
    // Of the host or made here: programs ask for the code.
    const codes = ["ECONNRESET", "EPIPE"];
    assert(codes.includes(codeOf(error)!), `${error}`);
    await writer[Symbol.asyncDispose]();
    const closed = await open(server);
    closed[1].abort();
    const late = await errorOf(() => closed[1].drain());
    assert.equal(codeOf(late), "ECONNRESET");
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

if (/_streams_program\.ts$/.test(process.argv[1] ?? "")) await runAll(checks);
