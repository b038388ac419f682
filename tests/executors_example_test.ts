/** The example of executors, in threads and in processes. */
import { assertEquals } from "@std/assert";
import { BLIND } from "./_modules.ts";

for (const kind of ["thread", "process"]) {
  Deno.test({
    name: `primes counts, cancels and streams by a ${kind}`,
    ignore: BLIND,
    async fn() {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", "-A", "examples/executors/primes.ts", kind],
        cwd: new URL("..", import.meta.url),
        stderr: "inherit",
      }).output();
      // A thread's own lines may come late.
      const lines = new TextDecoder().decode(stdout).split("\n").filter((
        line,
      ) => line !== "" && !line.startsWith("connection"));
      assertEquals([lines, code], [[
        "primes: 1229 9592",
        "cancelled: true",
        "found: 2 3 5 7 11",
      ], 0]);
    },
  });
}
