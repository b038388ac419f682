/**
 * Connections and servers, over TCP, Unix sockets and TLS: `openConnection()`,
 * `startServer()`, `openUnixConnection()`, `startUnixServer()`.
 *
 * They use `Deno.connect()` and `Deno.listen()` on Deno, `node:net` and `node:tls`
 * elsewhere; both are looked up when they are first needed. Browsers have no sockets: a
 * call there throws a RuntimeError.
 *
 * ```ts
 * import { openConnection, run, startServer } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new TextEncoder();
 * const decoder = new TextDecoder();
 *
 * await run(async () => {
 *   await using server = await startServer(async (reader, writer) => {
 *     for await (const line of reader) await writer.write(line);
 *   }, "127.0.0.1", 0);
 *   const { port } = server.sockets[0]!;
 *
 *   const [reader, writer] = await openConnection("127.0.0.1", port);
 *   await writer.write(encoder.encode("hello\n"));
 *   assertEquals(decoder.decode(await reader.readline()), "hello\n");
 *   await writer.close();
 * });
 * ```
 *
 * @module
 */
import {
  check,
  checkOptions,
  FUNCTION,
  type OptionKinds,
} from "./_base/arguments.ts";
import { snapshotContext } from "./_host/async_context.ts";
import { refusal } from "./_host/errors.ts";
import { LONGEST_TIMER } from "./_host/turn.ts";
import { DEFAULT_LIMIT } from "./_io/limits.ts";
import { callHost } from "./_streams/host_call.ts";
import { hostNetwork } from "./_net/host_network.ts";
import {
  type ConnectRequest,
  showAddress,
  type TlsRequest,
} from "./_net/network.ts";
import { openStreams } from "./_streams/open_streams.ts";
import {
  clientTls,
  CONNECTION_OPTIONS,
  NAME,
  portKind,
  SERVER_OPTIONS,
  serverTls,
  UNIX_CONNECTION_OPTIONS,
  withoutBrackets,
} from "./_streams/options.ts";
import { SocketServer } from "./_streams/socket_server.ts";
import { listenAtPath } from "./_streams/stale_socket.ts";
import { checkCertificate, secure } from "./_net/tls.ts";
import {
  type Coro,
  type Coroutine,
  refuseAsyncGenerator,
} from "./_coroutine/coroutine.ts";
import { type InContext, MethodCoroutine } from "./_task/function_coroutine.ts";
import { type Delay, toSeconds } from "./clock.ts";
import { getRunningLoop } from "./running_loop.ts";
import type { ClientConnected, Server } from "./server.ts";
import type { StreamReader } from "./stream_reader.ts";
import type {
  Address,
  InternetAddress,
  StreamWriter,
  TlsOptions,
  UnixAddress,
} from "./stream_writer.ts";

/** Options of {@linkcode openConnection} and {@linkcode openUnixConnection}. */
export interface ConnectionOptions {
  /**
   * How many bytes a line may have; see `StreamReader`.
   *
   * @default {65536}
   */
  readonly limit?: number | undefined;
  /** Whether to use TLS, and how. */
  readonly tls?: TlsOptions | boolean | undefined;
  /**
   * How long to wait for an answer of one address of a host before the next one is tried, in
   * seconds or with units: on Deno beside it, on Node and Bun in its place. Not for Unix
   * sockets, nor with a `localAddress`.
   *
   * @default {the host's: 0.25 on Deno and Node 24, 0.5 on Bun and later Nodes}
   */
  readonly happyEyeballsDelay?: Delay | undefined;
  /**
   * The address to connect from. Not for Unix sockets.
   *
   * @default {the host's choice}
   */
  readonly localAddress?: string | undefined;
}

/** Options of {@linkcode startServer} and {@linkcode startUnixServer}. */
export interface ServerOptions {
  /**
   * How many bytes a line may have; see `StreamReader`.
   *
   * @default {65536}
   */
  readonly limit?: number | undefined;
  /** How to use TLS, with certificate and key; without, connections are plain. */
  readonly tls?: TlsOptions | undefined;
  /**
   * How many connections may wait to be accepted.
   *
   * @default {the host's: 511}
   */
  readonly backlog?: number | undefined;
  /**
   * Whether other processes may listen at the same port.
   *
   * @default {false}
   */
  readonly reusePort?: boolean | undefined;
  /**
   * Whether to accept connections at once.
   *
   * @default {true}
   */
  readonly startServing?: boolean | undefined;
  /**
   * How long the connections and handlers may go on after `close()`, in seconds or with
   * units; then the handlers are cancelled, and the connections closed.
   *
   * @default {as long as they like}
   */
  readonly grace?: Delay | undefined;
}

