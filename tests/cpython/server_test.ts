import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  CancelledError,
  type ClientConnected,
  type Coro,
  type Coroutine,
  createTask,
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
} from "../../mod.ts";
import { errorOf } from "./_both.ts";
import { echo, network, type NetworkTest, withSocketPath } from "./_network.ts";
import { bytes, textOf } from "./_reading.ts";
import { OWN_HOST } from "../_stream_checks.ts";

const HOST = "127.0.0.1";

function connect(
  server: Server,
): Coroutine<[StreamReader, StreamWriter]> {
  const { path, port } = server.sockets[0]!;
  return path === undefined
    ? openConnection(HOST, port!)
    : openUnixConnection(path);
}

/** A handler that waits until it is told to go on. */
function waiting(
  { isAsync }: NetworkTest,
): { handler: ClientConnected; writers: StreamWriter[] } {
  const writers: StreamWriter[] = [];
  const handler: ClientConnected = isAsync
    ? async (reader, writer) => {
      writers.push(writer);
      await reader.read();
    }
    : function* (reader, writer) {
      writers.push(writer);
      yield* reader.read();
    };
  return { handler, writers };
}

function* until(condition: () => boolean): Coro<void> {
  while (!condition()) yield* sleep(0.001);
}

function* talk({ go }: NetworkTest, server: Server): Coro<void> {
  const [reader, writer] = yield* go(() => connect(server));
  yield* go(() => writer.write(bytes("hello world\n")));
  const line = textOf(yield* go(() => reader.readline()));
  assertEquals(line, "hello world\n");
  yield* go(() => writer.close());
}

// In Python's manner: a plain function that makes a task.
function plainEcho(test: NetworkTest): ClientConnected {
  const handler = echo(test);
  return (reader, writer) => {
    createTask(async () => {
      await createTask(() => handler(reader, writer) as Promise<void>);
      await writer.close();
    });
  };
}

function* serve(
  test: NetworkTest,
  start: (handler: ClientConnected) => Coroutine<Server>,
): Coro<void> {
  for (const handler of [echo(test), plainEcho(test)]) {
    const server = yield* test.go(() => start(handler));
    yield* talk(test, server);
    server.close();
    yield* test.go(() => server.waitClosed());
  }
}

network("streams.StreamTests.start_server", function* (test) {
  yield* serve(test, (handler) => startServer(handler, HOST, 0));
});

network("streams.StreamTests.start_unix_server", function* (test) {
  yield* withSocketPath((path) =>
    serve(test, (handler) => startUnixServer(handler, path))
  );
});

network("streams.StreamTests.unhandled_exception", function* (test) {
  const { go, isAsync, reports } = test;
  const error = new Error("broken handler");
  const server = yield* go(() =>
    startServer(
      isAsync
        ? async (reader) => {
          await reader.readline();
          throw error;
        }
        : function* (reader) {
          yield* reader.readline();
          throw error;
        },
      HOST,
    )
  );
  const [reader, writer] = yield* go(() => connect(server));
  yield* go(() => writer.write(bytes("x\n")));
  assertEquals((yield* go(() => reader.read())).length, 0);
  const [report] = reports.splice(0);
  assertEquals(report?.message, "Unhandled exception in clientConnected");
  assertStrictEquals(report?.exception, error);
  yield* go(() => writer.close());
  server.close();
  yield* go(() => server.waitClosed());
});

network("streams.StreamTests.unhandled_cancel", function* (test) {
  const { go, isAsync } = test;
  const server = yield* go(() =>
    startServer(
      isAsync
        ? async (reader) => {
          await reader.readline();
          throw new CancelledError();
        }
        : function* (reader) {
          yield* reader.readline();
          throw new CancelledError();
        },
      HOST,
    )
  );
  const [reader, writer] = yield* go(() => connect(server));
  yield* go(() => writer.write(bytes("x\n")));
  assertEquals((yield* go(() => reader.read())).length, 0);
  yield* go(() => writer.close());
  server.close();
  yield* go(() => server.waitClosed());
});

/**
 * Waits until a client is refused. A program that another test is just starting has a copy of
 * each socket until it runs: the host lets clients in there whom nobody serves.
 */
function* refusal({ go }: NetworkTest, port: number): Coro<unknown> {
  const { ConnectionReset, NotConnected } = Deno.errors;
  for (;;) {
    try {
      const [, writer] = yield* go(() => openConnection(OWN_HOST, port));
      writer.abort();
    } catch (error) {
      const wasLetIn = error instanceof ConnectionReset ||
        error instanceof NotConnected;
      if (!wasLetIn) return error;
    }
  }
}

network("events.EventLoopTestsMixin.server_close", function* (test) {
  const { go } = test;
  let clients = 0;
  const server = yield* go(() => startServer(() => void clients++, OWN_HOST));
  const { port } = server.sockets[0]!;
  server.close();
  const error = yield* refusal(test, port);
  assertInstanceOf(error, Deno.errors.ConnectionRefused);
  assertEquals(clients, 0);
});

network("events.TestServer.get_loop", function* (test) {
  const server = yield* test.go(() => startServer(echo(test), HOST));
  assertStrictEquals(server.getLoop(), getRunningLoop());
  server.close();
});

