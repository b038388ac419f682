/** TLS at both sides, on every host. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";
import { NO_NETWORK } from "./_permissions.ts";
import { noWarnings, runCheck } from "./_stream_checks.ts";
import { checks } from "./_tls_program.ts";

const PROGRAM = new URL("./_tls_program.ts", import.meta.url);

for (const [name, check] of Object.entries(checks)) {
  Deno.test({ name, ignore: NO_NETWORK, fn: () => runCheck(check) });
}

hostTest("TLS does the same on every host", async (host) => {
  // There the tests above do.
  if (host.name === "deno") return;
  const { code, lines, errors } = await runOn(host, PROGRAM);
  assertEquals({ code, lines, errors: noWarnings(errors) }, {
    code: 0,
    lines: ["done"],
    errors: "",
  });
});
