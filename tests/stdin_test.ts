import { assertEquals } from "@std/assert";
import { hostTest } from "./_hosts.ts";

const PROGRAM = new URL("./_stdin_program.ts", import.meta.url);

hostTest(
  "a loop over standard input can be left while nothing comes, on every host",
  async (host) => {
    for (const loop of ["iterate", "lines"]) {
      const [command, ...flags] = host.command;
      await using child = new Deno.Command(command!, {
        args: [...flags, PROGRAM.pathname, loop],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      // Its input stays open until then.
      const lines = await new Response(child.stdout).text();
      await child.stdin.close().catch(() => {});
      assertEquals(
        lines.trimEnd().split("\n"),
        ["TimeoutError", "ended"],
        loop,
      );
    }
  },
);
