/**
 * A loop that goes on, as that of a server, has no timer of the host for what is over: such
 * a timer keeps a program alive, and the sanitizer of `Deno.test` finds it.
 */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  asCompleted,
  CancelledError,
  createTask,
  gather,
  handleRequests,
  type HandleRequestsOptions,
  interruptible,
  mapConcurrent,
  newEventLoop,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  waitFor,
} from "@asyncio/asyncio";
import { hostTurns } from "./_host_turns.ts";

const LONG = 3600;

/** Runs `main` in a loop that no `run()` ends. */
async function inLoopThatGoesOn(main: () => Promise<void>): Promise<void> {
  const loop = newEventLoop();
  loop.runForever();
  await loop.createTask(main);
  await hostTurns();
}

async function untilCancelled(): Promise<void> {
  await sleep(LONG);
}

async function withCleanUp(): Promise<void> {
  try {
    await sleep(LONG);
  } finally {
    await sleep(0.001);
    await hostTurns();
  }
}

for (const body of [untilCancelled, withCleanUp]) {
  Deno.test(`a loop that goes on has no timer for a task that was cancelled (${body.name})`, () =>
    inLoopThatGoesOn(async () => {
      const task = createTask(body);
      await sleep(0);
      task.cancel();
      await assertRejects(async () => await task, CancelledError);
    }));

  Deno.test(`a loop that goes on has no timer for a body whose time was over (${body.name})`, () =>
    inLoopThatGoesOn(async () => {
      await assertRejects(
        async () => await timeout(0.001, body),
        TimeoutError,
      );
    }));

  Deno.test(`a loop that goes on has no timer for a group that was cancelled (${body.name})`, () =>
    inLoopThatGoesOn(async () => {
      await taskGroup(async (group) => {
        group.createTask(body);
        await sleep(0);
        group.cancel();
      });
    }));

  Deno.test(`a loop that goes on has no timer for what a task has left behind (${body.name})`, () =>
    inLoopThatGoesOn(async () => {
      await timeout(LONG, async () => {
        void body().catch(() => {});
        await sleep(0);
      });
      void body().catch(() => {});
      await sleep(0);
    }));

  Deno.test(`handleRequests() has no timer for requests that drain() has cancelled (${body.name})`, async () => {
    const handler = handleRequests(async () => {
      await body();
      return new Response("late");
    });
    const answers = [1, 2, 3].map(() =>
      handler(new Request("http://localhost/"))
    );
    await handler.drain({ grace: { milliseconds: 5 } });
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    assertEquals(statuses, [503, 503, 503]);
  });

  Deno.test(`handleRequests() has no timer for a request whose client has gone (${body.name})`, async () => {
    const client = new AbortController();
    const handler = handleRequests(async () => {
      await body();
      return new Response("late");
    }, { watchAfter: 0 });
    const { signal } = client;
    const answer = handler(new Request("http://localhost/", { signal }));
    setTimeout(() => client.abort(), 5);
    assertEquals((await answer).status, 503);
    await hostTurns();
  });
}

// The host resumes what ends them last, with no turn of the loop.
const HANDLERS: Readonly<Record<string, () => Promise<unknown>>> = {
  "a promise of the host": hostTurns,
  "interruptible()": async () => await interruptible(hostTurns()),
  "waitFor() of the host": async () => await waitFor(hostTurns, LONG),
  "timeout() of the host": async () => await timeout(LONG, hostTurns),
  "asCompleted() with a time limit": async () => {
    const naps = [() => sleep(0.001), () => sleep(0.002)];
    for await (const task of asCompleted(naps, { timeout: LONG })) await task;
  },
  "mapConcurrent()": async () => {
    await mapConcurrent([1, 2, 3], hostTurns, { limit: 2 }).collect();
  },
  "an abandoned body": async () => {
    await assertRejects(
      async () => await timeout(0, hostTurns, { abandon: true }),
      TimeoutError,
    );
    await hostTurns();
  },
  "errors that are fetched late": async () => {
    const failing = async () => {
      await hostTurns();
      throw new Error("fetched");
    };
    await gather([failing, () => sleep(0.002)], { returnExceptions: true });
    const task = createTask(failing);
    await sleep(0.002);
    await hostTurns();
    assertInstanceOf(task.exception(), Error);
  },
};

const OPTIONS: Readonly<Record<string, HandleRequestsOptions>> = {
  "no options": {},
  "a time limit": { timeout: LONG },
  "clients watched at once": { watchAfter: 0 },
};

for (const [name, body] of Object.entries(HANDLERS)) {
  for (const [kind, options] of Object.entries(OPTIONS)) {
    Deno.test(`handleRequests() with ${kind} has no timer for a request that has ended (${name})`, async () => {
      const handler = handleRequests(async () => {
        await body();
        return new Response("done");
      }, options);
      const answer = await handler(new Request("http://localhost/"));
      assertEquals([answer.status, await answer.text()], [200, "done"]);
    });
  }
}

Deno.test("a loop that goes on has no timer for a call that the host has called off", async () => {
  const loop = newEventLoop();
  loop.runForever();
  const calls = [1, 2, 3].map((n) => loop.callLater(LONG * n, () => {}));
  await hostTurns();
  for (const call of calls) call.cancel();
});

Deno.test("a loop that goes on has no timer for an error that the host has fetched", async () => {
  const loop = newEventLoop();
  loop.runForever();
  const future = loop.createFuture();
  future.setException(new Error("fetched"));
  await hostTurns();
  assertInstanceOf(future.exception(), Error);
});

Deno.test("a loop that goes on calls what is left when others were called off", async () => {
  const loop = newEventLoop();
  loop.runForever();
  const called = Promise.withResolvers<string>();
  const first = loop.callLater(LONG, () => {});
  loop.callLater(0.005, () => called.resolve("called"));
  await hostTurns();
  first.cancel();
  assertEquals(await called.promise, "called");
  const again = Promise.withResolvers<string>();
  loop.callLater(0.001, () => again.resolve("again"));
  assertEquals(await again.promise, "again");
});
