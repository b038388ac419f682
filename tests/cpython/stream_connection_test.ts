import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { createServer, type Server as NodeServer } from "node:net";
import {
  type Address,
  type ClientConnected,
  type Coro,
  type Coroutine,
  createTask,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  type Server,
  sleep,
  startServer,
  startUnixServer,
  StreamReader,
  type StreamWriter,
} from "../../mod.ts";
import { connectionPair } from "../../testing.ts";
import { type Certificate, makeCertificate } from "../_certificates.ts";
import { errorOf } from "./_both.ts";
import { echo, network, type NetworkTest, withSocketPath } from "./_network.ts";
import { bytes, textOf } from "./_reading.ts";

const HOST = "127.0.0.1";

let made: Certificate | undefined;

/** Ways to connect, over each of which a case is tried. */
interface Way {
  listen(handler: ClientConnected): Coroutine<Server>;
  connect(server: Server): Coroutine<[StreamReader, StreamWriter]>;
}

const tcp: Way = {
  listen: (handler) => startServer(handler, HOST),
  connect: (server) => openConnection(HOST, server.sockets[0]!.port!),
};

function unix(path: string): Way {
  return {
    listen: (handler) => startUnixServer(handler, path),
    connect: () => openUnixConnection(path),
  };
}

function tls({ ca, cert, key }: Certificate): Way {
  return {
    listen: (handler) => startServer(handler, HOST, 0, { tls: { cert, key } }),
    connect: (server) =>
      openConnection(HOST, server.sockets[0]!.port!, { tls: { ca } }),
  };
}

/** Makes a case of each way. */
function overTcp(
  id: string,
  main: (test: NetworkTest, way: Way) => Coro<unknown>,
): void {
  network(id, (test) => main(test, tcp));
}

function overUnix(
  id: string,
  main: (test: NetworkTest, way: Way) => Coro<unknown>,
): void {
  network(id, (test) => withSocketPath((path) => main(test, unix(path))));
}

// As the server of CPython's tests: it answers one request.
const answering: ClientConnected = function* (reader, writer) {
  yield* reader.readuntil(bytes("\r\n\r\n"));
  const headers = "HTTP/1.0 200 OK\r\nContent-Length: 12\r\n\r\n";
  writer.write(bytes(headers));
  yield* writer.write(bytes("Test message"));
};

function* ask({ go }: NetworkTest, way: Way): Coro<void> {
  const server = yield* go(() => way.listen(answering));
  const [reader, writer] = yield* go(() => way.connect(server));
  yield* go(() => writer.write(bytes("GET / HTTP/1.0\r\n\r\n")));
  assertEquals(
    textOf(yield* go(() => reader.readline())),
    "HTTP/1.0 200 OK\r\n",
  );
  const rest = textOf(yield* go(() => reader.read()));
  assertMatch(rest, /\r\n\r\nTest message$/);
  yield* go(() => writer.close());
  server.close();
  yield* go(() => server.waitClosed());
}

overTcp("streams.StreamTests.open_connection", ask);
overUnix("streams.StreamTests.open_unix_connection", ask);
network("streams.StreamTests.open_connection_no_loop_ssl", function* (test) {
  yield* ask(test, tls(made ??= makeCertificate()));
});

// A server of Node resets its connections as soon as something comes.
function resetting(
  options: { readonly path: string } | {
    readonly host: string;
    readonly port: number;
  },
): Promise<NodeServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.resetAndDestroy());
  });
  return new Promise((resolve) => {
    server.listen(options, () => resolve(server));
  });
}

function* getReset(
  { go }: NetworkTest,
  connect: () => Coroutine<[StreamReader, StreamWriter]>,
): Coro<void> {
  const [reader, writer] = yield* go(connect);
  const pending = go(() => reader.read());
  yield* go(() => writer.write(new Uint8Array(20_000)));
  const error = yield* errorOf(pending);
  assertInstanceOf(error, Deno.errors.ConnectionReset);
  assertMatch(error.message, /^Lost the connection to /);
  assertStrictEquals(yield* errorOf(go(() => reader.read(1))), error);
  assertStrictEquals(reader.exception(), error);
  writer.close();
  assert(writer.isClosing());
  assertStrictEquals(yield* errorOf(go(() => writer.waitClosed())), error);
}

network("streams.StreamTests.open_connection_error", function* (test) {
  const server = yield* createTask(() => resetting({ host: HOST, port: 0 }));
  const { port } = server.address() as { port: number };
  yield* getReset(test, () => openConnection(HOST, port));
  server.close();
});

// Of a Unix socket the kernel does it, if it is closed with bytes unread.
overUnix(
  "streams.StreamTests.open_unix_connection_error",
  function* (test, way) {
    const server = yield* way.listen(function* (reader, writer) {
      yield* reader.readexactly(1);
      yield* writer.close();
    });
    yield* getReset(test, function connect() {
      return way.connect(server);
    });
    server.close();
  },
);

