/**
 * Requests that are tasks, without a server: handlers are called as hosts call them. With
 * servers of all hosts: `handle_requests_servers_test.ts`.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  ContextVar,
  createTask,
  Event,
  handleRequests,
  type HandleRequestsOptions,
  KeyboardInterrupt,
  Lock,
  type RequestHandler,
  run,
  sleep,
} from "@asyncio/asyncio";
import { stub } from "@std/testing/mock";
import { TestLoop } from "@asyncio/asyncio/testing";

const URL_OF_ALL = "http://localhost/";

function ask(signal?: AbortSignal): Request {
  return new Request(URL_OF_ALL, signal === undefined ? {} : { signal });
}

/** Runs a test in a loop on a virtual clock, and gives the errors that were reported. */
async function reportsOf(
  body: (loop: TestLoop) => Promise<void>,
): Promise<unknown[]> {
  const loop = new TestLoop();
  await run(() => body(loop), { loopFactory: () => loop });
  return loop.reports.map(({ exception }) => exception);
}

/** The same handler in each style. */
interface Styles {
  readonly generator: RequestHandler;
  readonly async: RequestHandler;
}

function bothStyles(
  name: string,
  styles: () => Styles,
  body: (
    handle: (options?: HandleRequestsOptions) => ReturnType<
      typeof handleRequests
    >,
    loop: TestLoop,
  ) => Promise<unknown>,
): void {
  for (const style of ["generator", "async"] as const) {
    Deno.test(`${name} (${style})`, async () => {
      const reports = await reportsOf(async (loop) => {
        await body((options) => handleRequests(styles()[style], options), loop);
      });
      assertEquals(reports, []);
    });
  }
}

/** What a handler that is cancelled leaves behind. */
function cleaningUp(log: string[]): Styles {
  return {
    *generator() {
      try {
        yield* sleep(3600);
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      } finally {
        yield* sleep(1);
        log.push("cleaned up");
      }
      return new Response();
    },
    async async() {
      try {
        await sleep(3600);
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      } finally {
        await sleep(1);
        log.push("cleaned up");
      }
      return new Response();
    },
  };
}

Deno.test("handleRequests() gives a generator's answer itself if it never waits", () => {
  const answer = new Response("at once");
  const handler = handleRequests(function* () {
    return answer;
  });
  assertStrictEquals(handler(ask()), answer);
  assertEquals(handler.active, 0);
});

Deno.test("handleRequests() takes plain, async and generator functions, and gives them all", async () => {
  const request = ask();
  const seen: unknown[] = [];
  const note = (...given: [Request, string]): Response => {
    seen.push(...given);
    return new Response("answer");
  };
  const handlers: RequestHandler<string>[] = [
    note,
    async (...given) => await Promise.resolve(note(...given)),
    function* (...given) {
      yield* sleep(0);
      return note(...given);
    },
    (...given) => Promise.resolve(note(...given)),
  ];
  for (const handler of handlers) {
    const response = await handleRequests(handler)(request, "info");
    assertEquals(await response.text(), "answer");
  }
  assertEquals(seen, handlers.flatMap(() => [request, "info"]));
});

Deno.test("handleRequests() outside of a run has one loop for all requests: they share a lock", async () => {
  const lock = new Lock();
  const order: string[] = [];
  const handler = handleRequests(async (request) => {
    const name = request.headers.get("name")!;
    await lock.acquire();
    try {
      order.push(`${name} in`);
      await sleep(0.001);
      order.push(`${name} out`);
    } finally {
      lock.release();
    }
    return new Response(name);
  });
  const names = ["a", "b", "c"];
  const answers = names.map((name) =>
    handler(new Request(URL_OF_ALL, { headers: { name } }), {})
  );
  assertEquals(handler.active, 3);
  const texts = await Promise.all(answers.map(async (a) => (await a).text()));
  assertEquals(texts, names);
  assertEquals(order, ["a in", "a out", "b in", "b out", "c in", "c out"]);
  assertEquals(handler.active, 0);
});

