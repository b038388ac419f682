/**
 * What executors ask of their host: built-in modules, and where the library lies.
 *
 * @module
 */

interface Host {
  readonly process?: {
    getBuiltinModule?(name: string): unknown;
    readonly execPath: string;
  };
  readonly Deno?: unknown;
  readonly Bun?: unknown;
}

// No static "node:" import: browsers load this module too.
/** Returns a module that is built into the host, if it has it. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as Host;
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** The host that runs this. */
export function hostName(): "Deno" | "Bun" | "Node" | "browser" {
  const { Deno, Bun, process } = globalThis as Host;
  if (Deno !== undefined) return "Deno";
  if (Bun !== undefined) return "Bun";
  return process?.getBuiltinModule === undefined ? "browser" : "Node";
}

/** The program that runs this. */
export function execPath(): string {
  return (globalThis as Host).process!.execPath;
}

/** Listens to a port. */
export function listenToPort(
  port: MessagePort,
  take: (message: unknown) => void,
): void {
  const { on } = port as { on?(event: "message", take: unknown): void };
  // Node makes no event of the web for it, which is 3 µs. Deno 2.9 looks there for ports in
  // all that comes, byte by byte: 10 s for 10 MB.
  if (on !== undefined && hostName() !== "Deno") on.call(port, "message", take);
  else port.onmessage = ({ data }): void => take(data);
}

/** How many threads the machine runs at once. */
export function hardwareConcurrency(): number {
  return navigator.hardwareConcurrency;
}

/**
 * Returns the URL of a module of the library.
 *
 * @param path The way from its root, without the extension.
 */
export function libraryUrl(path: string): URL {
  // Packages of npm have the modules as ".js". A variable, as bundlers take
  // `new URL("…", import.meta.url)` for a file to copy.
  const here = import.meta.url;
  const extension = /\.[cm]?[jt]s(?=$|\?)/.exec(here)?.[0] ?? ".ts";
  return new URL(`../${path}${extension}`, here);
}

/**
 * Returns the source of a module that starts a worker.
 *
 * @param start The function of `_worker/start.ts`.
 */
export function bootstrap(start: string): string {
  const { href } = libraryUrl("_worker/start");
  return `import { ${start} } from ${JSON.stringify(href)}; ${start}();`;
}

/** Returns a module of this source as a URL. */
export function dataUrl(source: string): string {
  return "data:text/javascript," + encodeURIComponent(source);
}
