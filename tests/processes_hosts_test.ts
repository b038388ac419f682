/** Everything about processes, on Node and Bun as well. */
import { assert, assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";
import { ALONE } from "./_process_runs.ts";

const PROGRAM = new URL("_processes_program.ts", import.meta.url);

hostTest("processes do the same on every host", async (host) => {
  // There the others have tests of their own.
  const only = host.name === "deno" ? [ALONE] : [];
  const { code, lines, errors } = await runOn(host, PROGRAM, ...only);
  const failures = lines.filter((line) => !line.startsWith("ok "));
  assertEquals(failures.map((line) => line.replaceAll("\\n", "\n")), []);
  assertEquals(errors, "");
  assertEquals(code, 0);
  const least = only.length === 0 ? 150 : 1;
  assert(lines.length >= least, `${lines.length} tests`);
});
