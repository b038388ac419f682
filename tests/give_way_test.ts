/**
 * Giving way: waits for what is always there, in a loop without end, let the host, the
 * signals and the other tasks have their turns. Each chain below goes on until a timer of
 * the host stops it, and fails if it gets to its end instead.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  Barrier,
  type Coro,
  coroutine,
  createTask,
  Event,
  Future,
  gather,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
} from "@asyncio/asyncio";
import { connectionPair, TestLoop } from "@asyncio/asyncio/testing";

/** No chain needs so many to be stopped, by orders of magnitude. */
const MOST = 3_000_000;

/** A step that never has to wait, in both styles. */
interface Step {
  readonly generator: () => Coro<unknown>;
  readonly async: () => Promise<unknown>;
}

function done(): Future<string> {
  const future = new Future<string>();
  future.setResult("done");
  return future;
}

function queueStep(queue: Queue<number>): Step {
  return {
    *generator() {
      yield* queue.put(1);
      yield* queue.get();
    },
    async async() {
      await queue.put(1);
      await queue.get();
    },
  };
}

const nothing = coroutine(function* () {});
const nothingAsync = coroutine(async () => {});

/** Made in the run, one for each. */
const STEPS: Readonly<Record<string, () => Step>> = {
  "Queue.put() and get()": () => queueStep(new Queue<number>()),
  "LifoQueue.put() and get()": () => queueStep(new LifoQueue<number>()),
  "PriorityQueue.put() and get()": () => queueStep(new PriorityQueue<number>()),
  "Queue.join()": () => {
    const queue = new Queue<number>();
    return { generator: () => drop(queue.join()), async: () => queue.join() };
  },
  "Lock.acquire()": () => {
    const lock = new Lock();
    return {
      *generator() {
        yield* lock.acquire();
        lock.release();
      },
      async async() {
        await lock.acquire();
        lock.release();
      },
    };
  },
  "Semaphore.acquire()": () => {
    const permits = new Semaphore(2);
    return {
      *generator() {
        yield* permits.acquire();
        permits.release();
      },
      async async() {
        await permits.acquire();
        permits.release();
      },
    };
  },
  "Event.wait()": () => {
    const event = new Event();
    event.set();
    return { generator: () => drop(event.wait()), async: () => event.wait() };
  },
  "Barrier.wait()": () => {
    const barrier = new Barrier(1);
    return {
      generator: () => drop(barrier.wait()),
      async: () => barrier.wait(),
    };
  },
  "a done future": () => {
    const future = done();
    return {
      *generator() {
        yield* future;
      },
      async async() {
        await future;
      },
    };
  },
  "a coroutine that has nothing to wait for": () => ({
    generator: () => drop(nothing()),
    async: () => nothingAsync(),
  }),
  "timeout() round a wait": () => {
    const queue = queueStep(new Queue<number>());
    return {
      generator: () => drop(timeout(3600, queue.generator)),
      async: () => timeout(3600, queue.async),
    };
  },
  "taskGroup() without tasks": () => ({
    generator: () => drop(taskGroup(function* () {})),
    async: () => taskGroup(async () => {}),
  }),
  "for await over a queue": () => {
    const queue = new Queue<number>();
    const items = queue[Symbol.asyncIterator]();
    return {
      *generator() {
        yield* queue.put(1);
        yield* queue.get();
      },
      async async() {
        queue.putNowait(1);
        await items.next();
      },
    };
  },
  "a read of what is in the buffer": () => {
    const [[reader], [, writer]] = connectionPair();
    const byte = new Uint8Array(1);
    return {
      *generator() {
        yield* writer.write(byte);
        yield* reader.readexactly(1);
      },
      async async() {
        await writer.write(byte);
        await reader.readexactly(1);
      },
    };
  },
};

function* drop(wait: Iterable<unknown>): Coro<unknown> {
  return yield* wait as Generator<never, unknown, unknown>;
}

