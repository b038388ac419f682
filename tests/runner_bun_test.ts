/**
 * bun:test waits for promises within calls, on whatever stack they stand.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { pathOf } from "./_hosts.ts";
import { BLIND } from "./_modules.ts";

const PROGRAM = fileURLToPath(
  new URL("_bun_expect_program.ts", import.meta.url),
);

Deno.test({
  name:
    "run() and runTest() on Bun go on while the start of main is within expect().rejects of bun:test",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const bun = await pathOf("bun@1.4.5", "bun");
    // npm is out of reach.
    if (bun === undefined) return;
    // What hangs within a call is ended by no time limit of a test.
    const { code, stderr } = await new Deno.Command(bun, {
      args: ["test", PROGRAM],
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertMatch(text, /2 pass/);
    assertEquals(code, 0, text);
  },
});
