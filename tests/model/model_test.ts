/**
 * Random programs of every primitive against small reference models, in both styles:
 * 10,000 programs each. More of them: `deno task model --seeds 0..1000000`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { check } from "./check.ts";
import { FAULTLESS, FAULTS } from "./faults.ts";
import { generate } from "./generate.ts";

const PROGRAMS = 10_000;
const PARTS = 5;
// In how many programs each fault is found, at the latest.
const ENOUGH = 1_000;

for (let part = 0; part < PARTS; part++) {
  const first = part * PROGRAMS / PARTS;
  const end = first + PROGRAMS / PARTS;
  Deno.test(`the primitives do what their models do: seeds ${first}..${end}`, async () => {
    assertEquals(await check(first, end), undefined);
  });
}

for (const [name, kit] of Object.entries(FAULTS)) {
  Deno.test(`the models find it when ${name}`, async () => {
    const failure = await check(0, ENOUGH, kit);
    assert(failure !== undefined);
    // With the program that shows it, so small that one can read it.
    assert(failure.includes("seed ") && failure.length < 600, failure);
  });
}

Deno.test("the models find nothing in the same lock without its faults", async () => {
  assertEquals(await check(0, 2 * ENOUGH, FAULTLESS), undefined);
});

Deno.test("programs for the models depend on their seeds alone", () => {
  assertEquals(generate(7), generate(7));
  const texts = Array.from(
    { length: 50 },
    (_, seed) => JSON.stringify(generate(seed).main),
  );
  assertEquals(new Set(texts).size, 50);
});
