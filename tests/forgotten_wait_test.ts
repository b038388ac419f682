/**
 * Waits that an async function still has, or is about to begin, when main has ended: the
 * function gets a cancel, and run() ends when its clean-up has ended.
 */
import { assertEquals } from "@std/assert";
import { FORGOTTEN } from "./_forgotten_cases.ts";

for (const { name, check } of FORGOTTEN) {
  Deno.test(`run() ends what nobody awaits when ${name}`, async () => {
    assertEquals(await check(), "");
  });
}
