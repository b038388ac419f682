/** Everything about processes, on Node and Bun as well. */
import { assert, assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("_processes_program.ts", import.meta.url);

hostTest("processes do the same on every host", async (host) => {
  // There the tests of their own do.
  if (host.name === "deno") return;
  const { code, lines, errors } = await runOn(host, PROGRAM);
  const failures = lines.filter((line) => !line.startsWith("ok "));
  assertEquals(failures.map((line) => line.replaceAll("\\n", "\n")), []);
  assertEquals(errors, "");
  assertEquals(code, 0);
  assert(lines.length > 150, `${lines.length} tests`);
});
