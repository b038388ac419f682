/**
 * No request that reached a handler is left without an answer when SIGTERM comes under
 * load: the short form of `bench/shutdown.ts`.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { BLIND } from "./_modules.ts";

Deno.test({
  name: "run() with handleRequests() loses no request on SIGTERM",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const program = new URL("../bench/shutdown.ts", import.meta.url);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        fileURLToPath(program),
        "--requests",
        "2000",
        "--rounds",
        "2",
      ],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals(code, 0, decoder.decode(stderr));
    assertStringIncludes(decoder.decode(stdout), ", 0 of them got no answer");
  },
});
