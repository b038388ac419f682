/**
 * Many runs in one process, one after the other: nothing of a run stays.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { closing, on, onClosing, run, sleep } from "@asyncio/asyncio";

const gc = (globalThis as { readonly gc?: () => void }).gc;
const RUNS = 20_000;
const ROUNDS = 4;

/** What a run of each kind does. */
const KINDS: Readonly<Record<string, () => Promise<unknown>>> = {
  "a generator": () => run(function* () {}),
  "an async function": () => run(() => Promise.resolve()),
  "a wait of the loop": () =>
    run(function* () {
      yield* sleep(0);
    }),
};

function heapUsed(): number {
  gc!();
  return process.memoryUsage().heapUsed;
}

for (const [name, once] of Object.entries(KINDS)) {
  Deno.test({
    name: `run() of ${name} keeps no byte when it has ended`,
    ignore: gc === undefined,
    async fn() {
      // The compiler and the caches have their turn first.
      for (let i = 0; i < RUNS / 10; i++) await once();
      // What stays does so in each round; the host's own tables double now and then, as that
      // of an AsyncLocalStorage does: 30 bytes a run.
      const rounds: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const before = heapUsed();
        for (let i = 0; i < RUNS; i++) await once();
        rounds.push((heapUsed() - before) / RUNS);
      }
      // A run that stayed would be 1,000 or more.
      assert(Math.min(...rounds) < 20, `${rounds.join(", ")} bytes a run`);
    },
  });
}

Deno.test("run() that waits for the host leaves no listener of signals or events, and no timer", async () => {
  const target = new EventTarget();
  let listeners = 0;
  const { addEventListener, removeEventListener } = target;
  target.addEventListener = (...args) => {
    listeners++;
    addEventListener.apply(target, args);
  };
  target.removeEventListener = (...args) => {
    listeners--;
    removeEventListener.apply(target, args);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  const counts = () => signals.map((signal) => process.listenerCount(signal));
  const before = counts();
  // The sanitizers of the test see a timer that is left.
  for (let i = 0; i < 200; i++) {
    await run(async () => {
      using _ = on(target, "item");
      onClosing("service", () => {});
      const signal = closing();
      await sleep(0.0001);
      signal.cancel();
    }, { signals, grace: 60 });
  }
  assertEquals(listeners, 0);
  assertEquals(counts(), before);
});
