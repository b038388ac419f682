/**
 * Measures what the streams cost: echo servers over TCP, and the lines of a file, beside
 * what the host has, by CPU time, as ratios in the same run.
 *
 * ```sh
 * deno run -A bench/streams.ts
 * ```
 *
 * - `--smoke`: every contestant does a little, and its answers are checked, not its time;
 * - `--only generatorRead,lines`: these contestants;
 * - `--rounds 30`: so many rounds, of which the best counts;
 * - `--messages 4000`: so many messages a round;
 * - `--node path`: the Node to use; without, `npx` is asked for Node 24.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import process from "node:process";
import { run, StreamReader } from "../mod.ts";
import { Clients, type Load } from "./_echo_client.ts";
import { lineStream } from "./_echo_servers.ts";

const PROGRAM = fileURLToPath(import.meta.resolve("./_echo_servers.ts"));

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "30" },
    messages: { type: "string", default: "4000" },
    node: { type: "string" },
  },
});

const ONE: Load = { connections: 50, size: 1024, inFlight: 1 };
const MANY: Load = { connections: 50, size: 64, inFlight: 32 };

/** A server of ours beside one of the host. */
interface Contest {
  readonly what: string;
  readonly own: string;
  readonly beside: string;
  readonly load: Load;
  /** The ratio of their CPU time to ours that it must reach. */
  readonly must: number;
  readonly host: "deno" | "node";
}

function contest(
  what: string,
  [own, beside]: readonly [own: string, beside: string],
  must: number,
  load: Load = ONE,
  host: "deno" | "node" = "deno",
): Contest {
  return { what, own, beside, load, must, host };
}

const contests: Readonly<Record<string, Contest>> = {
  generatorRead: contest(
    "read(), generator, to Deno.listen",
    ["generatorRead", "denoLoop"],
    0.8,
  ),
  asyncRead: contest(
    "read(), async, to Deno.listen",
    ["asyncRead", "denoLoop"],
    0.75,
  ),
  generatorReadline: contest(
    "readline(), generator, to lines by hand",
    ["generatorReadline", "denoLineLoop"],
    0.85,
  ),
  asyncReadline: contest(
    "readline(), async, to lines by hand",
    ["asyncReadline", "denoLineLoop"],
    0.85,
  ),
  web: contest(
    "readline(), async, to Web streams",
    ["asyncReadline", "webLines"],
    2.5,
  ),
  generatorMany: contest(
    "32 lines in flight, generator, to lines by hand",
    ["generatorReadline", "denoLineLoop"],
    4,
    MANY,
  ),
  asyncMany: contest(
    "32 lines in flight, async, to lines by hand",
    ["asyncReadline", "denoLineLoop"],
    2,
    MANY,
  ),
  generatorNode: contest(
    "Node: read(), generator, to for await (socket)",
    ["generatorRead", "nodeForAwait"],
    0.95,
    ONE,
    "node",
  ),
  asyncNode: contest(
    "Node: read(), async, to for await (socket)",
    ["asyncRead", "nodeForAwait"],
    0.95,
    ONE,
    "node",
  ),
};

const LINES = "lines";
const chosen = options.only?.split(",") ?? [...Object.keys(contests), LINES];
const messages = options.smoke ? 640 : Number(options.messages);
const rounds = options.smoke ? 1 : Number(options.rounds);
// Of a file there is more in a round.
const fileRounds = Math.ceil(rounds / 4);

/** Where Node 24 is, if it can be had. */
async function findNode(): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["--yes", "-p", "node@24.21.0", "node", "-p", "process.execPath"],
    stdin: "null",
    stderr: "null",
  }).output().catch(() => ({ success: false, stdout: new Uint8Array() }));
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

/** An echo server in a process of its own, and its clients. */
class Server {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ask: WritableStreamDefaultWriter<Uint8Array>;
  #clients: Clients | undefined;

  private constructor(child: Deno.ChildProcess) {
    this.#process = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(lineStream())[Symbol.asyncIterator]();
    this.#ask = child.stdin.getWriter();
  }