/**
 * Connects to a host over TCP, with TLS if that is asked for.
 *
 * - **Cancellation**: ends the wait at once; what is open by then is closed.
 * - **Names**: a name with several addresses is tried at all of them.
 *
 * Differs from CPython: `ssl` is `tls`, `local_addr` an address without a port.
 *
 * @param host The name or address to connect to; one of IPv6 in brackets or without.
 * @param port The port, from 1 to 65535.
 * @param options The limit of the reader, TLS, and how to connect.
 * @returns A coroutine of the reader and the writer.
 * @throws {TypeError} If an argument is of the wrong type.
 * @throws {RangeError} If the port is none, or an option can't be.
 * @throws {RuntimeError} If the host of this program has no sockets.
 * @throws {TimeoutError} If the TLS handshake takes too long.
 * @throws {Error} The host's own error if there is no connection, with the address in its
 * message: `Deno.errors.ConnectionRefused`, or an Error with the code `ECONNREFUSED`.
 *
 * @example Ask a web server
 * ```ts ignore
 * import { openConnection, run } from "@asyncio/asyncio";
 *
 * await run(async () => {
 *   const [reader, writer] = await openConnection("example.com", 443, { tls: true });
 *   await using _ = writer;
 *   await writer.write(new TextEncoder().encode(
 *     "GET / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n",
 *   ));
 *   for await (const line of reader.lines()) console.log(line);
 * });
 * ```
 */
export function openConnection(
  host: string,
  port: number,
  options: ConnectionOptions = {},
): Coroutine<[StreamReader, StreamWriter]> {
  check("connect", "host", host, NAME);
  check("connect", "port", port, portKind(1));
  const checked = checkOptions(
    "connect",
    options,
    CONNECTION_OPTIONS satisfies OptionKinds<ConnectionOptions>,
  );
  return connect({ hostname: withoutBrackets(host), port }, checked);
}

/**
 * Connects to a Unix socket.
 *
 * @param path The path of the socket.
 * @param options The limit of the reader, and TLS.
 * @returns A coroutine of the reader and the writer.
 * @throws {TypeError} If an argument is of the wrong type.
 * @throws {RangeError} If an option can't be.
 * @throws {RuntimeError} If the host of this program has no sockets.
 * @throws {Error} The host's own error if there is no connection, with the path in its
 * message.
 *
 * @example Nobody is there
 * ```ts
 * import { openUnixConnection, run } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => run(() => openUnixConnection("/tmp/nobody.sock")), Error);
 * ```
 */
export function openUnixConnection(
  path: string,
  options: Pick<ConnectionOptions, "limit" | "tls"> = {},
): Coroutine<[StreamReader, StreamWriter]> {
  check("connect", "path", path, NAME);
  return connect(
    { path },
    checkOptions("connect", options, UNIX_CONNECTION_OPTIONS),
  );
}

/**
 * Listens at a TCP port, and calls a function for each connection.
 *
 * @param clientConnected Is called with reader and writer of each connection. An async or
 * generator function runs as a task, at whose end the connection is closed.
 * @param host The name or address to listen at; all IPv4 addresses if left out.
 * @param port The port, or 0 for one that is free: `server.sockets` tells which.
 * @param options TLS, the limit of the readers, and how to listen.
 * @returns A coroutine of the server.
 * @throws {TypeError} If an argument is of the wrong type.
 * @throws {RangeError} If the port is none, an option can't be, or a key is not that of its
 * certificate.
 * @throws {RuntimeError} If the host of this program has no sockets.
 * @throws {Error} The host's own error if it can't listen there, with the address in its
 * message.
 *
 * @example A server that shouts
 * ```ts
 * import { openConnection, run, startServer } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * await run(async () => {
 *   const server = await startServer(async (reader, writer) => {
 *     const line = new TextDecoder().decode(await reader.readline());
 *     await writer.write(new TextEncoder().encode(line.toUpperCase()));
 *   }, "127.0.0.1");
 *   const { port } = server.sockets[0]!;
 *   const [reader, writer] = await openConnection("127.0.0.1", port);
 *   await writer.write(new TextEncoder().encode("hello\n"));
 *   assertEquals(new TextDecoder().decode(await reader.read()), "HELLO\n");
 *   await writer.close();
 *   server.close();
 * });
 * ```
 */
export function startServer(
  clientConnected: ClientConnected,
  host = "0.0.0.0",
  port = 0,
  options: ServerOptions = {},
): Coroutine<Server<InternetAddress>> {
  checkHandler(clientConnected);
  check("start a server", "host", host, NAME);
  check("start a server", "port", port, portKind(0));
  const hostname = withoutBrackets(host);
  return listen(clientConnected, { hostname, port }, options);
}

