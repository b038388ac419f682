/**
 * Async functions on a host without async storage, as browsers are: the tasks are told by
 * who resumes them. What can't work there says so at once; nothing hangs.
 */
import { assertEquals } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

test(
  "async functions on a host without async storage know their task, or say so",
  "tests/_no_storage_program.ts",
);

test(
  "a first wait that has nothing to wait for leaves the next one to its own task and scope, main too, without async storage",
  "tests/_no_storage_ready_program.ts",
);

test(
  "what the host calls while a loop is idle, or after a run, belongs to no task, without async storage",
  "tests/_no_storage_idle_program.ts",
);

/** Registers a test of a program that prints what has gone wrong. */
function test(name: string, program: string): void {
  Deno.test({
    name,
    ignore: BLIND,
    async fn() {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-check", "-A", program],
        cwd: ROOT,
      }).output();
      const text = new TextDecoder();
      assertEquals(text.decode(stderr), "");
      assertEquals(text.decode(stdout), "end\n");
    },
  });
}
