/**
 * Debug mode on every host: the frames of the library, of which each host writes the places
 * in its own way, are told apart from the user's.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const OURS = "a frame of the program";

hostTest("debug mode shows the user's frames alone", async (host) => {
  const program = new URL("_debug_places_program.ts", import.meta.url);
  const { lines, errors } = await runOn(host, program);
  assertEquals(errors, "");
  const heads = lines.filter((line) => line !== OURS);
  assertEquals(heads, [
    "a task",
    "a future",
    "a timer",
    "Exception in callback fail",
    "a timeout",
  ]);
  for (const head of heads) {
    assert(lines[lines.indexOf(head) + 1] === OURS, `${head} has no place`);
  }
});
