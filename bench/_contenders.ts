/**
 * Who takes part on this machine: the peers that can be loaded, and the Pythons found.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { peers } from "./_peers.ts";
import type { PeerName, Workload } from "./_workload.ts";

/** One who takes part. */
export interface Contender {
  /** Its name, as `--peers` takes it; a prefix is enough there. */
  readonly name: string;
  readonly label: string;
  readonly version?: string;
  /** Whether it can do a workload. */
  can(workload: Workload): boolean;
  /** The command that measures it in a process of its own. */
  command(
    workload: Workload,
    count: number,
    v8Flags: readonly string[],
  ): [string, string[]];
}

const MEASURE = fileURLToPath(import.meta.resolve("./_measure.ts"));
const CPYTHON = fileURLToPath(
  import.meta.resolve("./workloads/cpython.py"),
);

/** Finds who can take part, native first. What is out of reach is left out. */
export async function contenders(): Promise<Contender[]> {
  const names = Object.keys(peers) as PeerName[];
  const found = await Promise.all([...names.map(denoPeer), pythons()]);
  return found.flat();
}

async function denoPeer(name: PeerName): Promise<Contender[]> {
  const { label, specifier } = peers[name];
  const version = specifier === undefined
    ? undefined
    : await packageVersion(specifier);
  if (specifier !== undefined && version === undefined) return [];
  return [{
    name,
    label,
    ...version === undefined ? {} : { version },
    can: (workload) => workload.peers[name] !== undefined,
    command: (workload, count, v8Flags) => [
      Deno.execPath(),
      [
        "run",
        "-A",
        "--no-check",
        `--v8-flags=${["--expose-gc", ...v8Flags].join(",")}`,
        MEASURE,
        JSON.stringify({ workload: workload.name, peer: name, count }),
      ],
    ],
  }];
}

/** The version that a specifier resolves to; `undefined` where it is out of reach. */
async function packageVersion(specifier: string): Promise<string | undefined> {
  const info = await output(Deno.execPath(), ["info", "--json", specifier]);
  // Matches "effect@4.1.0" and "/@std/async/1.0.14/", not an error's text.
  const { redirects, npmPackages } = JSON.parse(info ?? "{}");
  const packages = [
    ...Object.keys(npmPackages ?? {}),
    ...Object.values(redirects ?? {}),
  ];
  const name = specifier.replace(/^\w+:/, "").replace(/(?<=.)@.*/, "");
  for (const resolved of packages.map(String)) {
    const version = resolved.match(new RegExp(`${name}[@/](\\d[^/_]*)`))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

/** CPython as `python3`, and the newest that pyenv has; uvloop wherever one of them has it. */
async function pythons(): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const python of ["python3", ...await pyenvPython()]) {
    const version = await output(python, [
      "-c",
      "import platform; print(platform.python_version())",
    ]);
    if (
      version === undefined || found.some((other) => other.version === version)
    ) continue;
    found.push(pythonPeer(python, "cpython", "CPython", version, false));
    const uvloop = await output(python, [
      "-c",
      "import uvloop; print(uvloop.__version__)",
    ]);
    if (uvloop === undefined) continue;
    found.push(
      pythonPeer(
        python,
        "uvloop",
        `uvloop ${uvloop} on CPython`,
        version,
        true,
      ),
    );
  }
  return found;
}

async function pyenvPython(): Promise<string[]> {
  const root = Deno.env.get("PYENV_ROOT") ?? `${Deno.env.get("HOME")}/.pyenv`;
  const versions: number[][] = [];
  try {
    for await (const { name } of Deno.readDir(`${root}/versions`)) {
      if (/^\d+\.\d+\.\d+$/.test(name)) {
        versions.push(name.split(".").map(Number));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  versions.sort((a, b) => b[0]! - a[0]! || b[1]! - a[1]! || b[2]! - a[2]!);
  return versions.slice(0, 1).map((version) =>
    `${root}/versions/${version.join(".")}/bin/python3`
  );
}

function pythonPeer(
  python: string,
  kind: string,
  label: string,
  version: string,
  uvloop: boolean,
): Contender {
  return {
    name: `${kind}-${version}`,
    label: `${label} ${version.split(".").slice(0, 2).join(".")}`,
    version,
    can: () => true,
    command: (workload, count) => [
      python,
      [CPYTHON, JSON.stringify({ workload: workload.name, count, uvloop })],
    ],
  };
}

/** What a command printed; `undefined` if it failed or is not there. */
async function output(
  command: string,
  args: string[],
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args,
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