function* lookAtBoth({ go, isAsync }: NetworkTest, way: Way): Coro<void> {
  const names: unknown[] = [];
  const look = (writer: StreamWriter): void => {
    names.push(
      writer.getExtraInfo("sockname"),
      writer.getExtraInfo("peername"),
    );
  };
  const server = yield* go(() =>
    way.listen(
      isAsync
        ? async (reader, writer) => {
          look(writer);
          await writer.write(await reader.readexactly(3));
        }
        : function* (reader, writer) {
          look(writer);
          yield* writer.write(yield* reader.readexactly(3));
        },
    )
  );
  const [address] = server.sockets;
  const [reader, writer] = yield* go(() => way.connect(server));
  assertEquals(writer.getExtraInfo("peername"), address);
  yield* go(() => writer.write(bytes("xxx")));
  assertEquals(textOf(yield* go(() => reader.read())), "xxx");
  yield* go(() => writer.close());
  assert(reader.atEof());
  const own = writer.getExtraInfo("sockname") as Address;
  if (own.path === undefined) assertEquals(names, [address, own]);
  server.close();
  yield* go(() => server.waitClosed());
}

overTcp("events.EventLoopTestsMixin.create_connection", lookAtBoth);
overUnix("events.EventLoopTestsMixin.create_unix_connection", lookAtBoth);
overTcp("events.EventLoopTestsMixin.create_server", lookAtBoth);

network(
  "base_events.BaseEventLoopWithSelectorTests.create_connection_argument_errors",
  // deno-lint-ignore require-yield
  function* () {
    const wrong: [() => unknown, new () => Error, string][] = [
      [() => openConnection("", 80), RangeError, "host"],
      [() => openConnection(HOST, 0), RangeError, "port"],
      [() => openConnection(HOST, 65_536), RangeError, "port"],
      [() => openConnection(HOST, 1.5), RangeError, "port"],
      [() => openConnection(HOST, "80" as never), TypeError, "port"],
      [() => openConnection(80 as never, 80), TypeError, "host"],
      [() => openConnection(HOST, 80, { limit: 0 }), RangeError, "limit"],
      [() => openConnection(HOST, 80, { tls: 1 as never }), TypeError, "tls"],
      [
        () => openConnection(HOST, 80, { handshakeTimeout: 1 } as never),
        TypeError,
        'unknown option "handshakeTimeout"',
      ],
      [
        () => openConnection(HOST, 80, { tls: { cert: "x" } }),
        TypeError,
        "cert and key",
      ],
      [() => openUnixConnection(""), RangeError, "path"],
      [
        () => openUnixConnection("/tmp/x", { tls: true }),
        TypeError,
        "serverHostname",
      ],
    ];
    for (const [call, kind, text] of wrong) assertThrows(call, kind, text);
  },
);

network("streams.StreamTests.start_tls", function* (test) {
  const { go, isAsync } = test;
  const { ca, cert, key } = made ??= makeCertificate();
  const seen: boolean[] = [];
  // The server's side by Node, since Deno has a way for clients alone.
  const server = yield* go(() =>
    startServer(
      isAsync
        ? async (reader, writer) => {
          await writer.write(await reader.readline());
          await writer.startTls({ cert, key });
          seen.push(writer.getExtraInfo("tls") !== undefined);
          await writer.write(await reader.readline());
        }
        : function* (reader, writer) {
          yield* writer.write(yield* reader.readline());
          yield* writer.startTls({ cert, key });
          seen.push(writer.getExtraInfo("tls") !== undefined);
          yield* writer.write(yield* reader.readline());
        },
      HOST,
    )
  );
  const [reader, writer] = yield* go(() => tcp.connect(server));
  yield* go(() => writer.write(bytes("hello 1!\n")));
  assertEquals(textOf(yield* go(() => reader.readline())), "hello 1!\n");
  assertEquals(writer.getExtraInfo("tls"), undefined);
  yield* go(() => writer.startTls({ ca }));
  assertEquals(writer.getExtraInfo("tls")?.protocol, "TLSv1.3");
  yield* go(() => writer.write(bytes("hello 2!\n")));
  assertEquals(textOf(yield* go(() => reader.readline())), "hello 2!\n");
  assertEquals(seen, [true]);
  yield* go(() => writer.close());
  server.close();
  yield* go(() => server.waitClosed());
});

network(
  "streams.StreamTests.read_all_from_pipe_reader",
  function* ({ go }) {
    const child = new Deno.Command("printf", {
      args: ["data"],
      stdout: "piped",
    }).spawn();
    const reader = StreamReader.from(child.stdout, { limit: 1 });
    assertEquals(textOf(yield* go(() => reader.read(-1))), "data");
    yield* createTask(async () => void await child.status);
  },
);

network("events.EventLoopTestsMixin.read_pipe", function* ({ go }) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const pipe = writable.getWriter();
  const reader = StreamReader.from(readable);
  const first = go(() => reader.read(10));
  pipe.write(bytes("1"));
  assertEquals(textOf(yield* first), "1");
  pipe.write(bytes("2345"));
  pipe.close();
  assertEquals(textOf(yield* go(() => reader.read())), "2345");
  assert(reader.atEof());
});

