/**
 * Echo servers, each in the manner of one contestant, and a program that runs one of them:
 *
 * ```sh
 * deno run -A bench/_echo_servers.ts generatorRead
 * node bench/_echo_servers.ts nodeForAwait
 * ```
 *
 * It prints its port. Asked for a line of its standard input, it prints the microseconds
 * of CPU time that it has used.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { createServer } from "node:net";
import process from "node:process";
import {
  run,
  startServer,
  type StreamReader,
  type StreamWriter,
} from "../mod.ts";

/** Starts a server, and gives its port. It serves until the process is killed. */
export type Start = () => Promise<number>;

const HOST = "127.0.0.1";
const NEWLINE = 10;
const SIZE = 65_536;

/** The servers by name. */
export const servers: Readonly<Record<string, Start>> = {
  /** What Deno has: read and write of a connection. */
  denoLoop: () =>
    denoServer(async (conn) => {
      const buffer = new Uint8Array(SIZE);
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null) return;
        await writeAll(conn, buffer.subarray(0, count));
      }
    }),
  /** The same by lines, by hand. */
  denoLineLoop: () =>
    denoServer(async (conn) => {
      let rest = new Uint8Array(0);
      const buffer = new Uint8Array(SIZE);
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null) return;
        let data = buffer.slice(0, count);
        if (rest.length > 0) {
          const joined = new Uint8Array(rest.length + count);
          joined.set(rest);
          joined.set(data, rest.length);
          data = joined;
        }
        let start = 0;
        for (;;) {
          const end = data.indexOf(NEWLINE, start);
          if (end === -1) break;
          await writeAll(conn, data.subarray(start, end + 1));
          start = end + 1;
        }
        rest = data.subarray(start);
      }
    }),
  /** The same by the streams of the Web. */
  webLines: () =>
    denoServer(async (conn) => {
      const encoder = new TextEncoder();
      const writer = conn.writable.getWriter();
      const lines = conn.readable.pipeThrough(new TextDecoderStream())
        .pipeThrough(lineStream());
      for await (const line of lines) {
        await writer.write(encoder.encode(`${line}\n`));
      }
    }),
  /** What Node has: `for await` over a socket. */
  nodeForAwait: () =>
    new Promise((resolve) => {
      const server = createServer({ noDelay: true }, async (socket) => {
        socket.on("error", () => {});
        for await (const chunk of socket) socket.write(chunk);
      });
      server.listen(0, HOST, () => {
        resolve((server.address() as { port: number }).port);
      });
    }),
  generatorRead: () =>
    ourServer(function* (reader, writer) {
      for (;;) {
        const data = yield* reader.read(SIZE);
        if (data.length === 0) return;
        yield* writer.write(data);
      }
    }),
  asyncRead: () =>
    ourServer(async (reader, writer) => {
      for (;;) {
        const data = await reader.read(SIZE);
        if (data.length === 0) return;
        await writer.write(data);
      }
    }),
  generatorReadline: () =>
    ourServer(function* (reader, writer) {
      for (;;) {
        const line = yield* reader.readline();
        if (line.length === 0) return;
        yield* writer.write(line);
      }
    }),
  asyncReadline: () =>
    ourServer(async (reader, writer) => {
      for (;;) {
        const line = await reader.readline();
        if (line.length === 0) return;
        await writer.write(line);
      }
    }),
};

/** Splits text into lines. */
export function lineStream(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      rest += text;
      let start = 0;
      for (;;) {
        const end = rest.indexOf("\n", start);
        if (end === -1) break;
        controller.enqueue(rest.slice(start, end));
        start = end + 1;
      }
      rest = rest.slice(start);
    },
    flush(controller) {
      if (rest !== "") controller.enqueue(rest);
    },
  });
}

function ourServer(
  handler:
    | Parameters<typeof startServer>[0]
    | ((
      reader: StreamReader,
      writer: StreamWriter,
    ) => Generator<never, void, never>),
): Promise<number> {
  return new Promise((resolve, reject) => {
    run(async () => {
      const server = await startServer(
        handler as Parameters<typeof startServer>[0],
        HOST,
      );
      resolve(server.sockets[0]!.port);
      await server.serveForever();
    }).catch(reject);
  });
}

function denoServer(
  serve: (conn: Deno.TcpConn) => Promise<void>,
): Promise<number> {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  async function accept(): Promise<void> {
    for await (const conn of listener) {
      conn.setNoDelay(true);
      // A client that goes ends its connection.
      serve(conn).catch(() => {});
    }
  }
  accept();
  return Promise.resolve(listener.addr.port);
}

async function writeAll(conn: Deno.Conn, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) {
    sent += await conn.write(data.subarray(sent));
  }
}

if (import.meta.main) {
  console.log(await servers[process.argv[2]!]!());
  process.stdin.on("data", () => {
    const { user, system } = process.cpuUsage();
    console.log(user + system);
  });
}
