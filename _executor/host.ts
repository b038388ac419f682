/**
 * What executors ask of their host: its name, and where the library lies.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import { builtin } from "../_host/environment.ts";
import type { Movable } from "./job_types.ts";

interface Host {
  readonly process?: {
    getBuiltinModule?(name: string): unknown;
    readonly execPath: string;
  };
  readonly Deno?: unknown;
  readonly Bun?: unknown;
}

interface OsModule {
  availableParallelism(): number;
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

/**
 * Posts a message to a port.
 *
 * @param port The port.
 * @param message The message.
 * @param transfer What it moves there.
 */
export function postToPort(
  port: MessagePort,
  message: unknown,
  transfer: readonly Movable[],
): void {
  // Deno 2.9 takes twice as long where there is a list, be it an empty one.
  const moved = transfer.length === 0 ? null : transfer;
  port.postMessage(message, moved as Transferable[]);
}

/** How many threads the machine runs at once. */
export function hardwareConcurrency(): number {
  // Node has no navigator before 21.
  const { navigator } = globalThis as Partial<typeof globalThis>;
  return navigator?.hardwareConcurrency ??
    builtin<OsModule>("node:os")!.availableParallelism();
}

// The place of what is part of a bundle, or runs in a worker made of a blob.
const NOWHERE = "bundle:///_executor/host.js";

// This module, where it has a file of its own.
const OWN = /\/_executor\/host(\.[cm]?[jt]s)(?=$|\?)/;

/**
 * Returns the URL of a module of the library; where the library has no place of its own, one
 * that nothing can be loaded from.
 *
 * @param path The way from its root, without the extension.
 */
export function libraryUrl(path: string): URL {
  // Packages of npm have the modules as ".js". A variable, as bundlers take
  // `new URL("…", import.meta.url)` for a file to copy.
  const here: string | undefined = import.meta.url;
  const extension = OWN.exec(here ?? "")?.[1];
  const relative = `../${path}${extension ?? ".ts"}`;
  const isOwn = extension !== undefined && URL.canParse(relative, here);
  return new URL(relative, isOwn ? here : NOWHERE);
}

/**
 * Returns the source of a module that starts a worker.
 *
 * @param start The function of `_worker/start.ts`.
 * @throws {RuntimeError} If workers can't load it, since the library has no place.
 */
export function bootstrap(start: string): string {
  const { href, protocol } = libraryUrl("_worker/start");
  if (protocol === "bundle:") {
    throw new RuntimeError(
      `Cannot start a worker: the library is in a bundle, from which workers cannot load it: ` +
        `leave it out of the bundle, as an external package`,
    );
  }
  return `import { ${start} } from ${JSON.stringify(href)}; ${start}();`;
}

/** Returns a module of this source as a URL. */
export function dataUrl(source: string): string {
  return "data:text/javascript," + encodeURIComponent(source);
}