/**
 * Listens at a Unix socket, and calls a function for each connection. The host removes
 * the socket when the server is closed. One that a program has left behind there, and at
 * which nobody listens, makes room.
 *
 * Differs from CPython: a socket at which somebody listens is not taken away.
 *
 * @param clientConnected Is called with reader and writer of each connection, as of
 * {@linkcode startServer}.
 * @param path The path of the socket.
 * @param options TLS, and the limit of the readers.
 * @returns A coroutine of the server.
 * @throws {TypeError} If an argument is of the wrong type.
 * @throws {RangeError} If an option can't be, or a key is not that of its certificate.
 * @throws {RuntimeError} If the host of this program has no sockets.
 * @throws {Error} The host's own error if it can't listen there, with the path in its
 * message.
 *
 * @example Talk on one machine
 * ```ts
 * import { openUnixConnection, run, startUnixServer } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/example.sock`;
 * await run(async () => {
 *   await using _server = await startUnixServer(async (_reader, writer) => {
 *     await writer.write(new TextEncoder().encode("hello"));
 *   }, path);
 *   const [reader, writer] = await openUnixConnection(path);
 *   assertEquals(new TextDecoder().decode(await reader.read()), "hello");
 *   await writer.close();
 * });
 * ```
 */
export function startUnixServer(
  clientConnected: ClientConnected,
  path: string,
  options: ServerOptions = {},
): Coroutine<Server<UnixAddress>> {
  checkHandler(clientConnected);
  check("start a server", "path", path, NAME);
  return listen(clientConnected, { path }, options);
}

function checkHandler(clientConnected: ClientConnected): void {
  check("start a server", "clientConnected", clientConnected, FUNCTION);
  refuseAsyncGenerator(clientConnected, "start a server");
}

function connect(
  address: Address,
  options: ConnectionOptions,
): Coroutine<[StreamReader, StreamWriter]> {
  const { happyEyeballsDelay, limit = DEFAULT_LIMIT, localAddress } = options;
  const tls = clientTls(address, options.tls);
  const request: ConnectRequest = {
    address,
    localAddress,
    attemptDelay: happyEyeballsDelay === undefined ? undefined : Math.min(
      Math.ceil(Math.max(toSeconds(happyEyeballsDelay), 0) * 1000),
      LONGEST_TIMER,
    ),
  };
  return new MethodCoroutine("openConnection", () => open(request, tls, limit));
}

function* open(
  request: ConnectRequest,
  tls: TlsRequest | undefined,
  limit: number,
): Coro<[StreamReader, StreamWriter]> {
  const loop = getRunningLoop();
  const network = hostNetwork();
  const place = showAddress(request.address);
  try {
    const transport = yield* callHost(
      loop,
      {
        what: `connection to ${place}`,
        start: async (signal) => {
          // A server that was just closed takes nobody any more.
          await loop._resources.closings();
          const transport = await network.connect(request, signal);
          return tls === undefined
            ? transport
            : await secure(transport, tls, signal);
        },
        discard: (late) => late.abort(),
      },
      tls?.handshakeTimeout,
    );
    return openStreams({ loop, transport, limit, reached: request.address });
  } catch (error) {
    throw refusal(error, `Cannot connect to ${place}`);
  }
}

function listen<A extends Address>(
  clientConnected: ClientConnected,
  address: A,
  options: ServerOptions,
): Coroutine<Server<A>> {
  const { grace, ...checked } = checkOptions(
    "start a server",
    options,
    SERVER_OPTIONS satisfies OptionKinds<ServerOptions>,
  );
  const { tls } = checked;
  const plan = {
    ...checked,
    inContext: snapshotContext(),
    tls: tls && serverTls(tls),
    grace: grace === undefined ? undefined : toSeconds(grace),
  };
  return new MethodCoroutine(
    "startServer",
    () => openServer(clientConnected, address, plan),
  );
}

/** The options of a server, looked at. */
interface ServerPlan extends Omit<ServerOptions, "tls" | "grace"> {
  readonly tls: TlsRequest | undefined;
  /** Seconds. */
  readonly grace: number | undefined;
  /** Calls a function in the host's async context of who has asked for the server. */
  readonly inContext: InContext;
}

function* openServer<A extends Address>(
  clientConnected: ClientConnected,
  address: A,
  options: ServerPlan,
): Coro<Server<A>> {
  const loop = getRunningLoop();
  const network = hostNetwork();
  const { inContext, tls } = options;
  const server = new SocketServer({
    loop,
    clientConnected,
    inContext,
    limit: options.limit ?? DEFAULT_LIMIT,
    tls,
    grace: options.grace,
  });
  const place = showAddress(address);
  try {
    server.attach(
      yield* callHost(loop, {
        what: `listener at ${place}`,
        start: async (signal) => {
          if (tls !== undefined) checkCertificate(tls);
          // The port may be the one of a server that was just closed.
          await loop._resources.closings();
          const { backlog, reusePort } = options;
          const listen = () =>
            network.listen({ address, backlog, reusePort }, server);
          const { path } = address;
          return await (path === undefined
            ? listen()
            : listenAtPath(network, path, signal, listen));
        },
        discard: (late) => late.close(),
      }),
    );
  } catch (error) {
    throw refusal(error, `Cannot listen at ${place}`);
  }
  if (options.startServing ?? true) server.start();
  // It listens where it was told to.
  return server as Server<Address> as Server<A>;
}
