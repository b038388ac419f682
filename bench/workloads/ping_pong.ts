/**
 * Handing a value to and fro through futures.
 *
 * @module
 */
import { asyncio, bluebird, effect, effection } from "../_peers.ts";
import { check, sumBelow, type Workload } from "../_workload.ts";

/** Two tasks and two fresh futures a round. */
export const pingPong: Workload = {
  name: "ping-pong",
  operation:
    "one round: a task hands a number to another through a fresh future and gets it back " +
    "through a second one (native: `Promise.withResolvers`)",
  bound:
    "the objects a hop makes: native a promise, two closures, a wrapper and a reaction, 350 B; " +
    "a future is its own iterator and its waiter is the task itself",
  count: 200_000,
  targets: [
    { style: "generator", measure: "ratio", must: 1.4, aim: 1.0 },
    { style: "generator", measure: "cpython", must: 10 },
    { style: "async", measure: "ratio", must: 8 },
  ],
  peers: {
    native: () => async (count) => {
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

    generator: async () => {
      const { gather, getRunningLoop, run } = await asyncio();
      return (count) =>
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
        });
    },

    async: async () => {
      const { gather, getRunningLoop, run } = await asyncio();
      return (count) =>
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
        });
    },

    effection: async () => {
      const { all, run, withResolvers } = await effection();
      return (count) =>
        run(function* () {
          let ping = withResolvers<number>();
          let pong = withResolvers<number>();
          function* server() {
            for (let round = 0; round < count; round++) {
              const number = yield* ping.operation;
              ping = withResolvers();
              pong.resolve(number);
            }
            return 0;
          }
          function* client() {
            let total = 0;
            for (let round = 0; round < count; round++) {
              ping.resolve(round);
              total += yield* pong.operation;
              pong = withResolvers();
            }
            return total;
          }
          const [total] = yield* all([client(), server()]);
          check(total, sumBelow(count));
        });
    },

    effect: async () => {
      const { Deferred, Effect } = await effect();
      return (count) => {
        let ping = Deferred.makeUnsafe<number>();
        let pong = Deferred.makeUnsafe<number>();
        const server = Effect.gen(function* () {
          for (let round = 0; round < count; round++) {
            const number = yield* Deferred.await(ping);
            ping = Deferred.makeUnsafe();
            yield* Deferred.succeed(pong, number);
          }
        });
        const client = Effect.gen(function* () {
          let total = 0;
          for (let round = 0; round < count; round++) {
            yield* Deferred.succeed(ping, round);
            total += yield* Deferred.await(pong);
            pong = Deferred.makeUnsafe();
          }
          return total;
        });
        return Effect.runPromise(Effect.gen(function* () {
          const [total] = yield* Effect.all([client, server], {
            concurrency: "unbounded",
          });
          check(total, sumBelow(count));
        }));
      };
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      function deferred() {
        let resolve!: (number: number) => void;
        const promise = new Bluebird<number>((settle) => resolve = settle);
        return { promise, resolve };
      }
      return async (count) => {
        let ping = deferred();
        let pong = deferred();
        const server = Bluebird.coroutine(function* () {
          for (let round = 0; round < count; round++) {
            const number: number = yield ping.promise;
            ping = deferred();
            pong.resolve(number);
          }
          return 0;
        });
        const client = Bluebird.coroutine(function* () {
          let total = 0;
          for (let round = 0; round < count; round++) {
            ping.resolve(round);
            total += yield pong.promise;
            pong = deferred();
          }
          return total;
        });
        const [total] = await Bluebird.all([client(), server()]);
        check(total!, sumBelow(count));
      };
    },
  },
};
