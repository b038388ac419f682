/**
 * What the tools share: where the project is and how to run Deno on it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

const STAND_INS = "tests/offline/import_map.json";
const PATIENCE_MS = 10_000;

/** What a run of Deno gave. */
export interface DenoRun {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote, both streams together. */
  readonly output: string;
}

/** Runs the Deno that runs this, and lets it write to the terminal. */
export async function runDeno(args: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
  }).spawn().status;
  return code;
}

/** Runs the Deno that runs this, and keeps what it writes. */
export async function captureDeno(args: readonly string[]): Promise<DenoRun> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stderr) + decoder.decode(stdout) };
}

/** The files that `exports` names, `mod.ts` first. */
export async function exportedFiles(): Promise<string[]> {
  const { exports } = await readJson<{ exports: Record<string, string> }>(
    "deno.json",
  );
  return Object.values(exports).map((path) => path.replace(/^\.\//, ""));
}

/**
 * The flags that make the `@std` names mean the stand-ins of `tests/offline`,
 * or none where JSR answers. Says on stderr which it is.
 */
export async function standInFlags(): Promise<string[]> {
  const { imports } = await readJson<{ imports: Record<string, string> }>(
    STAND_INS,
  );
  const answers = await Promise.all(Object.keys(imports).map(answersFor));
  const inReach = answers.every((answer) => answer);
  // Not `console`: stdout belongs to the command that follows.
  await Deno.stderr.write(new TextEncoder().encode(
    inReach
      ? "JSR answers: using the real @std packages.\n"
      : "JSR does not answer: using the stand-ins of tests/offline.\n",
  ));
  return inReach ? [] : ["--import-map", STAND_INS];
}

/** Whether `deno info` gets hold of a package and of all that it imports. */
async function answersFor(specifier: string): Promise<boolean> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", specifier],
    cwd: ROOT,
    stdin: "null",
    stderr: "null",
    // A network that swallows packets would hold it for minutes.
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).output();
  if (!success) return false;
  // Out of reach, `deno info --json` still ends with 0: the error stands in the
  // graph.
  const { modules }: { modules: { error?: string }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return modules.length > 0 &&
    modules.every(({ error }) => error === undefined);
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(ROOT + path));
}