{
  const log: string[] = [];
  bothStyles(
    "handleRequests() cancels a request whose client goes, and answers 503 when it has cleaned up",
    () => cleaningUp(log),
    async (handle, loop) => {
      log.length = 0;
      const client = new AbortController();
      const handler = handle({ watchAfter: 0.025 });
      const answer = handler(ask(client.signal));
      await sleep(10);
      client.abort();
      const { status } = await answer;
      assertEquals(status, 503);
      assertEquals(log, ["CancelledError", "cleaned up"]);
      assertEquals(loop.time(), 11);
      assertEquals(handler.active, 0);
    },
  );
}

{
  const log: string[] = [];
  bothStyles(
    "handleRequests() with watchAfter: 0 watches a request from its beginning",
    () => cleaningUp(log),
    async (handle, loop) => {
      log.length = 0;
      const client = new AbortController();
      const request = ask(client.signal);
      let isWatched = false;
      Object.defineProperty(request, "signal", {
        get() {
          isWatched = true;
          return client.signal;
        },
      });
      const handler = handle({ watchAfter: 0 });
      const answer = handler(request);
      // Later a host may never tell that the client has gone.
      assert(isWatched);
      assertEquals(handler.active, 1);
      await sleep(10);
      client.abort();
      assertEquals((await answer).status, 503);
      assertEquals(log, ["CancelledError", "cleaned up"]);
      assertEquals(loop.time(), 11);
      assertEquals(handler.active, 0);
    },
  );
}

{
  const log: string[] = [];
  bothStyles(
    "handleRequests() cancels a request whose client went while it was young",
    () => cleaningUp(log),
    async (handle, loop) => {
      log.length = 0;
      const client = new AbortController();
      const answer = handle({ watchAfter: 2 })(ask(client.signal));
      client.abort();
      assertEquals((await answer).status, 503);
      assertEquals(log, ["CancelledError", "cleaned up"]);
      // The second look finds it old: two at least, four at most.
      assert(loop.time() >= 3 && loop.time() <= 5, `${loop.time()}`);
    },
  );
}

{
  const log: string[] = [];
  bothStyles(
    "handleRequests() cancels a request that takes longer than the timeout",
    () => cleaningUp(log),
    async (handle, loop) => {
      log.length = 0;
      const answer = handle({ timeout: { seconds: 5 } })(ask());
      assertEquals((await answer).status, 503);
      assertEquals(log, ["CancelledError", "cleaned up"]);
      assertEquals(loop.time(), 6);
    },
  );
}

for (const style of ["generator", "async"] as const) {
  Deno.test(`the end of a run has cancelled and answered all requests (${style})`, async () => {
    const log: string[] = [];
    const { handler, answer } = await run(async () => {
      const handler = handleRequests(cleaningUp(log)[style]);
      const answer = handler(ask());
      await sleep(0);
      // Not awaited, so in an object.
      return { handler, answer };
    }, { loopFactory: () => new TestLoop() });
    assertEquals((await answer).status, 503);
    assertEquals(log, ["CancelledError", "cleaned up"]);
    const late = await handler(ask());
    assertEquals([late.status, late.headers.get("connection")], [503, "close"]);
  });
}

Deno.test("a request that comes while the tasks of an ended run clean up is not begun", async () => {
  const log: string[] = [];
  const loop = new TestLoop();
  let late: Response | Promise<Response>;
  await run(async () => {
    const handler = handleRequests(cleaningUp(log).async);
    createTask(async () => {
      try {
        await sleep(100);
      } finally {
        late = handler(ask());
        await sleep(1);
      }
    });
    await sleep(0);
  }, { loopFactory: () => loop });
  const answer = await late!;
  assertEquals(
    [answer.status, answer.headers.get("connection")],
    [503, "close"],
  );
  assertEquals(log, []);
  assertEquals(loop.reports, []);
});

Deno.test("handleRequests() with its own loop answers in a run too, and after its loop was interrupted", async () => {
  const handler = handleRequests(async (request) => {
    await sleep(0.001);
    if (request.method === "POST") throw new KeyboardInterrupt();
    return new Response("answer");
  });
  using errors = stub(console, "error");
  await run(async () => {
    const answer = await handler(ask());
    assertEquals(await answer.text(), "answer");
  });
  const interrupted = handler(
    new Request(URL_OF_ALL, { method: "POST" }),
    {},
  );
  const after = handler(ask());
  assertEquals((await interrupted).status, 500);
  assertEquals(await (await after).text(), "answer");
  assertEquals(errors.calls.length, 2);
});

