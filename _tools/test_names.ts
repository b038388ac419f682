/**
 * Prints the names of the tests in the files that it is given, as a JSON array, without
 * running them.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { pathToFileURL } from "node:url";

if (import.meta.main) {
  const names: string[] = [];
  const note = (first: string | { readonly name: string }): void => {
    names.push(typeof first === "string" ? first : first.name);
  };
  Object.defineProperty(Deno, "test", { value: note });
  for (const path of Deno.args) {
    await import(pathToFileURL(path).href);
  }
  console.log(JSON.stringify(names));
}
