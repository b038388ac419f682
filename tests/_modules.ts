/**
 * What the tests of the project's structure look at: its files and imports.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT_URL = new URL("../", import.meta.url);

/** The project's folder, with a slash at its end. */
export const ROOT: string = fileURLToPath(ROOT_URL);

/** Whether plain `deno test`, without permissions, runs this: it can't look. */
export const BLIND: boolean = (await Promise.all([
  Deno.permissions.query({ name: "read" }),
  Deno.permissions.query({ name: "run" }),
])).some(({ state }) => state !== "granted");

/** One import of a module, of values or of types. */
export interface Import {
  /** The importing file. */
  readonly from: string;
  /** The imported file, by its name if it stands in the root. */
  readonly to: string;
  /** The line of the import, from 1. */
  readonly line: number;
}

/** The library's modules: those of the root, and those of its internal folders. */
export function libraryModules(): string[] {
  return ["", ...internalFolders()].flatMap((folder) =>
    [...Deno.readDirSync(ROOT + folder)]
      .filter(({ name, isFile }) => isFile && name.endsWith(".ts"))
      .map(({ name }) => folder + name)
  ).sort();
}

/** The folders of internal modules, each with a slash at its end. */
export function internalFolders(): string[] {
  return [...Deno.readDirSync(ROOT)]
    .filter(({ name, isDirectory }) =>
      isDirectory && name.startsWith("_") && name !== "_tools"
    )
    .map(({ name }) => `${name}/`)
    .sort();
}

/** The modules that users may import. */
export function publicModules(): string[] {
  return libraryModules().filter((name) => !name.includes("/"));
}

/** The text of a file of the project. */
export function readText(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}

/** All imports of all modules of the library. */
export async function libraryImports(): Promise<Import[]> {
  const missing = new Set(libraryModules());
  const imports: Import[] = [];
  for (const entry of ["mod.ts", ...missing]) {
    if (!missing.has(entry)) continue;
    for (const { specifier, dependencies = [] } of await moduleGraph(entry)) {
      const from = nameOf(specifier);
      // Another entry may have shown it before.
      if (!missing.delete(from)) continue;
      for (const { code, type } of dependencies) {
        const target = code ?? type;
        if (!target) continue;
        imports.push({
          from,
          to: nameOf(target.specifier ?? "an unresolved module"),
          line: target.span.start.line + 1,
        });
      }
    }
  }
  return imports;
}

interface Target {
  readonly specifier?: string;
  readonly span: { readonly start: { readonly line: number } };
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: Target;
    readonly type?: Target;
  }[];
}

async function moduleGraph(entry: string): Promise<Module[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function nameOf(specifier: string): string {
  return specifier.startsWith(ROOT_URL.href)
    ? specifier.slice(ROOT_URL.href.length)
    : specifier;
}
