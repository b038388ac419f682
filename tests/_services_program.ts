/**
 * The programs of `runner_services_test.ts`, each in a process of its own, on every host:
 * what a shutdown does to servers, connections and processes.
 *
 * A line `kill SIGTERM` asks the test for that signal.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";
import {
  closing,
  createSubprocessExec,
  createTask,
  openConnection,
  PIPE,
  run,
  type RunOptions,
  type Server,
  type ShutdownReport,
  sleep,
  startServer,
  type StreamReader,
  type StreamWriter,
} from "../mod.ts";
import { ask, tell } from "./_asked_signals.ts";
import { uniqueMark } from "../bench/process_trees.ts";

const HOST = "127.0.0.1";
const LINE = new TextEncoder().encode("hello\n");

const IN_TWO_PHASES: RunOptions = {
  signals: ["SIGTERM"],
  grace: 60,
  cleanup: 60,
  onShutdown: (report: ShutdownReport) => console.log(textOf(report)),
};

/**
 * The report, sorted, without what differs from run to run. Nor with the client's end: the
 * server may hear first that it has left, and the run ends with the server.
 */
function textOf(report: ShutdownReport): string {
  const text = String(report).replace(/\d+\.\d\d s/g, "N s")
    .replace(/process \d+/g, "process N").replace(/:\d{4,5}/g, ":PORT");
  const [head, ...lines] = text.split("\n");
  const others = lines.filter((line) => !line.includes("task client:"));
  return [head, ...others.sort()].join("\n");
}

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for await (const line of reader) await writer.write(line);
}

async function client(
  server: Server,
): Promise<[StreamReader, StreamWriter]> {
  const streams = await openConnection(HOST, server.sockets[0]!.port!);
  const [reader, writer] = streams;
  await writer.write(LINE);
  await reader.readline();
  return streams;
}

/** A process that ignores SIGTERM, with a child that does. */
async function stubborn(mark: string, grace: number): Promise<void> {
  const { stdout } = await createSubprocessExec("sh", [
    "-c",
    `trap '' TERM; sleep ${mark} & echo; sleep ${mark}; sleep ${mark}`,
  ], { stdout: PIPE, grace });
  await stdout!.readline();
}

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  "its server takes nobody more": () =>
    tell(run(async () => {
      const server = await startServer(echo, HOST);
      const { port } = server.sockets[0]!;
      const [reader, writer] = await client(server);
      ask("SIGTERM");
      await closing();
      while (server.isServing()) await sleep(0);
      const refused = openConnection(HOST, port);
      console.log(await refused.then(() => "taken", () => "refused"));
      // Who is there is still served, and the run waits until the end of that.
      await writer.write(LINE);
      console.log(`answered ${(await reader.readline()).length}`);
      createTask(async () => {
        await sleep(0.02);
        console.log("leaves");
        await writer.close();
      }, { name: "client" });
      return "its result";
    }, IN_TWO_PHASES)),
  "serveForever() ends": () =>
    tell(run(async () => {
      const server = await startServer(echo, HOST);
      const [, writer] = await client(server);
      createTask(async () => {
        await closing();
        await writer.close();
      }, { name: "client" });
      ask("SIGTERM");
      await server.serveForever();
    }, IN_TWO_PHASES)),
  "serveForever() is cancelled": () =>
    tell(run(async () => {
      const server = await startServer(echo, HOST);
      await client(server);
      ask("SIGINT");
      // The client stays, and so would its handler.
      await server.serveForever();
    })),
  "its clients stay": () =>
    tell(run(async () => {
      const server = await startServer(echo, HOST);
      await client(server);
      ask("SIGTERM");
      await closing();
      return "its result";
    }, { ...IN_TWO_PHASES, grace: 0.05 })),
  "its processes end": () =>
    tell(run(async () => {
      await stubborn(uniqueMark(), 0.05);
      await createSubprocessExec("sleep", ["3600"]);
      const child = await createSubprocessExec("cat", [], { stdin: PIPE });
      ask("SIGTERM");
      await closing();
      child.stdin!.close();
      await child.wait();
    }, IN_TWO_PHASES)),
  "its processes hang": () =>
    tell(run(async () => {
      const mark = uniqueMark();
      await stubborn(mark, 3600);
      console.log(`mark ${mark}`);
      ask("SIGTERM");
      await closing();
      return "its result";
    }, { ...IN_TWO_PHASES, cleanup: 0.05 })),
  "it is interrupted twice": () =>
    run(async () => {
      const mark = uniqueMark();
      await stubborn(mark, 3600);
      console.log(`mark ${mark}`);
      try {
        ask("SIGINT");
        await sleep(3600);
      } finally {
        ask("SIGINT");
        await sleep(3600);
      }
    }),
};

const name = process.argv.slice(2).join(" ");
await programs[name]!();
