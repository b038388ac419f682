/**
 * `handleRequests()` in the servers of all hosts, as docs/io.md shows it: each recipe in a
 * process of its own that gets a SIGTERM while it answers.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Host, hostTest, runOn } from "./_hosts.ts";

// Only these tests use them.
const PACKAGES = ["hono@4.13.19", "srvx@1.0.8", "@hono/node-server@2.1.9"];

const RECIPES: Readonly<Record<string, readonly string[]>> = {
  deno: ["Deno.serve", "hono on Deno"],
  node: ["srvx", "node-server", "hono on Node"],
  bun: ["Bun.serve", "hono on Bun"],
};

hostTest(
  "handleRequests() answers, cancels and drains in the servers of the host",
  async (host, t) => {
    const folder = await Deno.makeTempDir();
    try {
      const hasPackages = await install(folder);
      const program = new URL(`file://${folder}/program.ts`);
      await Deno.copyFile(
        new URL("_http_program.ts", import.meta.url),
        program,
      );
      for (const recipe of RECIPES[host.name.split("@")[0]!]!) {
        if (!hasPackages && !recipe.endsWith(".serve")) continue;
        await t.step(recipe, () => checkRecipe(host, program, recipe));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function checkRecipe(
  host: Host,
  program: URL,
  recipe: string,
): Promise<void> {
  const library = new URL("../mod.ts", import.meta.url).href;
  const { code, lines, errors } = await runOn(host, program, library, recipe);
  assertEquals([...lines.slice(0, 8)], [
    "200 got tea",
    "500 Internal Server Error",
    "waits",
    "CancelledError",
    "upload ended",
    // The one that was planted.
    "1 failures",
    "SIGTERM",
    "200 slow",
  ], errors);
  // Which of the two ends first is up to the host: both end with the last answer.
  assertEquals(lines.slice(8, 10).sort(), [
    "http stopped",
    "requests stopped",
  ], errors);
  assertEquals(lines.slice(10), ["ended"], errors);
  assertEquals(code, 0, errors);
}

/** Installs the packages in a folder; says whether npm could. */
async function install(folder: string): Promise<boolean> {
  await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module" }');
  const { code } = await new Deno.Command("npm", {
    args: [
      "install",
      "--no-audit",
      "--no-fund",
      "--prefix",
      folder,
      ...PACKAGES,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return code === 0;
}
