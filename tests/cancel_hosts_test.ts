/** What cancels do to async functions is the same on all hosts. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

hostTest(
  "a cancel reaches random async functions, and those that main leaves behind",
  async (host) => {
    // The programs have `using` declarations, which Node knows from 24 on.
    if (host.name.startsWith("node@22")) return;
    const { lines, errors } = await runOn(
      host,
      new URL("_cancels_program.ts", import.meta.url),
    );
    assertEquals(lines, ["end"], errors);
  },
);

hostTest(
  "a clean-up is cancelled once where something else stands in the place of Promise",
  async (host) => {
    const { lines, errors } = await runOn(
      host,
      new URL("_replaced_promise_program.ts", import.meta.url),
    );
    assertEquals(lines, ["end"], errors);
  },
);
