/** How long a connection waits for one of several addresses. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const SILENT = "127.0.0.2";
const ALIVE = "127.0.0.1";

hostTest(
  "openConnection() tells why each address has refused, and waits as long as its happyEyeballsDelay before it tries the next one",
  async (host) => {
    // Deno asks nobody who could be replaced here for the addresses; of the others' loopbacks
    // only Linux has more than one.
    if (host.name === "deno" || Deno.build.os !== "linux") return;
    using listener = Deno.listen({ hostname: SILENT, port: 0, tcpBacklog: 1 });
    // It accepts nobody: who comes when its queue is full gets no answer.
    const { port } = listener.addr;
    const giveUp = new AbortController();
    const queue = Array.from(
      { length: 8 },
      () =>
        Deno.connect({ hostname: SILENT, port, signal: giveUp.signal }).then(
          (conn) => conn.close(),
          () => {},
        ),
    );
    const { code, lines, errors } = await runOn(
      host,
      new URL("_two_addresses_program.ts", import.meta.url),
      SILENT,
      ALIVE,
      String(port),
    );
    giveUp.abort();
    await Promise.all(queue);
    const reasons = [SILENT, ALIVE].map((address) =>
      `connect ECONNREFUSED ${address}:1`
    );
    assertEquals(lines, [
      `AggregateError: Cannot connect to two.test:1: ${reasons.join(", ")}`,
      ALIVE,
      "false",
      "false",
    ], errors);
    assertEquals(code, 0);
  },
);
