/**
 * The server of docs/io.md, as it stands there: in a process of its own that gets a SIGTERM
 * while it answers.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { BLIND, readText, ROOT } from "./_modules.ts";

/** The first block of code below a heading of docs/io.md. */
function codeBelow(heading: string): string {
  const [, below] = readText("docs/io.md").split(`${heading}\n`);
  return /```ts ignore\n([^]*?)```/.exec(below!)![1]!;
}

Deno.test({
  name: "the server of docs/io.md answers what it has begun on SIGTERM",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--config=${ROOT}deno.json`, "-"],
      env: { PORT: "0", NO_COLOR: "1" },
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    // What it waits for is over when it shall be, not after a time that may be too short.
    const code = codeBelow("### A server that loses nothing on SIGTERM")
      .replace("await sleep(0.2);", "await closing();");
    await writer.write(new TextEncoder().encode(code));
    await writer.close();
    let [printed, errors] = ["", ""];
    let answer: Promise<string> | undefined;
    await Promise.all([
      eachPart(child.stderr, (part) => {
        errors += part;
        const port = /Listening on .*:(\d+)\//.exec(errors)?.[1];
        if (port !== undefined) answer ??= textOf(`http://127.0.0.1:${port}/`);
      }),
      eachPart(child.stdout, (part) => {
        printed += part;
        // It has begun to answer, and does not end before the signal.
        if (/^GET http.*\n$/.test(printed)) child.kill("SIGTERM");
      }),
    ]);
    assertEquals((await child.status).code, 0, errors);
    assertEquals(await answer, "done");
    const lines = printed.trimEnd().split("\n").slice(1);
    assertMatch(lines[0]!, /^Shutdown by SIGTERM: /);
    assertEquals(
      lines.slice(1).map((line) => line.replace(/ after .*/, "").trim()).sort(),
      [
        "service http: stopped",
        "service requests: stopped",
        "task Task-1: finished",
        "task Task-2: finished",
      ],
    );
  },
});

async function eachPart(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (part: string) => void,
): Promise<void> {
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    take(part);
  }
}

async function textOf(url: string): Promise<string> {
  return await (await fetch(url)).text();
}
