/**
 * Clients of Deno's server that go in the midst of what they send, and those that become
 * WebSockets. In the servers of other hosts: `handle_requests_servers_test.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import {
  Event,
  getRunningLoop,
  handleRequests,
  type RequestHandler,
  run,
  sleep,
  StreamReader,
} from "@asyncio/asyncio";
import { NO_NETWORK } from "./_permissions.ts";
import { certificate } from "./_stream_checks.ts";

// Seconds. A handler that sleeps for longer is watched in any case: it is the same clock.
const WATCH_AFTER = 0.001;
const OLD = 0.02;

/** Serves requests, and gives what was reported of them, and what onError() was told. */
async function reportsOf(
  handle: RequestHandler,
  body: (port: number, requests: { readonly active: number }) => Promise<void>,
): Promise<unknown[]> {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) =>
      void reports.push(exception)
    );
    const requests = handleRequests(handle, {
      watchAfter: WATCH_AFTER,
      onError(error) {
        reports.push(error);
        return new Response("sorry", { status: 500 });
      },
    });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      requests,
    );
    await body(server.addr.port, requests);
  });
  return reports;
}

const HALVES = {
  "of a known length": "content-length: 9\r\n\r\nhalf",
  "in chunks": "transfer-encoding: chunked\r\n\r\n9\r\nhalf",
};

const READS: Readonly<Record<string, (request: Request) => Promise<unknown>>> =
  {
    text: (request) => request.text(),
    "for await": async (request) => {
      for await (const _ of request.body!);
    },
    StreamReader: async (request) =>
      await StreamReader.from(request.body!).read(),
  };

/** Sends a half, and goes when the handler reads. */
async function goHalfWay(
  port: number,
  half: string,
  reads: Event,
): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\n${half}`);
  await reads.wait();
  await sleep(OLD);
  socket.destroy();
}

for (const [name, read] of Object.entries(READS)) {
  for (const [what, half] of Object.entries(HALVES)) {
    Deno.test({
      name:
        `handleRequests() does not report a client that goes while its body is read by ${name}, ${what}`,
      ignore: NO_NETWORK,
      async fn() {
        const reads = new Event();
        const ended = new Event();
        const reports = await reportsOf(async (request) => {
          reads.set();
          try {
            await read(request);
          } finally {
            ended.set();
          }
          return new Response("read");
        }, async (port, requests) => {
          await goHalfWay(port, half, reads);
          await ended.wait();
          while (requests.active > 0) await sleep(0.001);
        });
        assertEquals(reports, []);
      },
    });
  }
}

/** Stands for what takes a signal and rejects with an error of its own. */
function call(signal: AbortSignal, name: string): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener(
      "abort",
      () => reject(Object.assign(new Error("canceled"), { name })),
    )
  );
}

for (const name of ["AbortError", "CanceledError"]) {
  Deno.test(`handleRequests() does not report the ${name} of what was given the signal of a client that has gone`, async () => {
    const reports: unknown[] = [];
    const handle = handleRequests(
      async (request) => await call(request.signal, name),
      {
        watchAfter: Infinity,
        onError(error) {
          reports.push(error);
          return new Response("failed", { status: 500 });
        },
      },
    );
    const client = new AbortController();
    const { signal } = client;
    const answer = handle(new Request("http://localhost", { signal }));
    client.abort();
    const { status } = await answer;
    assertEquals([status, reports], [503, []]);
  });
}

Deno.test({
  name:
    "handleRequests() reports what a handler throws when its client has gone",
  ignore: NO_NETWORK,
  async fn() {
    const failure = new Error("broken");
    const reads = new Event();
    const reports = await reportsOf(async (request) => {
      reads.set();
      await request.text().catch(() => {
        throw failure;
      });
      return new Response("read");
    }, async (port, requests) => {
      await goHalfWay(port, HALVES["in chunks"], reads);
      while (requests.active > 0) await sleep(0.001);
    });
    assertEquals(reports, [failure, failure]);
  },
});

const OPENERS: Readonly<Record<string, RequestHandler>> = {
  async "async, after it was watched"(request) {
    await sleep(OLD);
    return opened(request);
  },
  async "async, before it is watched"(request) {
    const response = opened(request);
    await sleep(OLD);
    return response;
  },
  *"generator, after it was watched"(request) {
    yield* sleep(OLD);
    return opened(request);
  },
  *"generator, before it is watched"(request) {
    const response = opened(request);
    yield* sleep(OLD);
    return response;
  },
};

function opened(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(`got ${data}`);
  return response;
}

for (const [name, open] of Object.entries(OPENERS)) {
  Deno.test({
    name:
      `handleRequests() lets a handler that waits open a WebSocket (${name})`,
    ignore: NO_NETWORK,
    async fn() {
      const reports = await reportsOf(open, async (port) => {
        const client = new WebSocket(`ws://127.0.0.1:${port}`);
        const closed = new Promise((resolve) => client.onclose = resolve);
        const answer = new Promise((resolve, reject) => {
          client.onmessage = ({ data }) => resolve(data);
          client.onerror = reject;
        });
        client.onopen = () => client.send("hello");
        assertEquals(await answer, "got hello");
        client.close();
        await closed;
      });
      assertEquals(reports, []);
    },
  });
}

for (const when of ["at once", "later"]) {
  Deno.test({
    name:
      `handleRequests() with watchAfter: 0 is told of a client that goes ${when} over HTTP/2`,
    ignore: NO_NETWORK,
    async fn() {
      const { ca, cert, key } = certificate();
      const begun = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<void>();
      const requests = handleRequests(async () => {
        begun.resolve();
        try {
          await sleep(3600);
        } finally {
          ended.resolve();
        }
        return new Response("late");
      }, { watchAfter: 0 });
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
        requests,
      );
      const client = connectHttp2(`https://localhost:${server.addr.port}`, {
        ca,
      });
      const stream = client.request({ ":path": "/" });
      stream.on("error", () => {});
      await begun.promise;
      if (when === "later") await new Promise((go) => setTimeout(go, 40));
      stream.close(8);
      await ended.promise;
      client.close();
      await once(client, "close");
    },
  });
}
