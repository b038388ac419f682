/** A virtual clock that a test moves itself. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  EventLoop,
  Future,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  VirtualClock,
} from "@asyncio/asyncio";

/** A turn of the host, in which all comes to its next wait. */
function hostTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs under a clock that nobody else moves. */
function runBy<T>(clock: VirtualClock, main: () => Promise<T>): Promise<T> {
  return run(main, { loopFactory: () => new EventLoop({ clock }) });
}

Deno.test("VirtualClock without autoJump moves by advance() alone, and wakes what is due", async () => {
  const clock = new VirtualClock({ start: 10, autoJump: false });
  const log: string[] = [];
  const ended = runBy(clock, () =>
    taskGroup((group) => {
      for (const delay of [1, 2, 5]) {
        group.createTask(async () => {
          await sleep(delay);
          log.push(`${delay} at ${clock.time()}`);
        });
      }
      return sleep(0);
    }));
  await hostTurn();
  assertEquals([clock.time(), log], [10, []]);
  clock.advance(0.5);
  await hostTurn();
  assertEquals(log, []);
  clock.advance({ milliseconds: 500 });
  await hostTurn();
  assertEquals(log, ["1 at 11"]);
  // What was due at different times wakes in that order.
  clock.advance(100);
  await ended;
  assertEquals(log, ["1 at 11", "2 at 111", "5 at 111"]);
  assertThrows(() => clock.advance(-1), RangeError);
  assertEquals(clock.time(), 111);
});

Deno.test("VirtualClock without autoJump ends a timeout by advance(), and gives up no loop that waits", async () => {
  const clock = new VirtualClock({ autoJump: false });
  let settle: (() => void) | undefined;
  const ended = runBy(clock, async () => {
    try {
      await timeout(60, () => sleep(3600));
    } catch (error) {
      assert(error instanceof TimeoutError);
    }
    const future = new Future<string>();
    settle = () => future.setResult("settled by the host");
    return await future;
  });
  await hostTurn();
  clock.advance({ minutes: 1 });
  // Longer than a clock that jumps waits for the host before it finds a deadlock.
  await new Promise((resolve) => setTimeout(resolve, 300));
  settle!();
  assertEquals(await ended, "settled by the host");
});