interface Stop {
  /** Set by the host. */
  stopped: boolean;
}

function* chain(step: Step, stop: Stop): Coro<number> {
  for (let i = 0; i < MOST; i++) {
    if (stop.stopped) return i;
    yield* step.generator();
  }
  return MOST;
}

async function asyncChain(step: Step, stop: Stop): Promise<number> {
  for (let i = 0; i < MOST; i++) {
    if (stop.stopped) return i;
    await step.async();
  }
  return MOST;
}

function stopByHost(): Stop {
  const stop = { stopped: false };
  setTimeout(() => stop.stopped = true, 1);
  return stop;
}

for (const [name, makeStep] of Object.entries(STEPS)) {
  Deno.test(`${name}, without end, lets the host have its turn (generator)`, async () => {
    const steps = await run(() => chain(makeStep(), stopByHost()));
    assert(steps < MOST);
  });

  Deno.test(`${name}, without end, lets the host have its turn (async)`, async () => {
    const steps = await run(() => asyncChain(makeStep(), stopByHost()));
    assert(steps < MOST);
  });
}

Deno.test("three chains without end, of both styles, let the host have its turn", async () => {
  const all = await run(async () => {
    const stop = stopByHost();
    const step = STEPS["Queue.put() and get()"]!;
    return await gather(
      () => asyncChain(step(), stop),
      () => chain(step(), stop),
      () => asyncChain(step(), stop),
    );
  });
  assert(all.every((steps) => steps < MOST), String(all));
});

Deno.test("a chain without end lets another task have its turn, and can be cancelled by it", async () => {
  const step = STEPS["Lock.acquire()"]!;
  for (
    const body of [chain, asyncChain] as ((
      step: Step,
      stop: Stop,
    ) => Coro<number> | Promise<number>)[]
  ) {
    await run(async () => {
      const task = createTask(() => body(step(), { stopped: false }) as never);
      await sleep(0);
      task.cancel();
      await sleep(0);
      await sleep(0);
      assert(task.cancelled(), String(task));
    });
  }
});

Deno.test("a chain that gives way loses nothing to a cancel that comes then", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 5_000; i++) queue.putNowait(i);
  const taken: number[] = [];
  await run(async () => {
    const tasks = [
      createTask(function* () {
        for (;;) taken.push(yield* queue.get());
      }),
      createTask(async () => {
        for (;;) taken.push(await queue.get());
      }),
    ];
    await sleep(0);
    for (const task of tasks) task.cancel();
    await gather(tasks, { returnExceptions: true });
  });
  assert(taken.length < 5_000);
  assertEquals(taken.length + queue.qsize(), 5_000);
  assertEquals(new Set(taken).size, taken.length);
});

/** After how many waits another task has its turn first. */
function* uninterrupted(loop: TestLoop): Coro<number> {
  const event = new Event();
  event.set();
  let others = 0;
  loop.callSoon(() => others++);
  let waits = 0;
  while (others === 0) {
    yield* event.wait();
    waits++;
  }
  return waits;
}

Deno.test("a chain gives way after the same number of waits each time, none of them few", async () => {
  const counts = [];
  for (let i = 0; i < 3; i++) {
    using loop = new TestLoop();
    counts.push(await loop.runUntilComplete(uninterrupted(loop)));
  }
  assertEquals(new Set(counts).size, 1);
  assert(counts[0]! >= 1_000, String(counts));
});

Deno.test("a task that waits for real in between never gives way besides", async () => {
  await run(function* () {
    const lock = new Lock();
    const other = createTask(function* () {
      for (let i = 0; i < 5_000; i++) yield* sleep(0);
    });
    for (let i = 0; i < 5_000; i++) {
      // As many turns as the other: each `sleep(0)` is one, and no lock takes any.
      assert(!other.done());
      yield* lock.acquire();
      lock.release();
      yield* sleep(0);
    }
    yield* sleep(0);
    assert(other.done());
  });
});