Deno.test("handleRequests() answers 503 for a handler that cancels itself", async () => {
  const reports = await reportsOf(async () => {
    const handler = handleRequests(() => {
      throw new CancelledError("for a reason");
    });
    assertEquals((await handler(ask())).status, 503);
  });
  assertEquals(reports, []);
});

Deno.test("handleRequests() answers 500 for a handler that fails, and reports it", async () => {
  const failure = new Error("broken");
  const fail = (): never => {
    throw failure;
  };
  const handlers: Record<string, RequestHandler> = {
    plain: fail,
    async: async () => {
      await sleep(1);
      return fail();
    },
    "async at once": () => Promise.reject(failure),
    *generator() {
      yield* sleep(1);
      return fail();
    },
    *"generator at once"() {
      return fail();
    },
    *"generator before its first step"(_request, _info, _more = fail()) {
      return new Response();
    },
  };
  for (const [name, handler] of Object.entries(handlers)) {
    const reports = await reportsOf(async () => {
      const { status } = await handleRequests(handler)(ask());
      assertEquals(status, 500, name);
    });
    assertEquals(reports, [failure], name);
  }
});

Deno.test("handleRequests() answers 500 for a handler that gives no response, and says which", async () => {
  for (const wrong of [undefined, null, "text", 404, {}, []]) {
    const handlers: RequestHandler[] = [
      () => wrong as never,
      () => Promise.resolve(wrong as never),
      function* () {
        yield* sleep(0);
        return wrong as never;
      },
    ];
    for (const handler of handlers) {
      const [error] = await reportsOf(async () => {
        const { status } = await handleRequests(handler)(ask());
        assertEquals(status, 500);
      });
      assertInstanceOf(error, TypeError);
      assert(
        error.message.startsWith(
          "Cannot answer GET http://localhost/: the handler must give a Response, gave ",
        ),
        error.message,
      );
    }
  }
});

Deno.test("onError makes the answer to a request that has failed", async () => {
  const failure = new Error("broken");
  const given: unknown[] = [];
  const reports = await reportsOf(async () => {
    const handler = handleRequests(async () => {
      await sleep(1);
      throw failure;
    }, {
      onError(error, request) {
        given.push(error, request.url);
        return new Response("sorry", { status: 418 });
      },
    });
    const response = await handler(ask());
    assertEquals([response.status, await response.text()], [418, "sorry"]);
  });
  assertEquals(given, [failure, URL_OF_ALL]);
  assertEquals(reports, [failure]);
});

Deno.test("onError that fails itself answers 500, and both errors are reported", async () => {
  const first = new Error("first");
  const second = new Error("second");
  const reports = await reportsOf(async () => {
    const handler = handleRequests(() => Promise.reject(first), {
      onError() {
        throw second;
      },
    });
    assertEquals((await handler(ask())).status, 500);
  });
  assertEquals(reports, [first, second]);
  const [, wrong] = await reportsOf(async () => {
    const handler = handleRequests(() => Promise.reject(first), {
      onError: () => "text" as never,
    });
    assertEquals((await handler(ask())).status, 500);
  });
  assertEquals(
    (wrong as Error).message,
    'Cannot answer: onError() must give a Response, gave "text"',
  );
});

Deno.test("onError that gives a promise answers 500, and its error ends no program", async () => {
  const [first, second] = [new Error("first"), new Error("second")];
  const reports = await reportsOf(async () => {
    const handler = handleRequests(() => Promise.reject(first), {
      onError: (() => Promise.reject(second)) as never,
    });
    assertEquals((await handler(ask())).status, 500);
    await sleep(1);
  });
  assertEquals(reports.length, 3);
  assertEquals([reports[0], reports[2]], [first, second]);
  assertEquals(
    (reports[1] as Error).message,
    "Cannot answer: onError() must give a Response, gave a Promise",
  );
});

bothStyles(
  "handleRequests() answers 500 to a request that can't be asked what it is",
  () => ({
    *generator() {
      yield* sleep(1);
      return "no answer" as never;
    },
    async async() {
      await sleep(1);
      return "no answer" as never;
    },
  }),
  async (handle, loop) => {
    const fails = {
      get(): never {
        throw new Error("unreadable");
      },
    };
    const request = Object.defineProperties({}, {
      method: fails,
      url: fails,
      signal: fails,
    });
    assertEquals((await handle()(request as Request)).status, 500);
    const [report] = loop.reports.splice(0);
    assertEquals(
      (report!.exception as Error).message,
      'Cannot answer a request: the handler must give a Response, gave "no answer"',
    );
  },
);

