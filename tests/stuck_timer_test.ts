/**
 * A loop that goes on looks after what was cancelled by a timer of the host. When all of that
 * has ended there is none left: the sanitizer of `Deno.test` would find it.
 */
import { assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  handleRequests,
  newEventLoop,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
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
