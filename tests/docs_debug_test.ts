/**
 * The samples of output in docs/debug.md are what its examples print, each in a process of
 * its own.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BLIND, readText, ROOT } from "./_modules.ts";

interface Sample {
  /** The heading that it stands below. */
  readonly name: string;
  readonly code: string;
  readonly output: string;
}

const SAMPLE =
  /^#+ (.*)$|^```ts(?: ignore)?\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm;

/** The examples of a document that show what they print. */
function samplesOf(path: string): Sample[] {
  const samples: Sample[] = [];
  let name = "";
  for (const [, heading, code, output] of readText(path).matchAll(SAMPLE)) {
    if (heading !== undefined) name = heading;
    else samples.push({ name, code: code!, output: output! });
  }
  return samples;
}

/** What a program called app.ts prints, without frames of the library. */
async function outputOf(code: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--config=${ROOT}deno.json`, "-"],
    env: { NO_COLOR: "1" },
    // What stands in the root is taken for the library's.
    cwd: `${ROOT}examples`,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  return text.replaceAll(/file:\S*\$deno\$stdin\.m?ts/g, "file:///app.ts")
    .split("\n").filter((line) => !line.includes(ROOT)).join("\n");
}

/** The text but for times, which differ. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d+\.\d{3}/g, "0.000");
}

Deno.test({
  name: "docs/debug.md has samples of what debug mode reports",
  ignore: BLIND,
  fn() {
    assert(samplesOf("docs/debug.md").length > 9);
  },
});

if (!BLIND) {
  samplesOf("docs/debug.md").forEach(({ name, code, output }, index) => {
    Deno.test({
      name: `sample ${index + 1} of docs/debug.md is true: ${name}`,
      ignore: Deno.build.os === "windows",
      async fn() {
        const expected = withoutTimes(output);
        const printed = withoutTimes(await outputOf(code)).split("\n");
        assertEquals(
          // On a machine that has other work, any step may be slow.
          printed.filter((line) =>
            !/Slow:/.test(line) || expected.includes(line)
          )
            .join("\n"),
          expected,
        );
      },
    });
  });
}
