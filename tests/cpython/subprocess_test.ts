/** CPython's behaviours of subprocesses, with real ones. */
import { SUBPROCESS_CASES } from "../_subprocess_cases.ts";
import { runReal, STYLE_FUNCTIONS } from "../_real_cases.ts";

const CANNOT_RUN =
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.build.os === "windows";

for (const [id, program] of Object.entries(SUBPROCESS_CASES)) {
  for (const style of Object.keys(STYLE_FUNCTIONS)) {
    Deno.test({
      name: `${id} (${style})`,
      ignore: CANNOT_RUN,
      fn: () => runReal(program, style),
    });
  }
}
