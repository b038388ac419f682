/** No byte of a stream gets lost by a cancelled read, on any host. */
import { assertEquals } from "@std/assert";
import { byteChaos } from "./_byte_chaos.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { NO_NETWORK } from "./_permissions.ts";

const PROGRAM = new URL("./_byte_chaos.ts", import.meta.url);
const SEEDS = { memory: 40, TCP: 10, TLS: 6, "a pipe": 4 };

for (const [wire, seeds] of Object.entries(SEEDS)) {
  Deno.test({
    name: `reads that are cancelled at random moments lose no byte of ${wire}`,
    ignore: NO_NETWORK,
    async fn() {
      for (let seed = 0; seed < seeds; seed++) await byteChaos(wire, seed);
    },
  });
}

hostTest("cancelled reads lose no byte on any host", async (host) => {
  // There the tests above do.
  if (host.name === "deno") return;
  const { code, lines, errors } = await runOn(host, PROGRAM, "0", "3");
  assertEquals({ code, lines }, { code: 0, lines: ["done"] }, errors);
});
