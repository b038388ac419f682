/**
 * Measures what tasks cost a server: `Deno.serve` with handlers of this library beside
 * bare ones, by requests a second and by CPU time a request, as ratios in the same run.
 *
 * ```sh
 * deno run -A bench/server.ts
 * ```
 *
 * A whole run writes its table into `docs/performance.md`. Needs `wrk` (Debian: `apt-get install wrk`), but for `--smoke`.
 *
 * - `--smoke`: every handler answers some requests; checks answers, not times;
 * - `--only run,timeout`: these handlers, and those beside which they are put;
 * - `--rounds 7`: so many rounds;
 * - `--seconds 1`: how long each handler has in a round, after as long that is not counted:
 *   while it waits for its next round, V8 throws code and heap of an idle program away.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  DOCUMENT,
  median,
  provenance,
  ratio,
  table,
  write,
} from "./_report.ts";
import { ANSWER, contestants, makeHandler, yardsticks } from "./_server.ts";

const PROGRAM = fileURLToPath(import.meta.resolve("./_server.ts"));
const CONNECTIONS = 50;

const { values: options } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
  },
});

const chosen = options.only?.split(",") ?? Object.keys(contestants);
const names = [
  ...new Set(chosen.map((name) => contestants[name]!.beside)),
  ...chosen,
];

/** What one round of one handler gave. */
interface Round {
  readonly requestsPerSecond: number;
  /** Microseconds of CPU time, the server's, all its threads. */
  readonly cpuPerRequest: number;
}

async function smoke(): Promise<void> {
  for (
    const name of [...Object.keys(yardsticks), ...Object.keys(contestants)]
  ) {
    const handler = makeHandler(name);
    await using server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
    }, handler);
    const url = `http://127.0.0.1:${server.addr.port}`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await (await fetch(url)).text()),
    );
    const wrong = answers.filter((answer) => answer !== ANSWER);
    if (wrong.length > 0) throw new Error(`${name} answered ${wrong}`);
    console.log(`${name}: ${answers.length} answers`);
  }
}

async function compare(): Promise<void> {
  const servers = new Map<string, Server>();
  for (const name of names) servers.set(name, await Server.start(name));
  const rounds = new Map<string, Round[]>(names.map((name) => [name, []]));
  try {
    const seconds = Number(options.seconds);
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of names) {
        const server = servers.get(name)!;
        await server.load(seconds);
        rounds.get(name)!.push(await server.measure(seconds));
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
  const report = `Measured ${
    provenance(options.rounds, "requests a second")
  }\n\n${tableOf(rounds)}`;
  console.log(report);
  if (options.only === undefined) await write(DOCUMENT, "server", report);
}

function tableOf(rounds: ReadonlyMap<string, readonly Round[]>): string {
  return table(
    ["handler", "beside", "requests/s", "CPU", "must", "µs CPU a request"],
    chosen.map((name) => {
      const { what, beside, must } = contestants[name]!;
      const own = rounds.get(name)!;
      const others = rounds.get(beside)!;
      const speed = own.map((round, i) =>
        round.requestsPerSecond / others[i]!.requestsPerSecond
      );
      const cpu = own.map((round, i) =>
        others[i]!.cpuPerRequest / round.cpuPerRequest
      );
      const [micros, base] = [own, others].map((rounds) =>
        median(rounds.map((round) => round.cpuPerRequest)).toFixed(1)
      );
      return [
        what,
        beside,
        ratio(median(speed)),
        ratio(median(cpu)),
        must?.toFixed(2) ?? "",
        `${micros} to ${base}`,
      ];
    }),
  );
}

/** A server of one handler in a process of its own. */
class Server {
  readonly #process: Deno.ChildProcess;
  readonly #port: number;
  readonly #meterPort: number;

  private constructor(
    process: Deno.ChildProcess,
    [port, meterPort]: readonly [number, number],
  ) {
    this.#process = process;
    this.#port = port;
    this.#meterPort = meterPort;
  }

  static async start(name: string): Promise<Server> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", PROGRAM, name],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Server(process, JSON.parse(new TextDecoder().decode(value)));
  }

  async measure(seconds: number): Promise<Round> {
    const before = await this.#cpuTime();
    const { requests, requestsPerSecond } = await this.load(seconds);
    return {
      requestsPerSecond,
      cpuPerRequest: (await this.#cpuTime() - before) / requests,
    };
  }

  async load(
    seconds: number,
  ): Promise<{ requests: number; requestsPerSecond: number }> {
    const { stdout } = await new Deno.Command("wrk", {
      args: [
        "--threads=1",
        `--connections=${CONNECTIONS}`,
        `--duration=${seconds}s`,
        `http://127.0.0.1:${this.#port}/`,
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    const counted = /(\d+) requests in ([\d.]+)s/.exec(text);
    if (counted === null || /Non-2xx|Socket errors/.test(text)) {
      throw new Error(`wrk says: ${text}`);
    }
    const requests = Number(counted[1]);
    return { requests, requestsPerSecond: requests / Number(counted[2]) };
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async #cpuTime(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#meterPort}/`);
    const { user, system } = await response.json();
    return user + system;
  }
}

if (options.smoke) await smoke();
else await compare();
