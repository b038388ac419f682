/**
 * The library needs no permission: not one, and asks for none.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const CANNOT_RUN =
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

const DENIED = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

for (
  const [how, { flags, debug }] of Object.entries({
    "without any --allow flag": { flags: [], debug: false },
    // Asking for one would be an error even where the user says yes.
    "with everything denied": {
      flags: DENIED.map((name) => `--deny-${name}`),
      debug: false,
    },
    "in debug mode by ASYNCIO_DEBUG, where that may be read": {
      flags: ["--allow-env"],
      debug: true,
    },
  })
) {
  Deno.test({
    name: `run() works ${how}`,
    ignore: CANNOT_RUN,
    async fn() {
      const program = new URL("./_permissions_program.ts", import.meta.url);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-check",
          "--quiet",
          "--no-prompt",
          ...flags,
          fileURLToPath(program),
        ],
        env: { ASYNCIO_DEBUG: "1" },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      // A machine may be so slow that debug mode says so.
      const reports = decoder.decode(stderr).split("\n")
        .filter((line) => !line.startsWith("asyncio: Slow:"));
      assertEquals(reports.join("\n"), "");
      assertEquals(
        decoder.decode(stdout),
        `worker, slept, debug ${debug}, in no time\n`,
      );
      assertEquals(code, 0);
    },
  });
}
