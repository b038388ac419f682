/**
 * Timers that never fire.
 *
 * @module
 */
import { asyncio, bluebird, effect, effection } from "../_peers.ts";
import { check, noop, type Workload } from "../_workload.ts";

/** Timers set and cancelled. */
export const timers: Workload = {
  name: "timers",
  operation:
    "a callback is scheduled for 60 s later and called off (`callLater`, `cancel`; " +
    "native: `setTimeout`, `clearTimeout`; Effect and Effection: a fiber or task that sleeps)",
  bound:
    "native: two calls into the host; here: one clock read and a place in a heap, from which " +
    "cancelled timers are swept now and then",
  count: 1_000_000,
  targets: [
    { style: "generator", measure: "ratio", must: 0.15, aim: 0.08 },
    { style: "generator", measure: "cpython", must: 10 },
  ],
  peers: {
    // deno-lint-ignore require-await -- a workload gives a promise, waiting or not
    native: () => async (count) => {
      let calledOff = 0;
      for (let index = 0; index < count; index++) {
        const timer = setTimeout(noop, 60_000);
        clearTimeout(timer);
        calledOff++;
      }
      check(calledOff, count);
    },

    generator: async () => {
      const { getRunningLoop, run } = await asyncio();
      return (count) =>
        run(function* () {
          const loop = getRunningLoop();
          let calledOff = 0;
          for (let index = 0; index < count; index++) {
            const timer = loop.callLater(60, noop);
            timer.cancel();
            if (timer.cancelled()) calledOff++;
          }
          check(calledOff, count);
        });
    },

    effection: async () => {
      const { run, sleep, spawn } = await effection();
      return (count) =>
        run(function* () {
          let calledOff = 0;
          for (let index = 0; index < count; index++) {
            const task = yield* spawn(() => sleep(60_000));
            yield* task.halt();
            calledOff++;
          }
          check(calledOff, count);
        });
    },

    effect: async () => {
      const { Effect, Fiber } = await effect();
      return (count) =>
        Effect.runPromise(Effect.gen(function* () {
          let calledOff = 0;
          for (let index = 0; index < count; index++) {
            const fiber = yield* Effect.forkChild(Effect.sleep(60_000), {
              startImmediately: true,
            });
            yield* Fiber.interrupt(fiber);
            calledOff++;
          }
          check(calledOff, count);
        }));
    },

    bluebird: async () => {
      const Bluebird = await bluebird();
      Bluebird.config({ cancellation: true });
      return async (count) => {
        let calledOff = 0;
        for (let index = 0; index < count; index++) {
          Bluebird.delay(60_000).cancel();
          calledOff++;
        }
        // Bluebird calls timers off in its next turn.
        await Bluebird.delay(0);
        check(calledOff, count);
      };
    },
  },
};
