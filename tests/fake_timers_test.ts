/**
 * Fake timers, which test runners put in the places of the host's, move no loop that does not
 * wait for time: they stand still until a test moves them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  createTask,
  ensureFuture,
  gather,
  run,
  sleep,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const NAMES = [
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "setImmediate",
  "setInterval",
  "setTimeout",
] as const;

/** Stands for `vi.useFakeTimers()` and its kin, and for the tests that never move them. */
function useFakeTimers(): Disposable {
  const host = globalThis as unknown as Record<string, unknown>;
  const real = NAMES.map((name) => host[name]);
  for (const name of NAMES) host[name] = () => 0;
  return {
    [Symbol.dispose](): void {
      NAMES.forEach((name, i) => host[name] = real[i]);
    },
  };
}

/** Stands for I/O: what it gives comes by no timer. */
const read = (): Promise<ArrayBuffer> =>
  crypto.subtle.digest("SHA-256", new Uint8Array(1));

async function hours(): Promise<ArrayBuffer> {
  await sleep({ hours: 1 });
  return await read();
}

function* minutes(): Coro<number> {
  for (let i = 0; i < 60; i++) yield* sleep({ minutes: 1 });
  return 60;
}

Deno.test("runTest() jumps under fake timers", async () => {
  using _ = useFakeTimers();
  const seconds = await runTest(async (loop) => {
    await gather(hours, minutes);
    return loop.time();
  });
  assertEquals(seconds, 3600);
});

Deno.test("run() takes its turns under fake timers (async)", async () => {
  using _ = useFakeTimers();
  let turns = 0;
  await run(async () => {
    const reader = createTask(read);
    while (!reader.done()) {
      await sleep(0);
      turns++;
    }
    for (let i = 0; i < 1000; i++) await sleep(0);
  });
  assertEquals(turns > 0, true);
});

Deno.test("run() takes its turns under fake timers (generator)", async () => {
  using _ = useFakeTimers();
  let turns = 0;
  await run(function* () {
    const reader = createTask(read);
    while (!reader.done()) {
      yield* sleep(0);
      turns++;
    }
    for (let i = 0; i < 100_000; i++) yield* sleep(0);
  });
  assertEquals(turns > 0, true);
});

Deno.test("run() follows fake timers that fake performance.now() too", async () => {
  const { now } = performance;
  // Real ones, for the test itself.
  const { setTimeout } = globalThis;
  const timers: [due: number, callback: () => void][] = [];
  let time = 1000;
  const order: string[] = [];
  {
    using _ = useFakeTimers();
    performance.now = () => time;
    globalThis.setTimeout =
      ((callback: () => void, delay: number) =>
        timers.push([time + delay, callback])) as unknown as typeof setTimeout;
    try {
      const done = run(async () => {
        await sleep({ hours: 1 });
        order.push("awake");
      });
      // The run begins, and comes to its wait.
      while (timers.length === 0) await new Promise((r) => setTimeout(r, 1));
      order.push("moved");
      const [due, callback] = timers.pop()!;
      time = due;
      callback();
      await done;
    } finally {
      performance.now = now;
    }
  }
  assertEquals(order, ["moved", "awake"]);
  assertEquals(time, 3_601_000);
});

/** Lets a loop come to its rest, whatever stands in the place of the host's timers. */
const { setTimeout: setRealTimeout } = globalThis;
const pause = (): Promise<void> =>
  new Promise((resolve) => void setRealTimeout(resolve, 1));

/** What sleeps while fake timers stand in the places of the host's, and goes on without them. */
const OUTLIVES = {
  async async(): Promise<string> {
    let first;
    {
      using _ = useFakeTimers();
      first = createTask(sleep(0.02, "first"));
      await sleep(0);
      await pause();
    }
    await sleep(0.03);
    return await first;
  },
  *generator(): Coro<string> {
    let first;
    {
      using _ = useFakeTimers();
      first = createTask(sleep(0.02, "first"));
      yield* sleep(0);
      yield* ensureFuture(pause());
    }
    yield* sleep(0.03);
    return yield* first;
  },
};

for (const [style, work] of Object.entries(OUTLIVES)) {
  Deno.test(`run() waits by the host's timers when fake ones have gone (${style})`, async () => {
    assertEquals(await run(work), "first");
  });
}

/** What ends while fake timers have come, which can't take back the host's. */
const ENDS = {
  async async(): Promise<void> {
    createTask(sleep(0.02));
    await sleep(0);
    await pause();
  },
  *generator(): Coro<void> {
    createTask(sleep(0.02));
    yield* sleep(0);
    yield* ensureFuture(pause());
  },
};

for (const [style, work] of Object.entries(ENDS)) {
  Deno.test(`run() takes its timer of the host back under fake ones (${style})`, async () => {
    const fakes = new DisposableStack();
    await run(() =>
      createTask(work).then(() => void fakes.use(useFakeTimers()))
    );
    fakes.dispose();
    // It would end the program with an error.
    await new Promise((resolve) => setTimeout(resolve, 40));
  });
}

/** Far more than the host needs to come to its turn, so that a test fails and does not hang. */
const ENOUGH = 1_000_000;

/** What never rests until the host has been there; gives whether it has. */
const RESTLESS = {
  async async(): Promise<boolean> {
    const reader = createTask(read);
    for (let i = 0; i < ENOUGH && !reader.done(); i++) await sleep(0);
    return reader.done();
  },
  *generator(): Coro<boolean> {
    const reader = createTask(read);
    for (let i = 0; i < ENOUGH && !reader.done(); i++) yield* sleep(0);
    return reader.done();
  },
};

for (const [style, work] of Object.entries(RESTLESS)) {
  Deno.test(`runTest() lets the host have its turn while a task never rests (${style})`, async () => {
    assertEquals(await runTest(() => createTask(work)), true);
  });

  Deno.test(`run() lets the host have its turn under a clock that stands still (${style})`, async () => {
    const { now } = performance;
    performance.now = () => 1000;
    try {
      assertEquals(await run(() => createTask(work)), true);
    } finally {
      performance.now = now;
    }
  });
}
