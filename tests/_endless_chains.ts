/**
 * Waits for what is always there, to be done one after the other without end, in both
 * styles. `_endless_chains_program.ts` and `give_way_test.ts` end them from outside.
 *
 * @module
 */
import {
  asCompleted,
  Barrier,
  Condition,
  type Coro,
  coroutine,
  createTask,
  ensureFuture,
  Event,
  firstSuccess,
  fromSignal,
  Future,
  gather,
  interruptible,
  iterate,
  LifoQueue,
  Lock,
  mapConcurrent,
  on,
  once,
  PriorityQueue,
  Queue,
  race,
  Semaphore,
  shield,
  sleep,
  staggeredRace,
  StreamReader,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { connectionPair } from "@asyncio/asyncio/testing";

/** No chain needs so many steps to be ended, by orders of magnitude. */
const MOST = 1_000_000;
/** As {@linkcode MOST}, of lines of one byte. */
const MOST_BYTES = 2 ** 24;

/** A step that never has to wait, in both styles. */
export interface Step {
  readonly generator: () => Coro<unknown>;
  readonly async: () => Promise<unknown>;
}

/** A future that has its result. */
export function done(): Future<string> {
  const future = new Future<string>();
  future.setResult("done");
  return future;
}

function* nothing(): Coro<void> {}

async function nothingAsync(): Promise<void> {}

const plainNothing = coroutine(nothing);
const asyncNothing = coroutine(nothingAsync);

/** Waits for anything that both styles can wait for. */
export function* drop(what: Iterable<unknown>): Coro<unknown> {
  return yield* what as Generator<never, unknown, unknown>;
}

// What is made by `make` is waited for in both styles.
function both(make: () => Iterable<unknown> & PromiseLike<unknown>): Step {
  return {
    generator: () => drop(make()),
    async: async () => await make(),
  };
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

function readStep(
  read: (reader: StreamReader) => ReturnType<StreamReader["read"]>,
): Step {
  const line = new TextEncoder().encode("line\n");
  const filled = (): StreamReader => {
    const reader = new StreamReader();
    reader.feedData(line);
    return reader;
  };
  return both(() => read(filled()));
}

/** Made in the run, one for each. */
export const STEPS: Readonly<Record<string, () => Step>> = {
  "Queue.put() and get()": () => queueStep(new Queue<number>()),
  "LifoQueue.put() and get()": () => queueStep(new LifoQueue<number>()),
  "PriorityQueue.put() and get()": () => queueStep(new PriorityQueue<number>()),
  "Queue.join()": () => {
    const queue = new Queue<number>();
    return both(() => queue.join());
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
  "Condition.waitFor()": () => {
    const condition = new Condition();
    return {
      *generator() {
        yield* condition.acquire();
        yield* condition.waitFor(() => true);
        condition.release();
      },
      async async() {
        await condition.acquire();
        await condition.waitFor(() => true);
        condition.release();
      },
    };
  },
  "Event.wait()": () => {
    const event = new Event();
    event.set();
    return both(() => event.wait());
  },
  "Barrier.wait()": () => {
    const barrier = new Barrier(1);
    return both(() => barrier.wait());
  },
  "sleep(0)": () => both(() => sleep(0)),
  "a done future": () => {
    const future = done();
    return both(() => future);
  },
  "a coroutine that has nothing to wait for": () => ({
    generator: () => drop(plainNothing()),
    async: () => asyncNothing(),
  }),
  "a task that has nothing to wait for": () => ({
    generator: () => drop(createTask(nothing)),
    async: async () => await createTask(nothingAsync),
  }),
  "an eager task that has nothing to wait for": () => ({
    generator: () => drop(createTask(nothing, { eagerStart: true })),
    async: async () => await createTask(nothingAsync, { eagerStart: true }),
  }),
  "ensureFuture() of a promise that is settled": () =>
    both(() => ensureFuture(Promise.resolve(1))),
  "interruptible() of a promise that is settled": () =>
    both(() => interruptible(Promise.resolve(1))),
  "fromSignal() of a promise that is settled": () =>
    both(() => fromSignal(() => Promise.resolve(1))),
  "gather() of nothing": () => both(() => gather([])),
  "gather() of done futures": () => both(() => gather([done(), done()])),
  "gather() with a limit": () => both(() => gather([done()], { limit: 1 })),
  "wait() for done futures": () => both(() => wait([done(), done()])),
  "waitFor() of a done future": () => both(() => waitFor(done(), 3600)),
  "race() of done futures": () => both(() => race([done()])),
  "firstSuccess() of done futures": () => both(() => firstSuccess([done()])),
  "staggeredRace() of done work": () => ({
    generator: () => drop(staggeredRace([nothing], 3600)),
    async: () => staggeredRace([nothingAsync], 3600),
  }),
  "shield() of a done future": () => both(() => shield(done())),
  "asCompleted() of done futures": () => ({
    *generator() {
      for (const next of asCompleted([done(), done()])) yield* next;
    },
    async async() {
      for await (const _ of asCompleted([done(), done()]));
    },
  }),
  "mapConcurrent().collect()": () => ({
    generator: () => drop(mapConcurrent([1], nothing, { limit: 1 }).collect()),
    async: () => mapConcurrent([1], nothingAsync, { limit: 1 }).collect(),
  }),
  "timeout() round a wait": () => {
    const step = queueStep(new Queue<number>());
    return {
      generator: () => drop(timeout(3600, step.generator)),
      async: () => timeout(3600, step.async),
    };
  },
  "taskGroup() without tasks": () => ({
    generator: () => drop(taskGroup(nothing)),
    async: () => taskGroup(nothingAsync),
  }),
  "taskGroup() with a task": () => ({
    generator: () =>
      drop(taskGroup(function* (group) {
        group.createTask(nothing);
      })),
    async: () =>
      // deno-lint-ignore require-await
      taskGroup(async (group) => {
        group.createTask(nothingAsync);
      }),
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
  "StreamReader.read()": () => readStep((reader) => reader.read(1)),
  "StreamReader.readexactly()": () =>
    readStep((reader) => reader.readexactly(1)),
  "StreamReader.readline()": () => readStep((reader) => reader.readline()),
  "StreamReader.readuntil()": () => readStep((reader) => reader.readuntil()),
  "StreamReader.read() at the end": () => {
    const reader = new StreamReader();
    reader.feedEof();
    return both(() => reader.read());
  },
  "StreamWriter.drain()": () => {
    const [[, writer]] = connectionPair();
    return both(() => writer.drain());
  },
  "on() of events that come at once": () => {
    const target = new EventTarget();
    const events = on(target, "event");
    const emit = () => target.dispatchEvent(new globalThis.Event("event"));
    return {
      *generator() {
        emit();
        yield* events.next();
      },
      async async() {
        emit();
        await events.next();
      },
    };
  },
  "once() of an event that comes at once": () => {
    const target = new EventTarget();
    return both(() => {
      const event = once(target, "event");
      target.dispatchEvent(new globalThis.Event("event"));
      return event;
    });
  },
};

async function* endless(): AsyncGenerator<number> {
  for (let i = 0; i < MOST; i++) yield i;
}

async function* endlessOfLibrary(): AsyncGenerator<number> {
  const queue = queueStep(new Queue<number>());
  for (let i = 0; i < MOST; i++) {
    await queue.async();
    yield i;
  }
}

function* numbers(): Generator<number> {
  for (let i = 0; i < MOST; i++) yield i;
}

/** Whole loops over something that never comes to an end. */
const LOOPS: Readonly<Record<string, () => Promise<unknown> | Coro<unknown>>> =
  {
    async "iterate()"() {
      for await (const _ of iterate(endless()));
    },
    async "iterate() over a source that waits for the library"() {
      for await (const _ of iterate(endlessOfLibrary()));
    },
    async "iterate() over a ReadableStream"() {
      for await (const _ of iterate(ReadableStream.from(endless())));
    },
    async "StreamReader.lines() of what is there"() {
      const reader = new StreamReader();
      const lines = new Uint8Array(MOST_BYTES / 512).fill(10);
      for (let i = 0; i < 512; i++) {
        reader.feedData(lines);
        let left = lines.length;
        for await (const _ of reader.lines()) if (--left === 0) break;
      }
    },
    async "mapConcurrent()"() {
      const results = mapConcurrent(numbers(), nothingAsync, { limit: 4 });
      for await (const _ of results);
    },
    async "mapConcurrent() of generators"() {
      const results = mapConcurrent(numbers(), nothing, { limit: 4 });
      for await (const _ of results);
    },
    async "mapConcurrent() over an async source"() {
      const results = mapConcurrent(endless(), nothingAsync, { limit: 4 });
      for await (const _ of results);
    },
    async "mapConcurrent().forEach()"() {
      await mapConcurrent(numbers(), nothingAsync, { limit: 4 })
        .forEach(() => {});
    },
    *"mapConcurrent().forEach(), in a generator"() {
      yield* mapConcurrent(numbers(), nothing, { limit: 4 }).forEach(() => {});
    },
    async "gather() of a source without end"() {
      const work = numbers().map(() => nothingAsync);
      await gather(work, { limit: 4 });
    },
    *"gather() of a source without end, in a generator"() {
      const work = numbers().map(() => nothing);
      yield* gather(work, { limit: 4 });
    },
    async "stream() of an executor"() {
      const executor = new InlineExecutor({ job: endless });
      for await (const _ of executor.stream("job", []));
    },
  };

function* chain(step: Step): Coro<void> {
  for (let i = 0; i < MOST; i++) yield* step.generator();
}

async function asyncChain(step: Step): Promise<void> {
  for (let i = 0; i < MOST; i++) await step.async();
}

/**
 * All chains, by name. A chain that nobody can end comes to its end in some seconds, since a
 * test that hangs tells nothing.
 */
export const CHAINS: ReadonlyMap<
  string,
  () => Promise<unknown> | Coro<unknown>
> = new Map([
  ...Object.entries(STEPS).flatMap(([name, makeStep]) => [
    [`${name} (generator)`, () => chain(makeStep())] as const,
    [`${name} (async)`, () => asyncChain(makeStep())] as const,
  ]),
  ...Object.entries(LOOPS),
]);