network("streams.StreamTests.multiple_drain", function* ({ go }) {
  const [[, writer], [reader]] = connectionPair({ capacity: 100, limit: 10 });
  writer.write(new Uint8Array(10_000));
  const drained: number[] = [];
  const tasks = Array.from({ length: 10 }, (_, i) => {
    const task = go(() => writer.drain());
    task.addDoneCallback(() => drained.push(i));
    return task;
  });
  yield* sleep(0);
  assertEquals(drained, []);
  yield* go(() => reader.readexactly(10_000));
  for (const task of tasks) yield* task;
  yield* sleep(0);
  assertEquals(drained.length, 10);
});

network("streams.StreamTests.drain_raises", function* ({ go }) {
  const server = yield* go(() =>
    startServer((_, writer) => {
      writer.close();
    }, HOST)
  );
  const [, writer] = yield* go(() => tcp.connect(server));
  const loop = createTask(function* () {
    for (;;) {
      writer.write(bytes("foo\n"));
      yield* go(() => writer.drain());
      yield* sleep(0.001);
    }
  });
  const error = yield* errorOf(loop);
  assert(
    error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe,
    `${error}`,
  );
  server.close();
});

network("streams.StreamTests.wait_closed_on_close", function* (test) {
  const { go } = test;
  const server = yield* go(() => tcp.listen(answering));
  const [reader, writer] = yield* go(() => tcp.connect(server));
  writer.write(bytes("GET / HTTP/1.0\r\n\r\n"));
  assertEquals(
    textOf(yield* go(() => reader.readline())),
    "HTTP/1.0 200 OK\r\n",
  );
  assertMatch(textOf(yield* go(() => reader.read())), /Test message$/);
  assertFalse(writer.isClosing());
  writer.close();
  assert(writer.isClosing());
  yield* go(() => writer.waitClosed());
  server.close();
});

network(
  "streams.StreamTests.wait_closed_on_close_with_unread_data",
  function* ({ go }) {
    const server = yield* go(() => tcp.listen(answering));
    const [reader, writer] = yield* go(() => tcp.connect(server));
    writer.write(bytes("GET / HTTP/1.0\r\n\r\n"));
    yield* go(() => reader.readline());
    writer.close();
    yield* go(() => writer.waitClosed());
    server.close();
  },
);

network("streams.StreamTests.async_writer_api", function* (test) {
  const { go } = test;
  const server = yield* go(() => tcp.listen(echo(test)));
  const [reader, writer] = yield* go(() => tcp.connect(server));
  yield* go(() => writer.write(bytes("hello\n")));
  assertEquals(textOf(yield* go(() => reader.readline())), "hello\n");
  yield* go(() => writer.close());
  server.close();
});

network(
  "streams.StreamTests.async_writer_api_exception_after_close",
  function* (test) {
    const { go } = test;
    const server = yield* go(() => tcp.listen(echo(test)));
    const [, writer] = yield* go(() => tcp.connect(server));
    yield* go(() => writer.close());
    assertThrows(
      () => writer.write(bytes("data")),
      Deno.errors.ConnectionReset,
      "was closed here",
    );
    const error = yield* errorOf(go(() => writer.drain()));
    assertInstanceOf(error, Deno.errors.ConnectionReset);
    server.close();
  },
);

network(
  "streams.StreamTests.eof_feed_when_closing_writer",
  function* (test) {
    const { go } = test;
    const server = yield* go(() => tcp.listen(echo(test)));
    const [reader, writer] = yield* go(() => tcp.connect(server));
    yield* go(() => writer.close());
    assert(reader.atEof());
    assertEquals((yield* go(() => reader.read())).length, 0);
    server.close();
  },
);

network("transports.TransportTests.ctor_extra_is_none", function* () {
  const [[, writer]] = connectionPair();
  for (const name of ["peername", "sockname", "tls", "transport"] as const) {
    assertEquals(writer.getExtraInfo(name), undefined);
  }
  yield* writer.close();
});

network("transports.TransportTests.get_extra_info", function* (test) {
  const server = yield* tcp.listen(echo(test));
  const [, writer] = yield* tcp.connect(server);
  assertEquals(writer.getExtraInfo("peername"), server.sockets[0]);
  assertEquals(writer.getExtraInfo("unknown" as never), undefined);
  yield* writer.close();
  server.close();
});

network("transports.TransportTests.writelines", function* ({ go }) {
  const [[, writer], [reader]] = connectionPair();
  yield* go(() => writer.writelines([bytes("a"), bytes("b"), bytes("c")]));
  assertEquals(textOf(yield* go(() => reader.read(10))), "abc");
  assertThrows(() => writer.writelines([bytes("a"), "b" as never]), TypeError);
});

network("streams.StreamTests.__repr__transport", function* (test) {
  const server = yield* tcp.listen(echo(test));
  const [reader, writer] = yield* tcp.connect(server);
  const { port } = server.sockets[0]!;
  assertEquals(
    String(reader),
    `<StreamReader transport=connection to ${HOST}:${port}>`,
  );
  yield* writer.close();
  assertStrictEquals(server.getLoop(), getRunningLoop());
  server.close();
});
