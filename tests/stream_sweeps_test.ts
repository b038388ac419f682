/** Cancels at every moment of connections and servers, on every host. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";
import { NO_NETWORK } from "./_permissions.ts";
import { SWEEPS } from "./_stream_sweeps_program.ts";

const PROGRAM = new URL("./_stream_sweeps_program.ts", import.meta.url);

for (const [name, sweep] of Object.entries(SWEEPS)) {
  Deno.test(name, { ignore: NO_NETWORK }, sweep);
}

hostTest("cancels leave nothing open on any host", async (host) => {
  // There the tests of their own do.
  if (host.name === "deno") return;
  const { code, lines, errors } = await runOn(host, PROGRAM);
  assertEquals({ code, lines }, { code: 0, lines: ["done"] }, errors);
});
