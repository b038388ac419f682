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
const EXPECTED = "item 1, item 2, cancelled, timed out, 1, 4, 9, called";
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

/** Bundles a program and runs it; nothing where there is no bundler. */
async function runBundle(
  host: Host,
  format: string,
  program: string,
  ...flags: readonly string[]
): Promise<Awaited<ReturnType<typeof runOn>> | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const file = await bundle(format, folder, program, ...flags);
    return file && await runOn(host, file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Checks what the program says as a bundle, without debug mode and with it. */
async function checkRuns(
  host: Host,
  format: string,
  program = PROGRAM,
  ...flags: readonly string[]
): Promise<void> {
  const ran = await runBundle(host, format, program, ...flags);
  if (ran === undefined) return;
  assertEquals(ran.errors, "");
  assertEquals(ran.lines, [EXPECTED, EXPECTED]);
  assertEquals(ran.code, 0);
}

for (const format of ["cjs", "iife"]) {
  hostTest(
    `a bundle of the format ${format} runs`,
    (host) => checkRuns(host, format),
  );
}

/** Bundles for old hosts, or for those who patch promises, as Angular does. */
const COMPILED = {
  "async functions": without("async-await", "async-generator", "for-await"),
  "async generators": without("async-generator", "for-await"),
};

function without(...features: readonly string[]): readonly string[] {
  return features.map((feature) => `--supported:${feature}=false`);
}

for (const [what, flags] of Object.entries(COMPILED)) {
  hostTest(
    `a bundle runs whose ${what} a compiler has made plain ones`,
    (host) => checkRuns(host, "cjs", PROGRAM, ...flags),
  );
}

hostTest(
  "a cancel reaches async functions of which a compiler has made plain ones",
  async (host) => {
    // The programs need what Node has from 24 on.
    if (host.name.startsWith("node@22")) return;
    const ran = await runBundle(
      host,
      "esm",
      programOf("_compiled_cancels_program.ts"),
      "--define:import.meta.main=false",
      ...COMPILED["async functions"],
    );
    if (ran === undefined) return;
    assertEquals(ran.lines, ["end"], ran.errors);
  },
);

hostTest("a bundle runs beside zone.js, compiled as that wants it", (host) => {
  const program = programOf("_zones_program.ts");
  return checkRuns(host, "cjs", program, ...COMPILED["async functions"]);
});

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
  "The executor is broken: no worker can be started: Cannot start a worker: the library is in " +
  "a bundle, from which workers cannot load it: leave it out of the bundle, as an external " +
  "package",
];

hostTest(
  "a bundle whose names are shortened says the same",
  async (host) => {
    const folder = await Deno.makeTempDir();
    try {
      const program = programOf("_shortened_program.ts");
      for (const format of ["cjs", "esm"]) {
        const file = await bundle(format, folder, program, "--minify");
        if (file === undefined) return;
        const { lines, errors } = await runOn(host, file);
        assertEquals(errors, "", format);
        assertEquals(lines, SHORTENED, format);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

const PLACES = "_debug_places_program.ts";

/** Looks at what {@linkcode PLACES} prints: of each thing the user's frames, and no other. */
async function showsPlaces(host: Host, file: URL): Promise<void> {
  const { lines, errors } = await runOn(host, file);
  assertEquals(errors, "");
  const isOurs = (line: string) => line === "a frame of the program";
  const heads = lines.filter((line) => !isOurs(line));
  assertEquals(heads.length, 5);
  assertEquals(heads.filter((line) => line.includes(":")), []);
  assert(lines.filter(isOurs).length >= heads.length);
}

hostTest(
  "debug mode shows the user's places beside a bundle of the library",
  async (host) => {
    const folder = await Deno.makeTempDir();
    try {
      const library = await bundle("esm", folder, `${ROOT}mod.ts`);
      if (library === undefined) return;
      await Deno.mkdir(`${folder}/vendor`);
      await Deno.rename(library, `${folder}/vendor/asyncio.mjs`);
      const text = readText(`tests/${PLACES}`);
      const file = `${folder}/${PLACES}`;
      await Deno.writeTextFile(
        file,
        text.replace("../mod.ts", "./vendor/asyncio.mjs"),
      );
      await showsPlaces(host, new URL(`file://${file}`));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

hostTest(
  "debug mode shows the user's places of a bundle that has a source map",
  async (host) => {
    // The others do not read it.
    if (!host.name.startsWith("node")) return;
    const folder = await Deno.makeTempDir();
    try {
      const program = programOf(PLACES);
      const file = await bundle("esm", folder, program, "--sourcemap");
      if (file === undefined) return;
      const command = [...host.command, "--enable-source-maps"];
      await showsPlaces({ ...host, command }, file);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

hostTest(
  "debug mode gives no place of the library in a bundle as the user's",
  async (host) => {
    const folder = await Deno.makeTempDir();
    try {
      const program = `${folder}/program.ts`;
      await Deno.writeTextFile(
        program,
        `import { formatTaskTree, getRunningLoop, run } from "${ROOT}mod.ts";
        run(async () => console.log(formatTaskTree(getRunningLoop())), { debug: true });`,
      );
      for (const format of ["cjs", "esm"]) {
        const file = await bundle(format, folder, program);
        if (file === undefined) return;
        const { lines, errors } = await runOn(host, file);
        assertEquals(errors, "");
        assertEquals(lines, ["Task-1 runs"]);
      }
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
