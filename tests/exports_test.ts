/** `exports` and `mod.ts` list every public module, each with its `@module`. */
import { assertEquals } from "@std/assert";
import { BLIND, libraryImports, publicModules, readText } from "./_modules.ts";

/** Public modules that `mod.ts` leaves out: who wants them imports them. */
const APART = [
  "bullmq.ts",
  "executor.ts",
  "executor_testing.ts",
  "inline_executor.ts",
  "mod.ts",
  "process_executor.ts",
  "testing.ts",
  "worker.ts",
  "worker_executor.ts",
];

Deno.test({
  name: "exports lists every public module under its kebab-case name",
  ignore: BLIND,
  fn() {
    const { exports } = JSON.parse(readText("deno.json"));
    const wanted = publicModules().map((file) => [keyFor(file), `./${file}`]);
    assertEquals(exports, Object.fromEntries(wanted));
  },
});

Deno.test({
  name: "mod.ts re-exports every public module",
  ignore: BLIND,
  async fn() {
    const exported = (await libraryImports())
      .filter(({ from }) => from === "mod.ts")
      .map(({ to }) => to);
    const wanted = publicModules().filter((file) => !APART.includes(file));
    assertEquals(exported.sort(), wanted);
  },
});

Deno.test({
  name: "every public module begins with a @module comment",
  ignore: BLIND,
  fn() {
    const without = publicModules().filter((file) =>
      !/^\s*(\/\/.*\n\s*)*\/\*\*((?!\*\/)[^])*@module/.test(readText(file))
    );
    assertEquals(without, []);
  },
});

function keyFor(file: string): string {
  if (file === "mod.ts") return ".";
  return `./${file.replace(/\.ts$/, "").replaceAll("_", "-")}`;
}
