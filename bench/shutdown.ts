/**
 * Counts what a server loses when SIGTERM comes under load: requests that reached its
 * handler and got no answer. There must be none.
 *
 * ```sh
 * deno run -A bench/shutdown.ts
 * ```
 *
 * Requests that are on the wire when the host closes an idle connection never reach a
 * handler; they are counted apart, since no program can answer them.
 *
 * - `--requests 100000`: so many in all;
 * - `--rounds 20`: in so many lives of the server.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PROGRAM = fileURLToPath(import.meta.resolve("./_shutdown_server.ts"));
const CONNECTIONS = 50;

const { values: options } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    rounds: { type: "string", default: "20" },
  },
});

/** What became of the requests of one life of the server. */
interface Round {
  readonly reached: number;
  /** Those that reached the handler and got no answer. */
  readonly lost: number;
  /** Those that were sent and never reached it. */
  readonly neverReached: number;
}

/** An answer. */
interface Answer {
  readonly body: string;
  /** Whether the server closes the connection. */
  readonly isLast: boolean;
}

/** Requests over connections that are kept, one after the other on each. */
class Client {
  readonly answered = new Set<string>();
  readonly sent = new Set<string>();
  readonly #port: number;
  readonly #enough: number;
  readonly #onEnough: () => void;

  constructor(port: number, enough: number, onEnough: () => void) {
    this.#port = port;
    this.#enough = enough;
    this.#onEnough = onEnough;
  }

  /** Asks until the server closes every connection. */
  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, i) => this.#ask(i)),
    );
  }

  async #ask(connection: number): Promise<void> {
    using socket = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#port,
    });
    for (let count = 0;; count++) {
      const id = `${connection}-${count}`;
      try {
        await socket.write(
          new TextEncoder().encode(
            `GET / HTTP/1.1\r\nhost: localhost\r\nid: ${id}\r\n\r\n`,
          ),
        );
        this.sent.add(id);
        const answer = await readAnswer(socket);
        if (answer === undefined) return;
        if (answer.body !== id) {
          throw new Error(`${id} was answered with ${answer.body}`);
        }
        this.answered.add(id);
        if (this.answered.size === this.#enough) this.#onEnough();
        if (answer.isLast) return;
      } catch (error) {
        // The server has closed the connection.
        if (error instanceof Deno.errors.ConnectionReset) return;
        if (error instanceof Deno.errors.BrokenPipe) return;
        throw error;
      }
    }
  }
}

let lost = 0;
const perRound = Math.ceil(Number(options.requests) / Number(options.rounds));
const total = { reached: 0, neverReached: 0 };
for (let round = 0; round < Number(options.rounds); round++) {
  const result = await liveOnce(perRound);
  lost += result.lost;
  total.reached += result.reached;
  total.neverReached += result.neverReached;
}
console.log(
  `${total.reached} requests reached a handler, ${lost} of them got no answer; ${total.neverReached} were sent and never reached one`,
);
Deno.exitCode = lost === 0 ? 0 : 1;

/** Starts a server, asks it, and ends it when it has answered so many. */
async function liveOnce(requests: number): Promise<Round> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).values();
  const { value: port } = await lines.next();
  const client = new Client(
    Number(port),
    requests,
    () => process.kill("SIGTERM"),
  );
  await client.run();
  let text = "";
  for await (const part of lines) text += part;
  const { code } = await process.status;
  if (code !== 0) throw new Error(`The server exited with ${code}`);
  const reached = new Set<string>(JSON.parse(text));
  return {
    reached: reached.size,
    lost: [...reached].filter((id) => !client.answered.has(id)).length,
    neverReached: [...client.sent].filter((id) => !reached.has(id)).length,
  };
}

/** Reads one answer with a `content-length`; `undefined` at the end of the connection. */
async function readAnswer(socket: Deno.TcpConn): Promise<Answer | undefined> {
  const buffer = new Uint8Array(4096);
  let text = "";
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return undefined;
    text += new TextDecoder().decode(buffer.subarray(0, count));
    const headEnd = text.indexOf("\r\n\r\n");
    if (headEnd < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(text)![1]);
    const body = text.slice(headEnd + 4);
    if (body.length < length) continue;
    return { body, isLast: /connection: close/i.test(text) };
  }
}
