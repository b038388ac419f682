/**
 * A host with nothing but what browsers have too: the rest is taken away before the library
 * is loaded.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
const NAMES = ["Deno", "Bun", "process", "Buffer", "setImmediate", "Worker"];
for (const name of NAMES) {
  if (!Reflect.deleteProperty(globalThis, name)) {
    throw new Error(`Cannot take ${name} away`);
  }
}
const asyncio = await import("../mod.ts");
const { InlineExecutor } = await import("../inline_executor.ts");
const { ProcessExecutor } = await import("../process_executor.ts");
const { WorkerExecutor } = await import("../worker_executor.ts");
const { connectionPair, runTest } = await import("../testing.ts");

const REFUSED: Readonly<Record<string, () => unknown>> = {
  openConnection: () => asyncio.openConnection("127.0.0.1", 1),
  "openConnection, of TLS": () =>
    asyncio.openConnection("127.0.0.1", 1, { tls: true }),
  openUnixConnection: () => asyncio.openUnixConnection("/nowhere"),
  startServer: () => asyncio.startServer(() => {}, "127.0.0.1", 0),
  startUnixServer: () => asyncio.startUnixServer(() => {}, "/nowhere"),
  createSubprocessExec: () => asyncio.createSubprocessExec("true"),
  createSubprocessShell: () => asyncio.createSubprocessShell("true"),
  runProcess: () => asyncio.runProcess("true"),
  "new ProcessExecutor": () => new ProcessExecutor("data:text/javascript,"),
  "new WorkerExecutor": () => new WorkerExecutor("data:text/javascript,"),
  addSignalHandler: () =>
    asyncio.getRunningLoop().addSignalHandler("SIGINT", () => {}),
};

async function main(): Promise<void> {
  for (const [name, call] of Object.entries(REFUSED)) {
    try {
      await call();
      console.log(`${name} is not refused`);
    } catch (error) {
      console.log(`${name}: ${error}`);
    }
  }
  await using executor = new InlineExecutor({ double: (x: number) => 2 * x });
  console.log(await executor.submit("double", [21]));
  const [[, writer], [reader, other]] = connectionPair();
  await writer.write(new TextEncoder().encode("a line\n"));
  console.log(new TextDecoder().decode(await reader.readline()).trim());
  writer.close();
  other.close();
  const handler = asyncio.handleRequests(async () => {
    await asyncio.sleep(0.001);
    return new Response("a response");
  });
  console.log(await (await handler(new Request("http://localhost"))).text());
}

await asyncio.run(main, { grace: 1 });
console.log(
  await runTest(async (loop) => {
    await asyncio.sleep(3600);
    return loop.time();
  }),
);
