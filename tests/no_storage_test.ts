/**
 * Async functions on a host without async storage, as browsers are: the tasks are told by
 * who resumes them. What can't work there says so at once; nothing hangs.
 */
import { assertEquals } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

Deno.test({
  name:
    "async functions on a host without async storage know their task, or say so",
  ignore: BLIND,
  async fn() {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "-A",
        "tests/_no_storage_program.ts",
      ],
      cwd: ROOT,
    }).output();
    const text = new TextDecoder();
    assertEquals(text.decode(stderr), "");
    assertEquals(text.decode(stdout), "end\n");
  },
});