Deno.test("drain() gives answers that can be neither changed nor copied as they are", async () => {
  const used = await fetch("data:text/plain,used");
  await used.text();
  const locked = await fetch("data:text/plain,locked");
  const reader = locked.body!.getReader();
  const reports = await reportsOf(async () => {
    for (const answer of [Response.error(), used, locked]) {
      const waiting = handleRequests(async () => {
        await sleep(1);
        return answer;
      });
      const given = waiting(ask());
      await waiting.drain();
      assertStrictEquals(await given, answer);
      // deno-lint-ignore require-yield -- it answers at once
      const ready = handleRequests(function* () {
        return answer;
      });
      await ready.drain();
      assertStrictEquals(ready(ask()), answer);
    }
  });
  await reader.cancel();
  assertEquals(reports, []);
});

Deno.test("drain() is done when all have answers, and clients are asked to close", async () => {
  const reports = await reportsOf(async () => {
    const gate = new Event();
    const handler = handleRequests(async (request) => {
      await gate.wait();
      return request.method === "GET"
        ? new Response("answer")
        // Its headers can't be changed.
        : Response.redirect(URL_OF_ALL);
    });
    const first = handler(ask());
    const redirected = handler(new Request(URL_OF_ALL, { method: "POST" }), {});
    const drained = handler.drain();
    await sleep(1);
    assertEquals([drained.done(), handler.active], [false, 2]);
    // It was on its way when the server was told.
    const late = handler(ask());
    gate.set();
    await drained;
    assertEquals(handler.active, 0);
    for (const answer of [first, redirected, late]) {
      assertEquals((await answer).headers.get("connection"), "close");
    }
    assertEquals((await redirected).status, 302);
    assert(handler.drain().done());
  });
  assertEquals(reports, []);
});

Deno.test("drain() of a handler with its own loop can be waited for in a run", async () => {
  const handler = handleRequests(async () => {
    await sleep(0.001);
    return new Response();
  });
  const answer = handler(ask());
  await run(async () => {
    await handler.drain();
  });
  assertEquals((await answer).headers.get("connection"), "close");
  await handler.drain();
});

Deno.test("each request runs in a copy of the context of handleRequests()", async () => {
  const user = new ContextVar<string>("user");
  await reportsOf(async () => {
    user.set("of main");
    const handler = handleRequests(async () => {
      const before = user.get();
      user.set("of the request");
      await createTask(() => sleep(1));
      return new Response(`${before}, ${user.get()}`);
    });
    user.set("set later");
    const [first, second] = await Promise.all([
      handler(ask()),
      handler(ask()),
    ]);
    assertEquals(await first.text(), "of main, of the request");
    assertEquals(await second.text(), "of main, of the request");
    assertEquals(user.get(), "set later");
  });
});

Deno.test("handleRequests() leaves no timer and no listener when all have answers", async () => {
  // The sanitizers of the test look for them; both kinds were there.
  const client = new AbortController();
  const handler = handleRequests(async () => {
    await sleep(0.01);
    return new Response();
  }, { watchAfter: 0.001, timeout: 60 });
  await Promise.all([handler(ask(client.signal)), handler(ask())]);
  client.abort();
  assertEquals(handler.active, 0);
});

Deno.test("handleRequests() refuses what is no handler and options that it does not have", () => {
  for (const wrong of [undefined, null, 1, "handler", {}, new Response()]) {
    assertThrows(
      () => handleRequests(wrong as never),
      TypeError,
      "Cannot handle requests: handler must be a function",
    );
  }
  const handler = () => new Response();
  for (
    const wrong of [
      null,
      1,
      { name: 1 },
      { watchAfter: "1" },
      { timeout: "1" },
      { onError: 1 },
      { timout: 1 },
    ]
  ) {
    assertThrows(() => handleRequests(handler, wrong as never), TypeError);
  }
  assertThrows(() => handleRequests(handler, { timeout: NaN }), RangeError);
});
