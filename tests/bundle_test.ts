/**
 * It loads anywhere: as a bundle of the formats that know no `import.meta` and no top-level
 * await, on every host.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { type Host, hostTest, pathOf, runOn } from "./_hosts.ts";
import { BLIND, readText, ROOT } from "./_modules.ts";

const PROGRAM = programOf("_bundle_program.ts");
const EXPECTED = "item 1, item 2, cancelled, timed out, 1, 4, 9";
const OLDEST_NODE = "node@20.20.2";

function programOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Makes a bundle in a folder; `undefined` where npm is out of reach. */
async function bundle(
  format: string,
  folder: string,
  program = PROGRAM,
  ...flags: readonly string[]
): Promise<URL | undefined> {
  const file = `${folder}/${format}.${format === "esm" ? "mjs" : "cjs"}`;
  const { code, stderr } = await new Deno.Command("npx", {
    args: [
      "--yes",
      "esbuild@0.25.12",
      program,
      "--bundle",
      "--platform=node",
      `--format=${format}`,
      "--target=es2022",
      "--log-level=error",
      `--outfile=${file}`,
      ...flags,
    ],
    stdin: "null",
  }).output();
  const errors = new TextDecoder().decode(stderr);
  if (code !== 0 && /npm error|ENOTFOUND/.test(errors)) return undefined;
  assertEquals(errors, "");
  return new URL(`file://${file}`);
}

for (const format of ["cjs", "iife"]) {
  hostTest(`a bundle of the format ${format} runs`, async (host) => {
    const folder = await Deno.makeTempDir();
    try {
      const file = await bundle(format, folder);
      if (file === undefined) return;
      const { code, lines, errors } = await runOn(host, file);
      assertEquals(errors, "");
      assertEquals(lines, [EXPECTED, EXPECTED]);
      assertEquals(code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Writes a program that loads what `exports` of deno.json names. */
async function programOfExports(folder: string): Promise<string> {
  const { exports } = JSON.parse(readText("deno.json")) as {
    exports: Readonly<Record<string, string>>;
  };
  const modules = Object.values(exports).map((path) => ROOT + path.slice(2));
  const file = `${folder}/exports.ts`;
  await Deno.writeTextFile(
    file,
    modules.map((path, i) => `import * as m${i} from ${JSON.stringify(path)};`)
      .join("\n") +
      `console.log([${modules.map((_, i) => `m${i}`)}].length);`,
  );
  return file;
}

async function loadsExports(host: Host, folder: string): Promise<void> {
  const program = await programOfExports(folder);
  for (const format of ["cjs", "iife", "esm"]) {
    const file = await bundle(format, folder, program);
    if (file === undefined) return;
    const { lines, errors } = await runOn(host, file);
    assertEquals(errors, "", format);
    assertMatch(lines.join(), /^\d\d$/);
  }
}

hostTest("a bundle of every module that is exported loads", async (host) => {
  const folder = await Deno.makeTempDir();
  try {
    await loadsExports(host, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What `_shortened_program.ts` prints. */
const SHORTENED = [
  "<Lock [unlocked]>",
  "<Event [unset]>",
  "<Condition [unlocked]>",
  "<Semaphore [unlocked, value:1]>",
  "<BoundedSemaphore [unlocked, value:1]>",
  "<Queue maxsize=0>",
  "<LifoQueue maxsize=0>",
  "<PriorityQueue maxsize=0>",
  "<Barrier [filling, waiters:0/2]>",
  "<Lock [unlocked]>",
  '<Future pending> <Task pending name="t" coro=sleep()>',
  "<coroutine wait> <coroutine waitFor>",
  "Cannot make a LifoQueue: maxsize must be a number, got NaN",
  "InvalidStateError: m true",
  "TimeoutError: m true",
  "QueueShutDown: m true",
  "Deadlock, nothing can wake the loop: ",
  "Task-3 waits for Queue to get an item",
  "The executor is broken: no worker can be started: Cannot start a worker from a bundle " +
  "that has no place for others to import from: leave the library out of the bundle, as an " +
  "external package",
];

hostTest(
  "a bundle whose names are shortened says the same",
  async (host) => {
    const folder = await Deno.makeTempDir();
    try {
      const program = programOf("_shortened_program.ts");
      const file = await bundle("cjs", folder, program, "--minify");
      if (file === undefined) return;
      const { lines, errors } = await runOn(host, file);
      assertEquals(errors, "");
      assertEquals(lines, SHORTENED);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Registers a test on the oldest Node; left out where npm is out of reach. */
function oldestNodeTest(
  name: string,
  body: (node: Host, folder: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: BLIND || Deno.build.os === "windows",
    async fn() {
      const node = await pathOf(OLDEST_NODE, "node");
      if (node === undefined) return;
      const folder = await Deno.makeTempDir();
      try {
        await body({ name: OLDEST_NODE, command: [node] }, folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

oldestNodeTest("bundles run on Node 20", async (node, folder) => {
  for (const format of ["cjs", "iife"]) {
    const file = await bundle(format, folder);
    assert(file !== undefined);
    const { lines, errors } = await runOn(node, file);
    assertEquals(errors, "");
    assertEquals(lines, [EXPECTED, EXPECTED]);
  }
});

oldestNodeTest(
  "the host's async context follows tasks on Node 20",
  async (node, folder) => {
    const program = programOf("_host_context_program.ts");
    const file = await bundle("esm", folder, program);
    assert(file !== undefined);
    const { lines, errors } = await runOn(node, file);
    assertEquals(errors, "");
    assertEquals(lines, ["end"]);
  },
);

oldestNodeTest(
  "a bundle of every module that is exported loads on Node 20",
  loadsExports,
);
