/**
 * The processes of a ProcessExecutor know the project: its `deno.json` names what modules
 * of jobs import, as in the program itself.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { lacks } from "./_permissions.ts";

const LIBRARY = new URL("../", import.meta.url);

const FILES: Record<string, string> = {
  "deno.json": JSON.stringify({ imports: { "units": "./units.ts" } }),
  "units.ts": "export const dozen = 12;",
  "jobs.ts": `import { dozen } from "units";
export const dozens = (x: number): number => dozen * x;`,
  "main.ts": `import { run } from "${LIBRARY}runner.ts";
import { ProcessExecutor } from "${LIBRARY}process_executor.ts";
import type * as jobs from "./jobs.ts";

const url = new URL("./jobs.ts", import.meta.url);
await run(async () => {
  await using executor = new ProcessExecutor<typeof jobs>(url, {
    maxWorkers: 1,
    execArgv: ["--allow-read"],
  });
  console.log(await executor.submit("dozens", [2]));
});`,
};

// With the fewest permissions there is no file by which losses are known exactly.
for (
  const flags of [
    ["--allow-all"],
    ["--allow-run", "--allow-env", "--allow-read"],
  ]
) {
  const name =
    `ProcessExecutor runs jobs that import what the deno.json of the project names, with ${
      flags.join(" ")
    }`;
  Deno.test(
    name,
    { ignore: lacks("env", "read", "run", "write") },
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        for (const [name, text] of Object.entries(FILES)) {
          await Deno.writeTextFile(`${folder}/${name}`, text);
        }
        const { code, stdout, stderr } = await new Deno.Command(
          Deno.execPath(),
          {
            args: ["run", "--no-lock", ...flags, "main.ts"],
            cwd: folder,
          },
        ).output();
        const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        assertEquals(code, 0, text(stderr));
        assertEquals(text(stdout), "24\n");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
