/**
 * The programs of docs/executors.md that need files of their own, as they stand there.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BLIND, readText, ROOT } from "./_modules.ts";

const MAIN = `import type * as jobs from "./jobs.ts";
const url = new URL("./jobs.ts", import.meta.url);
`;

/** The first block of code below a heading, in files: a comment names each. */
function filesBelow(heading: string): Map<string, string> {
  const [, below] = readText("docs/executors.md").split(`\n${heading}\n`);
  const [, code] = /```ts ignore\n([^]*?)```/.exec(below!)!;
  const [first, ...parts] = code!.split(/^\/\/ (\w+\.ts)\n/m);
  const files = new Map<string, string>();
  for (let i = 0; i < parts.length; i += 2) files.set(parts[i]!, parts[i + 1]!);
  if (files.size === 0) files.set("main.ts", first!);
  return files;
}

/** Calls Deno in a folder with these files, whose imports are those of a user. */
async function denoIn(
  files: ReadonlyMap<string, string>,
  ...args: readonly string[]
): Promise<{ code: number; printed: string; errors: string }> {
  const { name, exports } = JSON.parse(readText("deno.json")) as {
    name: string;
    exports: Readonly<Record<string, string>>;
  };
  const imports = Object.fromEntries(
    Object.entries(exports).map((
      [path, file],
    ) => [name + path.slice(1), new URL(file, `file://${ROOT}`).href]),
  );
  const folder = await Deno.makeTempDir();
  try {
    const config = JSON.stringify({ imports, lock: false });
    for (const [file, text] of [...files, ["deno.json", config]]) {
      await Deno.writeTextFile(`${folder}/${file}`, text!);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return {
      code,
      printed: decoder.decode(stdout),
      errors: decoder.decode(stderr),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function programs(): Map<string, string> {
  const files = filesBelow("## One worker");
  const block = filesBelow("## Threads or processes").get("main.ts")!;
  files.set(
    "process.ts",
    `import { run } from "@asyncio/asyncio";
import { ProcessExecutor } from "@asyncio/asyncio/process-executor";
${MAIN}await run(async () => {
${block}  console.log(await executor.submit("double", [21]));
});
`,
  );
  const page = filesBelow("## In browsers");
  files.set("page_jobs.ts", page.get("jobs.ts")!);
  files.set(
    "page.ts",
    `import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";
import type * as jobs from "./page_jobs.ts";
${page.get("main.ts")}
export const result: Promise<number> = executor.submit("double", [21]);
`,
  );
  return files;
}

/** How Deno is called, with what the page says that it takes. */
const CALLS: readonly [name: string, ...args: readonly string[]][] = [
  ["the programs compile", "check", "main.ts", "process.ts", "page.ts"],
  ["threads need --allow-read", "run", "--allow-read", "main.ts"],
  [
    "processes need --allow-run and --allow-env",
    "run",
    "--allow-run",
    "--allow-env",
    "process.ts",
  ],
];

for (const [name, command, ...args] of CALLS) {
  Deno.test({
    name: `docs/executors.md: ${name}`,
    ignore: BLIND,
    async fn() {
      const isRun = command === "run";
      const flags = isRun ? ["--no-check", "--no-prompt"] : [];
      const ended = await denoIn(
        programs(),
        command!,
        "--quiet",
        ...flags,
        ...args,
      );
      const printed = isRun ? "42\n" : "";
      assertEquals(ended, { code: 0, printed, errors: "" });
    },
  });
}
