/**
 * Asks for connections, servers and processes without any permission, and goes on.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import {
  createSubprocessExec,
  openConnection,
  openUnixConnection,
  run,
  sleep,
  startServer,
  startUnixServer,
} from "../mod.ts";

const attempts: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  openConnection: () => openConnection("127.0.0.1", 9),
  "openConnection by TLS": () => openConnection("127.0.0.1", 9, { tls: true }),
  openUnixConnection: () => openUnixConnection("/tmp/none.sock"),
  "openConnection from an address": () =>
    openConnection("127.0.0.1", 9, { localAddress: "127.0.0.1" }),
  startServer: () => startServer(() => {}, "127.0.0.1", 0),
  "startServer with reusePort": () =>
    startServer(() => {}, "127.0.0.1", 0, { reusePort: true }),
  startUnixServer: () => startUnixServer(() => {}, "/tmp/none.sock"),
  createSubprocessExec: () => createSubprocessExec("true"),
};

await run(async () => {
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt();
      console.log(`${name}: allowed`);
    } catch (error) {
      const { name: kind, message } = error as Error;
      console.log(`${name}: ${kind}: ${message.split(": ")[0]}`);
    }
  }
  // Nothing comes in a later turn.
  await sleep(0.02);
  console.log("goes on");
});
