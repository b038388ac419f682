/**
 * `drain()` of `handleRequests()` with limits: what a server without a `run()` has in the
 * place of its shutdown.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import {
  Event,
  handleRequests,
  type RequestHandler,
  run,
  sleep,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { NO_NETWORK } from "./_permissions.ts";

const ask = (path = ""): Request => new Request(`http://localhost/${path}`);

/** Runs a test in a loop on a virtual clock, and gives what was reported. */
async function reportsOf(
  body: (loop: TestLoop) => Promise<void>,
): Promise<unknown[]> {
  const loop = new TestLoop();
  await run(() => body(loop), {
    loopFactory: () => loop,
    // For what ignores its cancel.
    cleanup: 1,
    onShutdown: () => {},
  });
  return loop.reports.map(({ message }) => message);
}

type Styles = Readonly<Record<string, RequestHandler>>;

/** Waits long, and needs a second to clean up. */
const SLOW: Styles = {
  *generator() {
    try {
      yield* sleep(100);
    } finally {
      yield* sleep(1);
    }
    return new Response("slow");
  },
  async async() {
    try {
      await sleep(100);
    } finally {
      await sleep(1);
    }
    return new Response("slow");
  },
};

/** Ignores its cancel. */
const STUBBORN: Styles = {
  *generator() {
    for (;;) {
      try {
        yield* sleep(3600);
      } catch {
        // That is what it is for.
      }
    }
  },
  async async() {
    for (;;) {
      try {
        await sleep(3600);
      } catch {
        // That is what it is for.
      }
    }
  },
};

for (const [style, handle] of Object.entries(SLOW)) {
  Deno.test(`drain() with grace cancels what goes on after it, and waits for its clean-up (${style})`, async () => {
    const reports = await reportsOf(async (loop) => {
      const handler = handleRequests(handle);
      const answer = handler(ask());
      await handler.drain({ grace: { seconds: 10 } });
      assertEquals([loop.time(), handler.active], [11, 0]);
      const { status, headers } = await answer;
      assertEquals([status, headers.get("connection")], [503, "close"]);
    });
    assertEquals(reports, []);
  });

  Deno.test(`drain() with a grace that is long enough cancels nobody (${style})`, async () => {
    const reports = await reportsOf(async (loop) => {
      const handler = handleRequests(handle);
      const answer = handler(ask());
      await handler.drain({ grace: 200 });
      assertEquals(loop.time(), 101);
      assertEquals(await (await answer).text(), "slow");
      // Whoever comes late is answered, and asked to go.
      const late = await handler(ask());
      assertEquals([late.status, late.headers.get("connection")], [
        200,
        "close",
      ]);
    });
    assertEquals(reports, []);
  });
}

for (const [style, handle] of Object.entries(STUBBORN)) {
  Deno.test(`drain() with grace answers what ignores its cancel, and says which (${style})`, async () => {
    const reports = await reportsOf(async (loop) => {
      const handler = handleRequests(handle);
      const answers = [handler(ask("a")), handler(ask("b"))];
      const drained = handler.drain({ grace: 10, cleanup: 2 });
      await sleep(11);
      assertEquals([handler.active, drained.done()], [2, false]);
      // The grace is over, so nothing new is begun.
      assertEquals((await handler(ask("late"))).status, 503);
      assertEquals(handler.active, 2);
      await drained;
      assertEquals([loop.time(), handler.active], [12, 0]);
      for (const answer of answers) assertEquals((await answer).status, 503);
    });
    assertEquals(reports.length, 1);
    assertEquals(`${reports[0]}`.split("\n"), [
      "Requests that have ignored their cancel were answered 503:",
      "  GET http://localhost/a waits for sleep(3600)",
      "  GET http://localhost/b waits for sleep(3600)",
    ]);
  });

  Deno.test(`drain() with a shorter grace hurries the one under way (${style})`, async () => {
    await reportsOf(async (loop) => {
      const handler = handleRequests(handle);
      const answer = handler(ask());
      const first = handler.drain({ grace: 3600 });
      const second = handler.drain();
      await sleep(1);
      const third = handler.drain({ grace: 2, cleanup: 100 });
      await sleep(3);
      // It is being cancelled already.
      await handler.drain({ grace: 0, cleanup: 0 });
      assertEquals(loop.time(), 4);
      for (const drained of [first, second, third]) assert(drained.done());
      assertEquals((await answer).status, 503);
    });
  });
}

Deno.test("drain() with grace outside of a run has answered all when it is done", async () => {
  using errors = stub(console, "error");
  const end = new Event();
  const handler = handleRequests(function* () {
    while (!end.isSet()) {
      try {
        yield* end.wait();
      } catch {
        // That is what it is for.
      }
    }
    return new Response("late");
  });
  const answers = [ask("a"), ask("b")].map((request) => handler(request));
  await handler.drain({ grace: 0.01, cleanup: 0.01 });
  for (const answer of answers) assertEquals((await answer).status, 503);
  assertEquals(handler.active, 0);
  assertEquals((await handler(ask())).status, 503);
  const texts = errors.calls.map(({ args }) => args.join(" ")).join("\n");
  assertStringIncludes(
    texts,
    "GET http://localhost/b waits for Event",
  );
  end.set();
  // Nothing is counted twice when they end after all.
  await handler.drain();
  assertEquals(handler.active, 0);
});

Deno.test("drain() leaves a request that fails in the same moment counted once", async () => {
  for (const moment of [11.5, 12, 12.5]) {
    await reportsOf(async (loop) => {
      const handler = handleRequests(async () => {
        try {
          await sleep(3600);
        } catch {
          await sleep(moment - 10);
        }
        throw new Error("broken");
      });
      const answer = handler(ask());
      await handler.drain({ grace: 10, cleanup: 2 });
      assertEquals(loop.time(), Math.min(moment, 12));
      assertMatch(`${(await answer).status}`, /^50[03]$/);
      await sleep(1);
      assertEquals(handler.active, 0);
    });
  }
});

Deno.test({
  name: "drain() leaves a WebSocket that is being opened its connection",
  ignore: NO_NETWORK,
  async fn() {
    const gate = new Event();
    const begun = Promise.withResolvers<void>();
    const handler = handleRequests(async (request) => {
      begun.resolve();
      await gate.wait();
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(`got ${data}`);
      return response;
    }, { watchAfter: 60 });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      handler,
    );
    const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}`);
    await begun.promise;
    const drained = handler.drain();
    gate.set();
    client.onopen = () => client.send("hello");
    const closed = new Promise((resolve) => client.onclose = resolve);
    const answer = new Promise((resolve, reject) => {
      client.onmessage = ({ data }) => resolve(data);
      client.onerror = reject;
    });
    assertEquals(await answer, "got hello");
    client.close();
    await closed;
    await drained;
    await server.shutdown();
  },
});

Deno.test("drain() refuses limits that can't be", () => {
  const handler = handleRequests(() => new Response());
  for (
    const wrong of [null, 1, { grace: "1" }, { cleanup: 1 }, { seconds: 1 }]
  ) {
    assertThrows(() => handler.drain(wrong as never), TypeError);
  }
  assertThrows(() => handler.drain({ grace: NaN }), RangeError);
  assertThrows(
    () => handler.drain({ cleanup: 1 }),
    TypeError,
    "give a grace as well",
  );
});
