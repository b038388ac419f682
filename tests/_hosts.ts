/**
 * The hosts that programs of tests run on: this Deno, and Node and Bun as npm has them.
 *
 * @module
 */
import { assert } from "@std/assert";
import { BLIND } from "./_modules.ts";

/** A host. */
export interface Host {
  /** Its name and version, as npm has it. */
  readonly name: string;
  /** The command that runs a program in it. */
  readonly command: readonly string[];
}

/** What became of a program. */
export interface Ended {
  readonly code: number;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

const DENO: Host = {
  name: "deno",
  command: [Deno.execPath(), "run", "--quiet", "--no-check", "-A"],
};

/** The packages of npm with the other hosts, and the program in each. */
const PACKAGES: readonly (readonly [name: string, program: string])[] = [
  ["node@22.23.3", "node"],
  ["node@24.21.0", "node"],
  ["bun@1.4.5", "bun"],
];

/**
 * Registers a test for each host. Those of npm are left out where npm is out of reach.
 *
 * @param name What holds.
 * @param body Runs the program and looks at what it did.
 */
export function hostTest(
  name: string,
  body: (host: Host, t: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({
    name,
    // Windows has no signals to send to a child.
    ignore: BLIND || Deno.build.os === "windows",
    async fn(t) {
      for (const host of await hosts()) {
        await t.step(host.name, (t) => body(host, t));
      }
    },
  });
}

/** Runs a program; sends it a signal after each line that names one: `kill SIGINT`. */
export async function runOn(
  host: Host,
  program: URL,
  ...args: readonly string[]
): Promise<Ended> {
  const [command, ...flags] = host.command;
  // A program whose coverage is measured waits for ever for the end of a thread.
  const { DENO_COVERAGE_DIR: _, ...env } = Deno.env.toObject();
  await using child = new Deno.Command(command!, {
    args: [...flags, program.pathname, ...args],
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return await endOf(child, (line) => {
    const [, name] = /^kill (\w+)$/.exec(line) ?? [];
    if (name === undefined) return true;
    child.kill(name as Deno.Signal);
    return false;
  });
}

/**
 * Reads what a program writes until it has ended.
 *
 * @param child The program.
 * @param take Is told each line as it comes; false if it is not to be kept.
 */
export async function endOf(
  child: Deno.ChildProcess,
  take: (line: string) => boolean,
): Promise<Ended> {
  const errors = new Response(child.stderr).text();
  const lines: string[] = [];
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const complete = text.split("\n");
    text = complete.pop()!;
    for (const line of complete) if (take(line)) lines.push(line);
  }
  const { code, signal } = await child.status;
  return { code, signal, lines, errors: await errors };
}

let found: Promise<readonly Host[]> | undefined;

function hosts(): Promise<readonly Host[]> {
  return found ??= findHosts();
}

async function findHosts(): Promise<readonly Host[]> {
  const others: Host[] = [];
  // One after the other: npm locks its cache.
  for (const [name, program] of PACKAGES) {
    const path = await pathOf(name, program);
    if (path !== undefined) others.push({ name, command: [path] });
  }
  // Where npm answers, it has all of them.
  assert(others.length === 0 || others.length === PACKAGES.length);
  return [DENO, ...others];
}

/** The path of a program that a package of npm has; `undefined` where npm is out of reach. */
export async function pathOf(
  name: string,
  program: string,
): Promise<string | undefined> {
  const { code, stdout } = await new Deno.Command("npx", {
    args: ["--yes", "-p", name, program, "-p", "process.execPath"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output().catch(() => ({ code: 1, stdout: new Uint8Array() }));
  const path = new TextDecoder().decode(stdout).trim();
  return code === 0 && path !== "" ? path : undefined;
}
