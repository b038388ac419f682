/**
 * Handing values from task to task.
 *
 * @module
 */
import {
  createTask,
  gather,
  getRunningLoop,
  Queue,
  run,
} from "@asyncio/asyncio";
import { PromiseQueue, wait, WaitQueue } from "./_native.ts";
import {
  below,
  check,
  register,
  sum,
  sumBelow,
  type Workload,
} from "./_workload.ts";

const MAXSIZE = 100;

// Bound by the objects that a hop makes: native a promise, two closures, a wrapper and a
// reaction, 350 B; a future is its own iterator, and its waiter is the task itself.
const pingPong: Workload = {
  name: "ping-pong",
  operation:
    "one round: a task hands a number to another through a fresh future and gets it back " +
    "through a second one (native: `Promise.withResolvers`)",
  count: 200_000,
  must: { generator: 1.4, async: 8 },
  runs: {
    async native(count) {
      let ping = Promise.withResolvers<number>();
      let pong = Promise.withResolvers<number>();
      async function server(): Promise<void> {
        for (let round = 0; round < count; round++) {
          const number = await ping.promise;
          ping = Promise.withResolvers();
          pong.resolve(number);
        }
      }
      async function client(): Promise<number> {
        let total = 0;
        for (let round = 0; round < count; round++) {
          ping.resolve(round);
          total += await pong.promise;
          pong = Promise.withResolvers();
        }
        return total;
      }
      const [total] = await Promise.all([client(), server()]);
      check(total, sumBelow(count));
    },

    async least(count) {
      let [ping, wakePing] = handover();
      let [pong, wakePong] = handover();
      async function server(): Promise<void> {
        for (let round = 0; round < count; round++) {
          const number = await ping;
          [ping, wakePing] = handover();
          wakePong(number);
        }
      }
      async function client(): Promise<number> {
        let total = 0;
        for (let round = 0; round < count; round++) {
          wakePing(round);
          total += await pong;
          [pong, wakePong] = handover();
        }
        return total;
      }
      const [total] = await Promise.all([client(), server()]);
      check(total, sumBelow(count));
    },

    generator: (count) =>
      run(function* () {
        const loop = getRunningLoop();
        let ping = loop.createFuture<number>();
        let pong = loop.createFuture<number>();
        function* server() {
          for (let round = 0; round < count; round++) {
            const number = yield* ping;
            ping = loop.createFuture();
            pong.setResult(number);
          }
        }
        function* client() {
          let total = 0;
          for (let round = 0; round < count; round++) {
            ping.setResult(round);
            total += yield* pong;
            pong = loop.createFuture();
          }
          return total;
        }
        const [total] = yield* gather(client(), server());
        check(total, sumBelow(count));
      }),

    async: (count) =>
      run(async () => {
        const loop = getRunningLoop();
        let ping = loop.createFuture<number>();
        let pong = loop.createFuture<number>();
        async function server(): Promise<void> {
          for (let round = 0; round < count; round++) {
            const number = await ping;
            ping = loop.createFuture();
            pong.setResult(number);
          }
        }
        async function client(): Promise<number> {
          let total = 0;
          for (let round = 0; round < count; round++) {
            ping.setResult(round);
            total += await pong;
            pong = loop.createFuture();
          }
          return total;
        }
        const [total] = await gather(client, server);
        check(total, sumBelow(count));
      }),
  },
};

/** A wait for one number, and what gives it. */
function handover(): [PromiseLike<number>, (value: number) => void] {
  let given: number | undefined;
  let waiting: ((value: number) => void) | undefined;
  return [
    wait((resume) => given === undefined ? waiting = resume : resume(given)),
    (value) => waiting === undefined ? given = value : waiting(value),
  ];
}

// Bound by how often a task is suspended: a `put` that has room and a `get` that finds an
// item cost no turn under `yield*`, and always one under `await`.
const queuePingPong: Workload = {
  name: "queue-ping-pong",
  operation:
    "one round: a task puts a number into a queue of size 1 and gets it back from a " +
    "second one (native: a hand-written queue of promises)",
  count: 200_000,
  must: { generator: 1.2, async: 5 },
  runs: {
    native: (count) => roundsAsync(PromiseQueue, allNative, count),
    least: (count) => roundsAsync(WaitQueue, allNative, count),

    generator: (count) =>
      run(function* () {
        const pings = new Queue<number>(1);
        const pongs = new Queue<number>(1);
        function* server() {
          for (let round = 0; round < count; round++) {
            yield* pongs.put(yield* pings.get());
          }
        }
        function* client() {
          let total = 0;
          for (let round = 0; round < count; round++) {
            yield* pings.put(round);
            total += yield* pongs.get();
          }
          return total;
        }
        const [total] = yield* gather(client(), server());
        check(total, sumBelow(count));
      }),

    async: (count) => run(() => roundsAsync(Queue, allOurs, count)),
  },
};

