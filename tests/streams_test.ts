import { assertEquals, assertThrows } from "@std/assert";
import { run, startServer, startUnixServer } from "../mod.ts";
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
