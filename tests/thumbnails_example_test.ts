/** The thumbnail service of the examples: HTTP, a queue on a real Redis, two workers. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  blank,
  readBitmap,
  writeBitmap,
} from "../examples/thumbnails/bitmap.ts";
import { type Ended, endOf } from "./_hosts.ts";
import { findRedis } from "./_redis.ts";

const redis = await findRedis();
Deno.test.afterAll(async () => await redis?.[Symbol.asyncDispose]());

Deno.test({
  name: "the thumbnail service makes, streams and cancels",
  // Windows has no signals to send to a child.
  ignore: redis === undefined || Deno.build.os === "windows",
  async fn() {
    const { host, port } = redis!.connection;
    const url = `redis://${host}:${port}`;
    const workers = await Promise.all(
      [1, 2].map(() => Program.start("worker.ts", url)),
    );
    const service = await Program.start("service.ts", url, "0");
    const [base] = service.lines;
    assertStringIncludes(await (await fetch(base!)).text(), "<progress");

    const made = await post(`${base}thumbnails?width=50`, 200, 100);
    const lines = (await made.text()).trim().split("\n");
    const percents = lines.slice(0, -1).map((line) => parseInt(line));
    assertEquals(percents, [...percents].sort((a, b) => a - b));
    assertEquals(percents.at(-1), 100);
    const response = await fetch(new URL(lines.at(-1)!, base));
    assertEquals(response.headers.get("content-type"), "image/bmp");
    const { width, height, pixels } = readBitmap(await response.bytes());
    assertEquals([width, height, ...pixels.slice(0, 3)], [50, 25, 9, 9, 9]);

    const wrong = await fetch(`${base}thumbnails`, {
      method: "POST",
      body: "no picture",
    });
    await assertRejects(() => wrong.text());
    const tooWide = await post(`${base}thumbnails?width=0`, 4, 4);
    assertEquals([tooWide.status, await tooWide.text()], [
      400,
      "width must be 1 to 1000",
    ]);

    const ended = () => workers.flatMap(({ lines }) => lines.slice(1));
    const before = ended().length;
    // A cancel in the browser. Each percent waits for who reads, so it has not ended.
    const controller = new AbortController();
    const tall = await post(
      `${base}thumbnails?width=100`,
      2000,
      4000,
      controller.signal,
    );
    const reader = tall.body!.getReader();
    await reader.read();
    controller.abort();
    await reader.closed.catch(() => {});
    while (ended().length === before) await turn();
    assertStringIncludes(ended().at(-1)!, "gave up");

    for (const program of [service, ...workers]) {
      const { code, errors } = await program.end();
      assertEquals(code, 0, errors);
    }
  },
});

/** A program of the example, and what it says. */
class Program {
  readonly lines: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #ended: Promise<Ended>;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#ended = endOf(process, (line) => {
      this.lines.push(line);
      return false;
    });
  }

  /** Starts it; it has said its first line when this is done. */
  static async start(name: string, ...args: string[]): Promise<Program> {
    const path = new URL(`../examples/thumbnails/${name}`, import.meta.url);
    const program = new Program(
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-check",
          "-A",
          fileURLToPath(path),
          ...args,
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    while (program.lines.length === 0) await turn();
    return program;
  }

  /** Asks it to end, and waits for that. */
  async end(): Promise<Ended> {
    this.#process.kill("SIGTERM");
    return await this.#ended;
  }
}

async function post(
  url: string,
  width: number,
  height: number,
  signal?: AbortSignal,
): Promise<Response> {
  const image = blank(width, height);
  image.pixels.fill(9);
  return await fetch(url, {
    method: "POST",
    body: writeBitmap(image) as Uint8Array<ArrayBuffer>,
    ...(signal === undefined ? {} : { signal }),
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
