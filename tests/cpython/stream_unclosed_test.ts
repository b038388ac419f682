import { assertEquals, assertMatch } from "@std/assert";
import { openConnection, run, startServer } from "../../mod.ts";
import { lacks } from "../_permissions.ts";
import { captureErrors, caseTest } from "./_both.ts";

// Nobody is told when something is collected: the loop holds what is open, and names it
// at the end of the run.

caseTest("streams.StreamTests.unclosed_resource_warnings", async () => {
  const lines = await captureErrors(async () => {
    await run(async () => {
      await using server = await startServer(async (reader) => {
        await reader.read();
      }, "127.0.0.1");
      await openConnection("127.0.0.1", server.sockets[0]!.port);
      server.abortClients();
    }, { debug: true });
  });
  assertEquals(lines.length, 1);
  assertMatch(
    lines[0]!,
    /^asyncio: Unclosed <StreamWriter transport=connection to 127\.0\.0\.1:\d+>/,
  );
}, { ignore: lacks("net") });

caseTest("streams.StreamTests.unclosed_server_resource_warnings", async () => {
  const lines = await captureErrors(async () => {
    await run(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const server = await startServer(() => resolve(), "127.0.0.1");
      const [, writer] = await openConnection(
        "127.0.0.1",
        server.sockets[0]!.port,
      );
      await promise;
      await writer.close();
    }, { debug: true });
  });
  assertEquals(lines.length, 2);
  assertMatch(
    lines[0]!,
    /^asyncio: Unclosed <Server sockets=\[127\.0\.0\.1:\d+\]>/,
  );
  assertMatch(
    lines[1]!,
    /^asyncio: Unclosed <StreamWriter transport=connection to 127\.0\.0\.1:\d+>/,
  );
}, { ignore: lacks("net") });
