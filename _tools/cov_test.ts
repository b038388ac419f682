import { assertEquals, assertStringIncludes } from "@std/assert";
import { pathToFileURL } from "node:url";
import { captureDeno } from "./_deno.ts";
import { whatCounts } from "./cov.ts";

Deno.test({
  name: "whatCounts() has deno coverage report what is published alone",
  permissions: { read: true, write: true, run: true },
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "cov+(1)" });
    try {
      const source = `import "../_base/two.ts";
import "../_tools/three.ts";
import "../one.ts";
`;
      const files = {
        "one.ts": "export const one = () => 1;\none();\n",
        "_base/two.ts": "export const two = () => 2;\ntwo();\n",
        "_tools/three.ts": "export const three = () => 3;\nthree();\n",
        "tests/main.ts": source,
      };
      for (const [path, text] of Object.entries(files)) {
        await Deno.mkdir(`${folder}/${path.replace(/[^/]*$/, "")}`, {
          recursive: true,
        });
        await Deno.writeTextFile(`${folder}/${path}`, text);
      }
      const results = `${folder}/results`;
      const ran = await captureDeno([
        "run",
        "--no-config",
        `--coverage=${results}`,
        `${folder}/tests/main.ts`,
      ]);
      assertEquals(ran.code, 0, ran.output);
      const { output } = await captureDeno([
        "coverage",
        "--lcov",
        ...whatCounts(`${pathToFileURL(folder).href}/`),
        results,
      ]);
      assertStringIncludes(output, "SF:", output);
      const counted = output.split("\n").filter((line) =>
        line.startsWith("SF:")
      );
      assertEquals(
        counted.map((line) => line.slice(line.lastIndexOf("/") + 1)).sort(),
        ["one.ts", "two.ts"],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
