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
  const [how, flags] of Object.entries({
    "without any --allow flag": [],
    // Asking for one would be an error even where the user says yes.
    "with everything denied": DENIED.map((name) => `--deny-${name}`),
    "in debug mode by ASYNCIO_DEBUG, where that may be read": ["--allow-env"],
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
      assertEquals(decoder.decode(stderr), "");
      assertEquals(decoder.decode(stdout), "worker, slept, in no time\n");
      assertEquals(code, 0);
    },
  });
}
