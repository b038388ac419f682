/**
 * Connects by a name of two addresses, of which the first does not answer.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import dns from "node:dns";
import process from "node:process";
import { createTask, openConnection, run, sleep, startServer } from "../mod.ts";

const [, , silent, alive, port] = process.argv;

/** The addresses of a name: what `net.connect()` asks for. */
function lookup(
  _name: string,
  _options: object,
  done: (error: null, found: object[]) => void,
): void {
  done(null, [silent, alive].map((address) => ({ address, family: 4 })));
}

/** Connects, after a wait of so many seconds for the first address. */
function connect(happyEyeballsDelay: number) {
  return openConnection("two.test", Number(port), { happyEyeballsDelay });
}

await run(async () => {
  const server = await startServer(
    (_reader, writer) => writer.close(),
    alive!,
    Number(port),
  );
  // By now: a server that listens asks for its address too.
  Object.assign(dns, { lookup });
  try {
    await openConnection("two.test", 1);
  } catch (error) {
    console.log(String(error));
  }
  const slow = [60, Infinity].map((delay) => createTask(() => connect(delay)));
  const [, writer] = await connect(0);
  console.log(writer.getExtraInfo("peername")?.hostname);
  await writer.close();
  // Longer than any host waits by itself.
  await sleep(1);
  for (const task of slow) {
    console.log(task.done());
    task.cancel();
  }
  server.close();
  await server.waitClosed();
});
process.exit();
