/** What streams and processes do in Deno without permissions: they refuse, and no more. */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { BLIND } from "./_modules.ts";

Deno.test({
  name:
    "connections, servers and processes without permissions are the host's NotCapable, at the call and never later",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const program = fileURLToPath(
      new URL("./_no_permissions_program.ts", import.meta.url),
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--quiet", program],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals(
      decoder.decode(stdout).trimEnd().split("\n"),
      [
        "openConnection: NotCapable: Cannot connect to 127.0.0.1:9",
        "openConnection by TLS: NotCapable: Cannot connect to 127.0.0.1:9",
        "openUnixConnection: NotCapable: Cannot connect to /tmp/none.sock",
        "openConnection from an address: NotCapable: Cannot connect to 127.0.0.1:9",
        "startServer: NotCapable: Cannot listen at 127.0.0.1:0",
        "startServer with reusePort: NotCapable: Cannot listen at 127.0.0.1:0",
        "startUnixServer: NotCapable: Cannot listen at /tmp/none.sock",
        "createSubprocessExec: NotCapable: Cannot start true",
        "goes on",
      ],
      decoder.decode(stderr),
    );
    assertEquals([code, decoder.decode(stderr)], [0, ""]);
  },
});
