/**
 * It loads anywhere: as a bundle of the formats that know no `import.meta` and no top-level
 * await, on every host.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { hostTest, pathOf, runOn } from "./_hosts.ts";
import { BLIND } from "./_modules.ts";

const PROGRAM = fileURLToPath(new URL("./_bundle_program.ts", import.meta.url));
const EXPECTED = "item 1, item 2, cancelled, timed out, 1, 4, 9";
const OLDEST_NODE = "node@20.20.2";

/** Makes a bundle in a folder; `undefined` where npm is out of reach. */
async function bundle(
  format: string,
  folder: string,
): Promise<URL | undefined> {
  const file = `${folder}/${format}.cjs`;
  const { code, stderr } = await new Deno.Command("npx", {
    args: [
      "--yes",
      "esbuild@0.25.12",
      PROGRAM,
      "--bundle",
      `--format=${format}`,
      "--target=es2022",
      "--log-level=error",
      `--outfile=${file}`,
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

Deno.test({
  name: "bundles run on Node 20",
  ignore: BLIND || Deno.build.os === "windows",
  async fn() {
    const node = await pathOf(OLDEST_NODE, "node");
    if (node === undefined) return;
    const folder = await Deno.makeTempDir();
    try {
      for (const format of ["cjs", "iife"]) {
        const file = await bundle(format, folder);
        assert(file !== undefined);
        const host = { name: OLDEST_NODE, command: [node] };
        const { lines, errors } = await runOn(host, file);
        assertEquals(errors, "");
        assertEquals(lines, [EXPECTED, EXPECTED]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