/** A queue of this library, or the hand-written one. */
interface AnyQueue {
  put(item: number): PromiseLike<void>;
  get(): PromiseLike<number>;
}

/** Runs async functions at once, and joins them. */
type Join = (
  functions: readonly (() => Promise<number>)[],
) => PromiseLike<readonly number[]>;

const allNative: Join = (functions) =>
  Promise.all(functions.map((each) => each()));

const allOurs: Join = (functions) => gather(functions);

async function roundsAsync(
  QueueOfOne: new (maxsize: number) => AnyQueue,
  join: Join,
  count: number,
): Promise<void> {
  const pings = new QueueOfOne(1);
  const pongs = new QueueOfOne(1);
  const [total] = await join([
    () => clientAsync(pings, pongs, count),
    () => serverAsync(pings, pongs, count),
  ]);
  check(total!, sumBelow(count));
}

async function serverAsync(
  pings: AnyQueue,
  pongs: AnyQueue,
  count: number,
): Promise<number> {
  for (let round = 0; round < count; round++) {
    await pongs.put(await pings.get());
  }
  return count;
}

async function clientAsync(
  pings: AnyQueue,
  pongs: AnyQueue,
  count: number,
): Promise<number> {
  let total = 0;
  for (let round = 0; round < count; round++) {
    await pings.put(round);
    total += await pongs.get();
  }
  return total;
}

// As queue-ping-pong, but here nearly every `put` has room and every `get` finds an item.
function queueStream(
  name: string,
  pairs: number,
  operation: string,
  generator: number,
): Workload {
  return {
    name,
    operation,
    count: 500_000,
    must: { generator, async: 6 },
    runs: {
      native: (count) => streamAsync(PromiseQueue, allNative, pairs, count),
      least: (count) => streamAsync(WaitQueue, allNative, pairs, count),
      generator: (count) =>
        run(function* () {
          const share = count / pairs;
          const queue = new Queue<number>(MAXSIZE);
          const producers = [];
          const consumers = [];
          for (const _ of below(pairs)) {
            producers.push(createTask(produce(queue, share)));
            consumers.push(createTask(consume(queue, share)));
          }
          yield* gather(producers);
          check(sum(yield* gather(consumers)), pairs * sumBelow(share));
        }),

      async: (count) => run(() => streamAsync(Queue, allOurs, pairs, count)),
    },
  };
}

async function streamAsync(
  AQueue: new (maxsize: number) => AnyQueue,
  join: Join,
  pairs: number,
  count: number,
): Promise<void> {
  const share = count / pairs;
  const queue = new AQueue(MAXSIZE);
  const ends = Array.from({ length: pairs }, () => [
    () => produceAsync(queue, share),
    () => consumeAsync(queue, share),
  ]);
  check(sum(await join(ends.flat())), pairs * sumBelow(share));
}

async function produceAsync(queue: AnyQueue, count: number): Promise<number> {
  for (let item = 0; item < count; item++) await queue.put(item);
  return 0;
}

async function consumeAsync(queue: AnyQueue, count: number): Promise<number> {
  let total = 0;
  for (let item = 0; item < count; item++) total += await queue.get();
  return total;
}

function* produce(queue: Queue<number>, count: number) {
  for (let item = 0; item < count; item++) yield* queue.put(item);
}

function* consume(queue: Queue<number>, count: number) {
  let total = 0;
  for (let item = 0; item < count; item++) total += yield* queue.get();
  return total;
}

/** Handing values from task to task. */
export const workloads: readonly Workload[] = [
  pingPong,
  queuePingPong,
  queueStream(
    "queue-stream",
    1,
    "one item through a queue of size 100 (native: hand-written, of promises), from one " +
      "producer to one consumer",
    1.2,
  ),
  queueStream(
    "queue-stream-10",
    10,
    "the same from ten producers to ten consumers",
    1.3,
  ),
];

register(workloads, 0.01);