  static async start(
    name: string,
    host: "deno" | "node",
    load: Load,
  ): Promise<Server> {
    const args = host === "deno"
      ? ["run", "-A", "--no-check", PROGRAM, name]
      : ["--experimental-strip-types", "--no-warnings", PROGRAM, name];
    const server = new Server(
      new Deno.Command(host === "deno" ? Deno.execPath() : node!, {
        args,
        stdin: "piped",
        stdout: "piped",
      }).spawn(),
    );
    const port = Number((await server.#lines.next()).value);
    server.#clients = await Clients.connect(port, load);
    return server;
  }

  /** Microseconds of CPU time a message, of all threads of the server. */
  async measure(): Promise<number> {
    const before = await this.#cpuTime();
    const answered = await this.#clients!.send(messages);
    if (answered !== messages) throw new Error(`Only ${answered} answers`);
    return (await this.#cpuTime() - before) / answered;
  }

  async stop(): Promise<void> {
    this.#clients?.close();
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async #cpuTime(): Promise<number> {
    await this.#ask.write(new Uint8Array([10]));
    return Number((await this.#lines.next()).value);
  }
}

async function compare(contest: Contest): Promise<readonly [number, number][]> {
  const { own, beside, host, load } = contest;
  const servers: Server[] = [];
  try {
    for (const name of [own, beside]) {
      servers.push(await Server.start(name, host, load));
    }
    const pairs: [number, number][] = [];
    // The first warms up, and is not counted.
    for (let round = options.smoke ? 1 : 0; round <= rounds; round++) {
      const ours = await servers[0]!.measure();
      const theirs = await servers[1]!.measure();
      if (round > 0) pairs.push([ours, theirs]);
    }
    return pairs;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** The lines of a file, by us and by the streams of the Web; nanoseconds a line. */
async function compareLines(): Promise<readonly [number, number][]> {
  const count = options.smoke ? 2_000 : 400_000;
  const path = await Deno.makeTempFile();
  let text = "";
  for (let i = 0; i < count / 10; i++) {
    text += `${"x".repeat(20 + (i * 7919) % 120)}\n`;
  }
  await Deno.writeTextFile(path, text.repeat(10));
  const length = 10 * (text.length - count / 10);
  async function ours(): Promise<number> {
    return await run(async () => {
      const file = await Deno.open(path);
      let sum = 0;
      for await (const line of StreamReader.from(file.readable).lines()) {
        sum += line.length;
      }
      return sum;
    });
  }
  async function theirs(): Promise<number> {
    const file = await Deno.open(path);
    const lines = file.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(lineStream());
    let sum = 0;
    for await (const line of lines) sum += line.length;
    return sum;
  }
  async function measure(way: () => Promise<number>): Promise<number> {
    const before = process.cpuUsage();
    if (await way() !== length) throw new Error("Some lines are lost");
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1000 / count;
  }
  try {
    const pairs: [number, number][] = [];
    for (let round = options.smoke ? 1 : 0; round <= fileRounds; round++) {
      const own = await measure(ours);
      const other = await measure(theirs);
      if (round > 0) pairs.push([own, other]);
    }
    return pairs;
  } finally {
    await Deno.remove(path);
  }
}

function print(
  what: string,
  pairs: readonly [number, number][],
  must: number,
): void {
  if (options.smoke) return console.log(`${what}: all answers are right`);
  const ratio = median(pairs.map(([own, other]) => other / own));
  const own = Math.min(...pairs.map(([own]) => own)).toFixed(1);
  const other = Math.min(...pairs.map(([, other]) => other)).toFixed(1);
  console.log(
    `| ${what} | ${ratio.toFixed(2)} | ${
      must.toFixed(2)
    } | ${own} | ${other} |`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

if (!options.smoke) {
  console.log(
    "| what | ratio | must | ours, µs | theirs, µs |\n| --- | ---: | ---: | ---: | ---: |",
  );
}
const node = options.node ?? await findNode();
for (const name of chosen) {
  const contest = contests[name];
  if (contest?.host === "node" && node === undefined) {
    console.log(`${contest.what}: left out, there is no Node`);
  } else if (contest !== undefined) {
    print(contest.what, await compare(contest), contest.must);
  } else {
    print(
      "lines() of a file to Web streams, ns a line",
      await compareLines(),
      1,
    );
  }
}
