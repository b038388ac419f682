/** The short form of bench/soak.ts. */
import { assertEquals } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

Deno.test({
  name: "no kind of work leaves anything on the heap, in either style",
  ignore: BLIND,
  async fn() {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "--no-check", "--v8-flags=--expose-gc"],
        ...["bench/soak.ts", "--short"],
      ],
      cwd: ROOT,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode(stderr), "");
    assertEquals(code, 0, decoder.decode(stdout));
  },
});
