/** Random programs over connections, on any host. */
import { assertEquals } from "@std/assert";
import { connectionChaos } from "./_connection_chaos.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { NO_NETWORK } from "./_permissions.ts";

const PROGRAM = new URL("./_connection_chaos.ts", import.meta.url);
const SEEDS = { memory: 40, TCP: 40, unix: 20, TLS: 20 };

for (const [wire, seeds] of Object.entries(SEEDS)) {
  Deno.test({
    name: `random programs at both ends of ${wire} lose nothing, and end`,
    ignore: NO_NETWORK || wire === "unix" && Deno.build.os === "windows",
    async fn() {
      for (let seed = 0; seed < seeds; seed++) {
        await connectionChaos(wire, seed);
      }
    },
  });
}

hostTest("random programs over connections end on any host", async (host) => {
  // There the tests above do.
  if (host.name === "deno") return;
  const { code, lines, errors } = await runOn(host, PROGRAM, "0", "10");
  assertEquals({ code, lines }, { code: 0, lines: ["done"] }, errors);
});
