import { assertEquals, assertThrows } from "@std/assert";
import {
  createTask,
  EventLoop,
  run,
  sleep,
  startServer,
  startUnixServer,
} from "../mod.ts";
import { hostTest, runOn } from "./_hosts.ts";
import { NO_NETWORK } from "./_permissions.ts";
import { noWarnings, runCheck } from "./_stream_checks.ts";
import { checks } from "./_streams_program.ts";

const PROGRAM = new URL("./_streams_program.ts", import.meta.url);

for (const [name, check] of Object.entries(checks)) {
  Deno.test({ name, ignore: NO_NETWORK, fn: () => runCheck(check) });
}

hostTest("connections and servers do the same on every host", async (host) => {
  const { code, lines, errors } = await runOn(host, PROGRAM);
  assertEquals({ code, lines, errors: noWarnings(errors) }, {
    code: 0,
    lines: ["done"],
    errors: "",
  });
});

Deno.test({
  name: "Server takes nobody while the tasks of an ended run clean up",
  ignore: NO_NETWORK,
  async fn() {
    const log: string[] = [];
    const loop = new EventLoop();
    loop.setExceptionHandler((_, { message }) => void log.push(message));
    await run(async () => {
      const server = await startServer(async () => {
        log.push("handler");
        await sleep(0.01);
      }, "127.0.0.1");
      const { port } = server.sockets[0]!;
      createTask(async () => {
        try {
          await sleep(60);
        } finally {
          const client = await Deno.connect({ hostname: "127.0.0.1", port });
          // The server has closed it.
          const end = await client.read(new Uint8Array(1)).catch(() => null);
          log.push(`client ${end}`);
          client.close();
        }
      });
      await sleep(0);
    }, { loopFactory: () => loop });
    assertEquals(log, ["client null"]);
  },
});

Deno.test("startServer() refuses bad arguments at once", async () => {
  const handler = () => {};
  const tls = { cert: "", key: "" };
  const wrong: [() => unknown, new () => Error, string][] = [
    [() => startServer(1 as never), TypeError, "clientConnected"],
    [
      () => startServer(async function* () {} as never),
      TypeError,
      "async generator",
    ],
    [() => startServer(handler, ""), RangeError, "host"],
    [() => startServer(handler, "localhost", -1), RangeError, "port"],
    [() => startServer(handler, "localhost", 70_000), RangeError, "port"],
    [() => startServer(handler, "localhost", "1" as never), TypeError, "port"],
    [() => startServer(handler, "h", 0, { backlog: 0 }), RangeError, "backlog"],
    [() => startServer(handler, "h", 0, { limit: -1 }), RangeError, "limit"],
    [
      () => startServer(handler, "h", 0, { tls: {} }),
      RangeError,
      "cert and key",
    ],
    [
      () => startServer(handler, "h", 0, { tls: { ...tls, ca: "" } }),
      TypeError,
      "for clients",
    ],
    [() => startServer(handler, "h", 0, { grace: NaN }), RangeError, "grace"],
    [
      () => startServer(handler, "h", 0, { ssl: tls } as never),
      TypeError,
      'unknown option "ssl"',
    ],
    [() => startUnixServer(handler, ""), RangeError, "path"],
  ];
  await run(async () => {
    for (const [call, kind, text] of wrong) assertThrows(call, kind, text);
    await Promise.resolve();
  });
});
