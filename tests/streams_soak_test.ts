/** The short forms of the programs in bench/ that measure and soak the streams. */
import { assertEquals } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

for (
  const [name, args] of [
    ["500 connections, some of TLS, that end in every way leave nothing", [
      "--v8-flags=--expose-gc",
      "bench/soak_connections.ts",
      "--connections=500",
    ]],
    ["every contestant of bench/streams.ts gives the right answers", [
      "bench/streams.ts",
      "--smoke",
    ]],
  ] as const
) {
  Deno.test({
    name,
    ignore: BLIND || Deno.build.os !== "linux",
    async fn() {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", ...args],
        cwd: ROOT,
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      assertEquals(code, 0);
    },
  });
}
