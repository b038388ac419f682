/**
 * Refuses a release whose tag is not the version in `deno.json`: `deno publish` would skip a
 * version that is there already, and say so with a success.
 *
 * @module
 */
import { join } from "node:path";

/**
 * Says what is wrong with a tag, if something is.
 *
 * @param tag The tag: the version, or "v" and the version.
 * @param version The version in `deno.json`.
 */
export function tagProblem(
  tag: string | undefined,
  version: string,
): string | undefined {
  if (tag === version || tag === `v${version}`) return undefined;
  return `The tag is ${tag ?? "missing"}, and deno.json has ${version}: ` +
    "change one of them";
}

if (import.meta.main) {
  const text = Deno.readTextFileSync(
    join(import.meta.dirname!, "..", "deno.json"),
  );
  const problem = tagProblem(Deno.args[0], JSON.parse(text).version);
  if (problem !== undefined) {
    // deno-lint-ignore no-console
    console.error(problem);
    Deno.exitCode = 1;
  }
}