function* startLater(
  { go }: NetworkTest,
  server: Server,
  isExplicit: boolean,
): Coro<void> {
  assertFalse(server.isServing());
  assertEquals(server.sockets.length, 1);
  if (isExplicit) {
    yield* go(() => server.startServing());
    assert(server.isServing());
  }
  const main = go(() => server.serveForever()) as Task<unknown>;
  yield* until(() => server.isServing());
  const second = yield* errorOf(go(() => server.serveForever()));
  assertInstanceOf(second, RuntimeError);
  const [, writer] = yield* go(() => connect(server));
  yield* go(() => writer.write(bytes("done")));
  yield* go(() => writer.close());
  main.cancel();
  assertInstanceOf(yield* errorOf(main), CancelledError);
  assertEquals(server.sockets, []);
  assertFalse(server.isServing());
  const closed = yield* errorOf(go(() => server.serveForever()));
  assertInstanceOf(closed, RuntimeError);
  assert(closed.message.includes("is closed"));
}

network("server.BaseStartServer.start_server_1", function* (test) {
  const server = yield* test.go(() =>
    startServer(waiting(test).handler, HOST, 0, { startServing: false })
  );
  yield* startLater(test, server, false);
});

network(
  "server.SelectorStartServerTests.start_unix_server_1",
  function* (test) {
    yield* withSocketPath(function* (path) {
      const options = { startServing: false };
      const server = yield* test.go(() =>
        startUnixServer(waiting(test).handler, path, options)
      );
      yield* startLater(test, server, true);
    });
  },
);

network("server.TestServer2.wait_closed_basic", function* (test) {
  const { go } = test;
  const { handler, writers } = waiting(test);
  const server = yield* go(() => startServer(handler, HOST));
  const [, writer] = yield* go(() => connect(server));
  yield* until(() => writers.length === 1);
  const first = go(() => server.waitClosed());
  yield* sleep(0);
  assertFalse(first.done());
  server.close();
  yield* sleep(0);
  yield* sleep(0);
  assertFalse(first.done());
  yield* go(() => writer.close());
  yield* first;
  yield* go(() => server.waitClosed());
});

network("server.TestServer2.wait_closed_race", function* (test) {
  const { go } = test;
  const { handler, writers } = waiting(test);
  const server = yield* go(() => startServer(handler, HOST));
  const [, writer] = yield* go(() => connect(server));
  yield* until(() => writers.length === 1);
  const loop = getRunningLoop();
  loop.callSoon(() => server.close());
  loop.callSoon(() => void writer.close());
  yield* go(() => server.waitClosed());
});

network("server.TestServer2.close_clients", function* (test) {
  const { go } = test;
  const { handler, writers } = waiting(test);
  const server = yield* go(() => startServer(handler, HOST));
  const [, writer] = yield* go(() => connect(server));
  yield* until(() => writers.length === 1);
  const task = go(() => server.waitClosed());
  server.close();
  yield* sleep(0);
  assertFalse(task.done());
  server.closeClients();
  yield* sleep(0);
  yield* sleep(0);
  assert(task.done());
  yield* go(() => writer.close());
});

network("server.TestServer2.abort_clients", function* (test) {
  const { go } = test;
  const { handler, writers } = waiting(test);
  const server = yield* go(() => startServer(handler, HOST));
  const [, writer] = yield* go(() => connect(server));
  yield* until(() => writers.length === 1);
  // More than the buffers of the kernel hold, while nobody reads.
  const blocked = writers[0]!.write(new Uint8Array(64 << 20));
  assertFalse(blocked.done());
  const task = go(() => server.waitClosed());
  yield* sleep(0.01);
  server.close();
  server.abortClients();
  yield* sleep(0);
  yield* sleep(0);
  assert(task.done());
  yield* createTask(async () =>
    void await assertRejects(async () => void await blocked)
  );
  yield* go(() => writer.close());
});

network(
  "server.UnixServerCleanupTests.unix_server_addr_cleanup",
  function* (test) {
    yield* withSocketPath(function* (path) {
      const server = yield* test.go(() => startUnixServer(echo(test), path));
      assert(Deno.lstatSync(path).isSocket);
      server.close();
      yield* test.go(() => server.waitClosed());
      assertFalse(exists(path));
    });
  },
);

network(
  "server.UnixServerCleanupTests.unix_server_cleanup_gone",
  function* (test) {
    yield* withSocketPath(function* (path) {
      const server = yield* test.go(() => startUnixServer(echo(test), path));
      Deno.removeSync(path);
      server.close();
      yield* test.go(() => server.waitClosed());
    });
  },
);

network(
  "base_events.BaseEventLoopWithSelectorTests.accept_connection_exception",
  function* (test) {
    const { go, reports } = test;
    const error = new Error("Too many open files");
    const { listen } = Deno;
    // The host's listener, but for its first accept.
    Object.defineProperty(Deno, "listen", {
      configurable: true,
      writable: true,
      value: (options: Deno.TcpListenOptions) => {
        const listener = listen(options);
        const { accept } = listener;
        let isFirst = true;
        listener.accept = () => {
          if (!isFirst) return accept.call(listener);
          isFirst = false;
          return Promise.reject(error);
        };
        return listener;
      },
    });
    let server: Server;
    try {
      server = yield* go(() => startServer(echo(test), HOST));
    } finally {
      Object.defineProperty(Deno, "listen", { value: listen });
    }
    yield* until(() => reports.length > 0);
    const [report] = reports.splice(0);
    assertStrictEquals(report?.exception, error);
    assert(report?.message.includes("could not accept"));
    // It rests for a second, and goes on.
    yield* talk(test, server);
    server.close();
    yield* go(() => server.waitClosed());
  },
);

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
