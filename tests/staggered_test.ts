import { assertEquals } from "@std/assert";
import { getRunningLoop, sleep, staggeredRace } from "../mod.ts";
import { inBoth, type Program, wait } from "./cpython/_program.ts";

inBoth(
  "staggeredRace() gives the first to succeed, though a loser resists and gives a result",
  function* (style) {
    const log: string[] = [];
    const resists = style.fn(function* (): Program<string> {
      try {
        yield* wait(sleep(3600));
      } catch {
        yield* wait(sleep(1));
      }
      return "late";
    });
    const cleansUp = style.fn(function* (): Program<string> {
      try {
        yield* wait(sleep(3600));
      } finally {
        yield* wait(sleep(2));
        log.push("cleaned up");
      }
      return "never";
    });
    const wins = style.fn(function* (): Program<string> {
      yield* wait(sleep(1));
      return "first";
    });
    const [result, index] = yield* wait(
      staggeredRace([resists, cleansUp, wins], 1),
    );
    assertEquals([result, index], ["first", 2]);
    // The one that resists does not cancel the others' clean-ups.
    assertEquals(log, ["cleaned up"]);
    assertEquals(getRunningLoop().time(), 5);
  },
);
