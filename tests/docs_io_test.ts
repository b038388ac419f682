/**
 * The servers of docs/io.md, as they stand there: each in a process of its own that gets a
 * SIGTERM.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";
import { BLIND, readText, ROOT } from "./_modules.ts";

/** The block of code below a heading of docs/io.md that has this text in it. */
function codeBelow(heading: string, part: string): string {
  const [, below] = readText("docs/io.md").split(`${heading}\n`);
  const blocks = below!.matchAll(/```ts ignore\n([^]*?)```/g);
  for (const [, code] of blocks) if (code!.includes(part)) return code!;
  throw new Error(`No code below "${heading}" has "${part}" in it`);
}

/** Puts something else in the place of a text that must be there. */
function replaced(code: string, text: string, by: string): string {
  if (!code.includes(text)) throw new Error(`No "${text}" in:\n${code}`);
  return code.replace(text, by);
}

/** A program that runs, and what it prints. */
class Program {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #waits: (() => void)[] = [];
  #isOver = false;
  printed = "";
  errors = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#read = Promise.all([
      this.#take(child.stdout, (part) => this.printed += part),
      this.#take(child.stderr, (part) => this.errors += part),
    ]).then(() => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Starts one; its server gets a port that is free. */
  static async start(code: string): Promise<Program> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--config=${ROOT}deno.json`, "-"],
      env: {
        PORT: "0",
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
        NO_COLOR: "1",
      },
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const program = new Program(child);
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(code));
    await writer.close();
    return program;
  }

  /** Asks its server, once that listens. */
  async ask(path = ""): Promise<string> {
    const port = await this.#until(() =>
      /Listening on .*:(\d+)\//.exec(this.errors)?.[1]
    );
    return await (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
  }

  /** Waits until it has printed a line. */
  async prints(line: RegExp): Promise<void> {
    await this.#until(() => line.exec(this.printed));
  }

  terminate(): void {
    this.#child.kill("SIGTERM");
  }

  /** Waits until it has ended; gives what it printed, without the times. */
  async end(): Promise<string[]> {
    await this.#read;
    assertEquals((await this.#child.status).code, 0, this.errors);
    return this.printed.trimEnd().split("\n").map((line) =>
      line.replace(/ after .*/, "").trim()
    );
  }

  async #until<T>(look: () => T): Promise<NonNullable<T>> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== null) return found;
      if (this.#isOver) throw new Error(`It has ended: ${this.errors}`);
      await new Promise<void>((resolve) => this.#waits.push(resolve));
    }
  }

  async #take(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    take: (part: string) => void,
  ): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      take(part);
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waits.splice(0)) wake();
  }
}

function docsTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: BLIND || Deno.build.os === "windows", fn });
}

const SERVER = "### A server that loses nothing on SIGTERM";
const GET = /^GET http.*$/m;

docsTest(
  "the first server of docs/io.md stops at a SIGTERM, and tells how",
  async () => {
    const code = codeBelow("## Shutdown and signals", "Deno.serve(handler)");
    const program = await Program.start(
      `const handler = () => new Response("hello");\n${code}`,
    );
    assertEquals(await program.ask(), "hello");
    program.terminate();
    const [heading, ...lines] = await program.end();
    assertMatch(heading!, /^Shutdown by SIGTERM: /);
    assertEquals(lines.sort(), [
      "service http: stopped",
      "task Task-1: finished",
    ]);
  },
);

docsTest(
  "the server of docs/io.md answers what it has begun on SIGTERM",
  async () => {
    // What it waits for is over when it shall be, not after a time that may be too short.
    const program = await Program.start(
      replaced(
        codeBelow(SERVER, "Deno.serve"),
        "await sleep(0.2);",
        "await closing();",
      ),
    );
    const answer = program.ask();
    // It has begun to answer, and does not end before the signal.
    await program.prints(GET);
    program.terminate();
    assertEquals(await answer, "done");
    const [, heading, ...lines] = await program.end();
    assertMatch(heading!, /^Shutdown by SIGTERM: /);
    assertEquals(lines.sort(), [
      "service http: stopped",
      "service requests: stopped",
      "task Task-1: finished",
      "task Task-2: finished",
    ]);
  },
);

docsTest(
  "the server of docs/io.md that waits before it stops takes requests meanwhile",
  async () => {
    const server = codeBelow(SERVER, "Deno.serve");
    const stop = 'onClosing("http", () => server.shutdown());\n';
    const waits = replaced(server, stop, codeBelow(SERVER, "await sleep(5);"));
    // In the place of 5 s: until somebody has asked for the last time.
    const code = replaced(waits, "await sleep(5);", "await asked;").replace(
      "await sleep(0.2);",
      'if (request.url.endsWith("/last")) ask(); else await closing();',
    );
    const program = await Program.start(
      `const { promise: asked, resolve: ask } = Promise.withResolvers();\n${code}`,
    );
    const answer = program.ask();
    await program.prints(GET);
    program.terminate();
    assertEquals(await answer, "done");
    assertEquals(await program.ask("last"), "done");
    const lines = await program.end();
    assertEquals(lines.filter((line) => line.startsWith("service")), [
      "service requests: stopped",
      "service http: stopped",
    ]);
  },
);

hostTest(
  "the server of node:http of docs/io.md answers what it has begun on SIGTERM, and closes its connection",
  async (host) => {
    const client = `
      await once(server, "listening");
      const { port } = server.address();
      const path = \`http://127.0.0.1:\${port}\`;
      const answer = getRunningLoop().createTask(async () => {
        const response = await fetch(path, { signal: taskSignal() });
        console.log(response.headers.get("connection"), await response.text());
      });
      await end;
      await answer;
    `;
    let code = codeBelow(SERVER, "createServer");
    for (
      const [text, by] of [
        ["  once,", "  once,\n  taskSignal,"],
        ['"@asyncio/asyncio"', JSON.stringify(`${ROOT}mod.ts`)],
        ["${request.method} ${request.url}", "kill SIGTERM"],
        ["await sleep(0.2);", "await closing();"],
        ["process.env.PORT ?? 8080", '0, "127.0.0.1"'],
        ["await end;", client],
      ] as const
    ) code = replaced(code, text, by);
    const path = await Deno.makeTempFile({ suffix: ".mjs" });
    try {
      await Deno.writeTextFile(path, code);
      const { lines, errors } = await runOn(host, new URL(`file://${path}`));
      const texts = lines.map((line) => line.replace(/ (after|by) .*/, ""));
      assertEquals(texts.slice(0, 3), [
        "close done",
        "Shutdown",
        "  service http: stopped",
      ], errors);
    } finally {
      await Deno.remove(path);
    }
  },
);
