/** The loop gives its host a turn where that has no `setImmediate` and no channels. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

hostTest(
  "run() runs where neither setImmediate nor MessageChannel is",
  async (host) => {
    const { code, lines, errors } = await runOn(
      host,
      new URL("_no_channels_program.ts", import.meta.url),
    );
    const turn = ["the host had its turn", "true"];
    assertEquals(lines, [...turn, ...turn, "end"], errors);
    assertEquals(code, 0);
  },
);
