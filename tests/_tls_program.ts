/**
 * What TLS must do at both sides, from the start and by `startTls()`, on every host:
 * `tls_test.ts` runs it here, and as a program in Node and Bun.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import {
  connect as connectTls,
  createServer as createTlsServer,
} from "node:tls";
import {
  CancelledError,
  createSubprocessExec,
  createTask,
  openConnection,
  openUnixConnection,
  PIPE,
  RuntimeError,
  sleep,
  startServer,
  startUnixServer,
  type StreamReader,
  type StreamWriter,
  timeout,
  TimeoutError,
  type TlsOptions,
} from "../mod.ts";
import { connectionPair } from "../testing.ts";
import { makeCertificate } from "./_certificates.ts";
import {
  bytes,
  certificate,
  type Checks,
  echo,
  errorOf,
  HOST,
  open,
  runAll,
  textOf,
  until,
  withSilentServer,
} from "./_stream_checks.ts";

/** The checks. */
export const checks: Checks = {
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

  async "startServer() refuses a certificate that it can't use"() {
    const { cert, key } = certificate();
    const wrong: [object, RegExp][] = [
      [{ cert: "no certificate", key }, /: The cert of tls cannot be read/],
      [{ cert, key: cert }, /: The key of tls cannot be read/],
      [{ cert, key: makeCertificate().key }, /: The key of tls is not that of/],
    ];
    for (const [tls, message] of wrong) {
      const error = await errorOf(() =>
        startServer(echo, HOST, 0, { tls } as never)
      );
      assert(error instanceof RangeError);
      assert.match(error.message, message);
    }
  },

  async "startTls() to who speaks something else says where"() {
    const server = await startServer(async (reader, writer) => {
      await writer.write(bytes("this is no handshake, but long enough\n\n"));
      await reader.read().then(null, () => {});
    }, HOST);
    const { port } = server.sockets[0]!;
    const [reader, writer] = await open(server);
    const error = await errorOf(() =>
      writer.startTls({ ca: certificate().ca })
    );
    const place = `Cannot start TLS on the connection to ${HOST}:${port}: `;
    assert(error.message.startsWith(place), error.message);
    assert.equal(await errorOf(() => reader.read()), error);
    assert.equal(await errorOf(() => writer.waitClosed()), error);
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
      assert.match(error.message, /longer than its handshakeTimeout, 0.05 s$/);
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

  async "a handshakeTimeout that can't be is refused before anything is begun"() {
    const tls = { handshakeTimeout: { fortnights: 1 } as never };
    let clients = 0;
    const server = await startServer(async (reader, writer) => {
      await writer.write(bytes(`${++clients}\n`));
      await reader.read();
      await writer.close();
    }, HOST);
    const refused = await errorOf(() => open(server, { tls }));
    assert(refused instanceof TypeError);
    const [reader, writer] = await open(server);
    assert.equal(textOf(await reader.readline()), "1\n");
    assert(await errorOf(() => writer.startTls(tls)) instanceof TypeError);
    // No handshake is under way.
    writer.writeEof();
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

  async "TLS gives a slow reader all, and the end, of who has gone long ago"() {
    const { ca, cert, key } = certificate();
    const size = 300_000;
    const server = await startServer(
      async (_reader, writer) => {
        await writer.write(new Uint8Array(size));
      },
      HOST,
      0,
      { tls: { cert, key } },
    );
    // From an address of its own it is another connection of the host, on Deno.
    for (const from of [{}, { localAddress: HOST }]) {
      const [reader, writer] = await open(server, {
        tls: { ca },
        limit: 500,
        ...from,
      });
      let count = 0;
      for (let reads = 1;; reads++) {
        const { length } = await reader.read(700);
        if (length === 0) break;
        count += length;
        if (reads % 20 === 0) await sleep(0.002);
      }
      assert.equal(count, size);
      await writer.close();
    }
    server.close();
    await server.waitClosed();
  },

  async "TLS holds back who sends to a reader that does not read"() {
    const { ca, cert, key } = certificate();
    const most = 30_000_000;
    const piece = new Uint8Array(64_000);
    let sent = 0;
    const server = await startServer(
      async (_reader, writer) => {
        try {
          for (sent = 0; sent < most; sent += piece.length) {
            await writer.write(piece);
          }
        } catch (error) {
          // The reader has gone.
          if (error instanceof CancelledError) throw error;
        }
      },
      HOST,
      0,
      { tls: { cert, key }, grace: 0 },
    );
    for (const from of [{}, { localAddress: HOST }]) {
      const [, writer] = await open(server, {
        tls: { ca },
        limit: 500,
        ...from,
      });
      await until(() => sent > 0);
      for (let before = 0; sent > before;) {
        before = sent;
        await sleep(0.2);
      }
      writer.abort();
      // The system's buffers have a third of it at most.
      assert(sent < most, `${sent} bytes were sent`);
    }
    server.close();
    await server.waitClosed();
  },

  async "TLS loses nothing of what was written before close(), however slow its reader is"() {
    const { ca, cert, key } = certificate();
    const size = 1_000_000;
    const count = async (reader: StreamReader): Promise<number> => {
      let sum = 0;
      for (let reads = 1;; reads++) {
        const { length } = await reader.read(5000);
        if (length === 0) return sum;
        sum += length;
        if (reads % 20 === 0) await sleep(0.001);
      }
    };
    for (const sender of ["client", "server"] as const) {
      let came = 0;
      const server = await startServer(
        async (reader, writer) => {
          if (sender === "client") came = await count(reader);
          else await writer.write(new Uint8Array(size));
        },
        HOST,
        0,
        { tls: { cert, key }, limit: 500 },
      );
      const [reader, writer] = await open(server, { tls: { ca }, limit: 500 });
      if (sender === "client") writer.write(new Uint8Array(size));
      else came = await count(reader);
      await writer.close();
      server.close();
      await server.waitClosed();
      await until(() => came > 0);
      assert.equal(came, size, sender);
    }
  },

  async "close() over TLS waits until the other end has closed too, unless it is aborted"() {
    const { ca, cert, key } = certificate();
    const sockets = new Set<Socket>();
    const server = createTlsServer(
      { cert, key, allowHalfOpen: true } as object,
      (socket) => {
        sockets.add(socket.on("error", () => {}).resume());
        socket.on("close", () => sockets.delete(socket));
      },
    );
    await new Promise<void>((done) => server.listen(0, HOST, () => done()));
    const { port } = server.address() as { port: number };
    for (const how of ["ends", "aborts", "resets"]) {
      const [, writer] = await openConnection(HOST, port, { tls: { ca } });
      await until(() => sockets.size === 1);
      const [socket] = sockets;
      const closed = writer.close();
      await sleep(0.05);
      assert.equal(closed.done(), false, how);
      if (how === "ends") socket!.end();
      else if (how === "resets") socket!.destroy();
      else writer.abort();
      await closed;
      socket!.destroy();
      await until(() => sockets.size === 0);
    }
    await new Promise((done) => server.close(done));
  },

  async "close() over TLS waits for the other end no longer than the shutdownTimeout"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(
      async () => await sleep(3600),
      HOST,
      0,
      { tls: { cert, key }, limit: 500, grace: 0 },
    );
    const tls = { ca, shutdownTimeout: { milliseconds: 50 } };
    const [, silent] = await open(server, { tls });
    await silent.write(bytes("all of it is sent"));
    await silent.close();
    // Nobody reads it, so it does not get through.
    const [, writer] = await open(server, { tls });
    writer.write(new Uint8Array(20_000_000));
    const error = await errorOf(() => writer.close());
    assert(error instanceof TimeoutError);
    assert.match(error.message, /less .* within the shutdownTimeout, 0\.05 s$/);
    assert.equal(await errorOf(() => writer.waitClosed()), error);
    server.close();
    await server.waitClosed();
  },

  async "close() over TLS waits no longer for who has closed its side and takes nothing"() {
    const { ca, cert, key } = certificate();
    let lost: unknown;
    let hasWritten = false;
    const server = await startServer(
      async (reader, writer) => {
        writer.write(new Uint8Array(64 << 20));
        hasWritten = true;
        await reader.read();
        lost = await errorOf(() => writer.close());
      },
      HOST,
      0,
      { tls: { cert, key, shutdownTimeout: 0.05 } },
    );
    const { port } = server.sockets[0]!;
    const options = { host: HOST, port, ca, allowHalfOpen: true };
    const client = connectTls(options as never).on("error", () => {});
    client.pause();
    await until(() => hasWritten);
    client.end();
    server.close();
    await until(() => lost !== undefined);
    await server.waitClosed();
    assert(lost instanceof TimeoutError, `${lost}`);
    client.destroy();
  },

  async "startTls() agrees on a protocol by alpn at both sides, and tells it"() {
    const { ca, cert, key } = certificate();
    const told: unknown[] = [];
    const server = await startServer(async (reader, writer) => {
      await reader.readline();
      await writer.write(bytes("go on\n"));
      await writer.startTls({ cert, key, alpn: ["other", "echo"] });
      told.push(writer.getExtraInfo("tls"));
      await echo(reader, writer);
    }, HOST);
    const [reader, writer] = await open(server);
    assert.equal(writer.getExtraInfo("tls"), undefined);
    await writer.write(bytes("STARTTLS\n"));
    await reader.readline();
    await writer.startTls({
      ca: [makeCertificate().ca, ca],
      alpn: ["echo"],
      serverHostname: "localhost",
    });
    told.push(writer.getExtraInfo("tls"));
    // The server's side of the handshake ends a little later.
    await writer.write(bytes("secret\n"));
    assert.equal(textOf(await reader.readline()), "secret\n");
    const agreed = { protocol: "TLSv1.3", alpn: "echo" };
    assert.deepEqual(told, [agreed, agreed]);
    assert.deepEqual(writer.getExtraInfo("peername"), server.sockets[0]);
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() sends all that was written before, and loses nothing after"() {
    const { ca, cert, key } = certificate();
    const before = new Uint8Array(3 << 20).map((_, i) => i * 7);
    const after = new Uint8Array(3 << 20).map((_, i) => i * 13);
    const server = await startServer(async (reader, writer) => {
      assert.deepEqual(await reader.readexactly(before.length), before);
      await writer.startTls({ cert, key });
      const all = await reader.read();
      await writer.write(all);
    }, HOST);
    const [reader, writer] = await open(server);
    writer.write(before);
    await writer.startTls({ ca });
    for (let at = 0; at < after.length; at += 50_000) {
      await writer.write(after.subarray(at, at + 50_000));
    }
    writer.writeEof();
    assert.deepEqual(new Uint8Array(await reader.read()), after);
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() refuses at once options that can't be, and the connection goes on"() {
    const { ca, cert, key } = certificate();
    const wrong = (isServer: boolean): [unknown, string, RegExp][] => [
      [{ caa: ca }, "TypeError", /unknown option "caa"/],
      [{ isServer: true }, "TypeError", /unknown option "isServer"/],
      [null, "TypeError", /options/],
      [{ cert }, "TypeError", /cert and key must be given together/],
      [{ key }, "TypeError", isServer ? /cert/ : /cert and key must be given/],
      [{ ca: 1 }, "TypeError", /ca must be PEM text/],
      [{ alpn: "echo" }, "TypeError", /alpn must be an array/],
      [{ serverHostname: "" }, "RangeError", /serverHostname/],
      [{ handshakeTimeout: "1" }, "TypeError", /handshakeTimeout/],
      [{ handshakeTimeout: NaN }, "RangeError", /handshakeTimeout/],
      ...isServer
        ? [
          [{}, "TypeError", /a server needs cert and key/],
          [{ cert, key, ca }, "TypeError", /are for clients/],
          [{ cert, key, serverHostname: "a" }, "TypeError", /are for clients/],
        ] as [unknown, string, RegExp][]
        : [],
    ];
    const server = await startServer(async (reader, writer) => {
      for (const [options, name, message] of wrong(true)) {
        assert.throws(() => writer.startTls(options as never), {
          name,
          message,
        });
      }
      await echo(reader, writer);
    }, HOST);
    const [reader, writer] = await open(server);
    for (const [options, name, message] of wrong(false)) {
      assert.throws(() => writer.startTls(options as never), { name, message });
    }
    await writer.write(bytes("still plain\n"));
    assert.equal(textOf(await reader.readline()), "still plain\n");
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() refuses what is no plain connection of the host, and that goes on"() {
    const { ca, cert, key } = certificate();
    const refused = async (
      [reader, writer]: [StreamReader, StreamWriter],
      options: TlsOptions,
      message: RegExp,
    ) => {
      const error = await errorOf(() => writer.startTls(options));
      assert.equal(error.name, "RuntimeError");
      assert.match(error.message, message);
      await writer.write(bytes("goes on\n"));
      assert.equal(textOf(await reader.readline()), "goes on\n");
      await writer.close();
    };
    const server = await startServer(echo, HOST, 0, { tls: { cert, key } });
    const secure = await open(server, { tls: { ca } });
    await refused(secure, { ca }, /the connection to .* is TLS already/);
    server.close();
    await server.waitClosed();

    const [near, far] = connectionPair();
    const other = createTask(() => echo(...far));
    await refused(near, {}, /one end of a connection in memory is no plain/);
    await other;

    const cat = await createSubprocessExec("cat", [], {
      stdin: PIPE,
      stdout: PIPE,
    });
    const pipes = [cat.stdout!, cat.stdin!] as [StreamReader, StreamWriter];
    await refused(pipes, {}, /<stdin of process \d+> is no plain connection/);
    await cat.end();
  },

  async "startTls() over a Unix socket wants the name that the certificate must have"() {
    const { ca, cert, key } = certificate();
    const folder = mkdtempSync(`${tmpdir()}/asyncio-`);
    const path = `${folder}/socket`;
    try {
      const server = await startUnixServer(async (reader, writer) => {
        await reader.readline();
        try {
          await writer.startTls({ cert, key });
        } catch {
          // The client that wants another name has gone.
          return;
        }
        await echo(reader, writer);
      }, path);
      for (const serverHostname of ["localhost", "example.com"]) {
        const [reader, writer] = await openUnixConnection(path);
        assert.throws(() => writer.startTls({ ca }), {
          name: "TypeError",
          message: /over a Unix socket needs a serverHostname/,
        });
        await writer.write(bytes("STARTTLS\n"));
        const secured = writer.startTls({ ca, serverHostname });
        if (serverHostname === "localhost") {
          await secured;
          await writer.write(bytes("secret\n"));
          assert.equal(textOf(await reader.readline()), "secret\n");
          await writer.close();
        } else await errorOf(() => secured);
      }
      server.close();
      await server.waitClosed();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  async "startTls() while another task reads or goes over is refused, and harms neither"() {
    const { ca, cert, key } = certificate();
    const server = await startServer(async (reader, writer) => {
      await writer.write(await reader.readline());
      await writer.startTls({ cert, key });
      await echo(reader, writer);
    }, HOST);
    const [reader, writer] = await open(server);
    const line = createTask(() => reader.readline());
    await sleep(0);
    const whileReading = await errorOf(() => writer.startTls({ ca }));
    assert.match(whileReading.message, /another task reads from/);
    await writer.write(bytes("STARTTLS\n"));
    assert.equal(textOf(await line), "STARTTLS\n");
    const first = createTask(() => writer.startTls({ ca }));
    await sleep(0);
    const second = await errorOf(() => writer.startTls({ ca }));
    assert.match(second.message, /a TLS handshake is under way/);
    for (const use of ["write", "writeEof"] as const) {
      const error = await errorOf(async () =>
        await writer[use](bytes("early"))
      );
      assert.match(error.message, /a TLS handshake is under way/);
      assert(error instanceof RuntimeError, use);
    }
    await first;
    await writer.write(bytes("secret\n"));
    assert.equal(textOf(await reader.readline()), "secret\n");
    await writer.close();
    server.close();
    await server.waitClosed();
  },

  async "startTls() that fails at either side leaves nothing open, and says why"() {
    const { ca, cert, key } = certificate();
    const nonsense = bytes("this is no handshake, but long enough\n\n");
    /** What the client does, and what makes its startTls() fail, if it begins one. */
    const clients: Record<string, [TlsOptions | undefined, Uint8Array?]> = {
      "trusts nobody": [{ ca: makeCertificate().ca }],
      "wants another name": [{ ca, serverHostname: "example.com" }],
      "talks nonsense": [undefined, nonsense],
      "goes without a word": [undefined],
    };
    for (const [name, [options, wire]] of Object.entries(clients)) {
      let failure: unknown;
      let late: unknown;
      const server = await startServer(async (reader, writer) => {
        await reader.readline();
        try {
          await writer.startTls({ cert, key, handshakeTimeout: 30 });
          // Of TLS 1.3 only the client knows by now that it has failed.
          await reader.read();
        } catch (error) {
          failure = error;
        }
        late = await writer.close().then(null, (error) => error);
      }, HOST);
      const [reader, writer] = await open(server);
      await writer.write(bytes("STARTTLS\n"));
      if (options !== undefined) {
        const error = await errorOf(() => writer.startTls(options));
        assert(!(error instanceof RuntimeError), name);
        assert(writer.isClosing(), name);
        assert.equal(await errorOf(() => reader.read()), error, name);
        assert.equal(await errorOf(() => writer.waitClosed()), error, name);
      } else {
        if (wire !== undefined) await writer.write(wire);
        writer.writeEof();
        await reader.read().then(null, () => {});
        await writer.close().then(null, () => {});
        // What its own startTls() has thrown is what the connection was lost by.
      }
      server.close();
      await server.waitClosed();
      if (options === undefined) {
        assert(failure instanceof Error, name);
        assert.equal(late, failure, name);
      }
    }
  },

  async "a server of TLS that ends its side at once loses nothing of what comes"() {
    const { ca, cert, key } = certificate();
    const sizes: number[] = [];
    const server = await startServer(
      async (reader, writer) => {
        writer.writeEof();
        sizes.push((await reader.read()).length);
      },
      HOST,
      0,
      { tls: { cert, key } },
    );
    const { port } = server.sockets[0]!;
    // Of the host, since its first bytes come with the last of the handshake.
    const send = () =>
      new Promise((done) => {
        const options = { host: HOST, port, ca, allowHalfOpen: true };
        const client = connectTls(options as never, () => {
          client.write(new Uint8Array(100));
          client.write(new Uint8Array(3000));
          setTimeout(() => client.end(), 3);
        });
        client.on("error", () => {}).on("close", done).resume();
      });
    for (let i = 0; i < 30; i++) {
      await Promise.all(Array.from({ length: 5 }, send));
    }
    await until(() => sizes.length === 150);
    assert.deepEqual(sizes.filter((size) => size !== 3100), []);
    server.close();
    await server.waitClosed();
  },

  async "startTls() reads all of who leaves right after the handshake"() {
    const { ca, cert, key } = certificate();
    for (let i = 0; i < 20; i++) {
      let all: Uint8Array | undefined;
      const server = await startServer(async (reader, writer) => {
        await writer.startTls({ cert, key });
        all = await reader.read();
      }, HOST);
      const [, writer] = await open(server);
      await writer.startTls({ ca });
      writer.write(new Uint8Array(1 << (i % 18)));
      await writer.close();
      server.close();
      await server.waitClosed();
      assert.equal(all!.length, 1 << (i % 18));
    }
  },

  async "startTls() that is cancelled while its peer takes nothing closes the connection"() {
    const server = createServer((socket) => {
      socket.on("error", () => {}).pause();
      sockets.add(socket.on("close", () => sockets.delete(socket)));
    });
    const sockets = new Set<Socket>();
    await new Promise<void>((done) => server.listen(0, HOST, () => done()));
    const { port } = server.address() as { port: number };
    const [, writer] = await openConnection(HOST, port);
    writer.write(new Uint8Array(64 << 20));
    await errorOf(() => timeout(0.05, () => writer.startTls()));
    await writer.waitClosed();
    for (const socket of sockets) socket.resume();
    await until(() => sockets.size === 0);
    await new Promise((done) => server.close(done));
  },

  async "startTls() whose connection is closed, aborted or reset meanwhile ends, and leaves nothing open"() {
    const { ca } = certificate();
    for (const how of ["close", "abort", "reset", "end"] as const) {
      await withSilentServer(async (port, sockets) => {
        const [reader, writer] = await openConnection(HOST, port);
        await until(() => sockets.size === 1);
        const upgrade = createTask(() => writer.startTls({ ca }));
        await sleep(0.02);
        assert.throws(() => writer.writeEof(), RuntimeError);
        const [socket] = sockets;
        if (how === "close") writer.close();
        else if (how === "abort") writer.abort();
        else if (how === "reset") socket!.resetAndDestroy();
        else socket!.end();
        if (how === "close") {
          // It waits for the handshake, which goes on: as for what was written.
          await sleep(0.02);
          assert(!upgrade.done());
          writer.abort();
        }
        const error = await errorOf(() => upgrade);
        assert(!(error instanceof TimeoutError), `${how}: ${error}`);
        await until(() => sockets.size === 0);
        assert(writer.isClosing());
        await reader.read().then(null, () => {});
        await writer.waitClosed().then(null, () => {});
      });
    }
  },
};

if (/_tls_program\.ts$/.test(process.argv[1] ?? "")) await runAll(checks);
