/**
 * Random async functions, cancelled at each moment. More of them:
 * `deno task cancels --seeds 0..100000`.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { sleep } from "@asyncio/asyncio";
import { describe, generate, KINDS, sweepSeeds } from "./_random_cancels.ts";

const PROGRAMS = 160;
// So many have all kinds.
const TEXTS = 1_000;
const PARTS = 4;

const ORDERS = { "virtual time": false, "the order of real time": true };

for (const [order, inRealOrder] of Object.entries(ORDERS)) {
  for (let part = 0; part < PARTS; part++) {
    const first = part * PROGRAMS / PARTS;
    const end = first + PROGRAMS / PARTS;
    Deno.test(`a cancel ends random async functions at each moment in ${order}: seeds ${first}..${end}`, async () => {
      assertEquals(await sweepSeeds(first, end, inRealOrder), undefined);
    });
  }

  Deno.test(`random async functions show it when a cancel is swallowed in ${order}`, async () => {
    const failure = await sweepSeeds(0, PROGRAMS, inRealOrder, {
      async sleep(_probe, _first, _second, seconds) {
        try {
          await sleep(seconds);
        } catch {
          // It goes on as if nobody had cancelled it.
        }
      },
    });
    assertMatch(failure!, /^Seed \d+.*It swallowed the cancel.*\n.*sleep/);
  });
}

Deno.test("random async functions depend on their seeds alone, and have all kinds", () => {
  assertEquals(generate(7), generate(7));
  const texts = Array.from(
    { length: TEXTS },
    (_, seed) => describe(generate(seed).work),
  );
  for (const kind of KINDS) {
    assert(texts.some((text) => text.includes(kind)), kind);
  }
});
