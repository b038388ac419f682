/**
 * Who is measured, and how each is loaded.
 *
 * A peer is loaded by the process that measures it and by no other: Deno fetches
 * what an `import()` names as soon as it can read the name, so the names are kept
 * in a table.
 *
 * @module
 */
import type { PeerName } from "./_workload.ts";

/** A peer, for the reader of the table. */
export interface Peer {
  readonly label: string;
  /** Where it comes from, if it is a package. */
  readonly specifier?: string;
}

/** Every peer that runs in Deno, in the table's order. */
export const peers: Readonly<Record<PeerName, Peer>> = {
  native: { label: "native" },
  // What our `async` style can't be cheaper than, where a task is one async function.
  context: { label: "native, each in an `AsyncLocalStorage.run()`" },
  generator: { label: "asyncio `function*`" },
  async: { label: "asyncio `async`" },
  effection: { label: "Effection", specifier: "npm:effection@4" },
  effect: { label: "Effect", specifier: "npm:effect@4" },
  bluebird: { label: "Bluebird", specifier: "npm:bluebird@3" },
  caf: { label: "CAF", specifier: "npm:caf@15" },
  "p-limit": { label: "p-limit", specifier: "npm:p-limit@7" },
  "p-map": { label: "p-map", specifier: "npm:p-map@7" },
  "p-queue": { label: "p-queue", specifier: "npm:p-queue@10" },
  std: { label: "@std/async", specifier: "jsr:@std/async@1/pool" },
};

/** What is used of Bluebird, which comes without types. */
export interface Bluebird {
  coroutine<A extends unknown[], T>(
    body: (...args: A) => Generator<unknown, T, number>,
  ): (...args: A) => Promise<T>;
  resolve(): unknown;
  all<T>(promises: readonly Promise<T>[]): Promise<T[]>;
  delay(milliseconds: number): Promise<void> & { cancel(): void };
  map<T, R>(
    items: readonly T[],
    job: (item: T) => Promise<R>,
    options: { concurrency: number },
  ): Promise<R[]>;
  config(options: { cancellation: boolean }): void;
  new <T>(
    executor: (
      resolve: (value: T) => void,
      reject: (reason: Error) => void,
      onCancel?: (callback: () => void) => void,
    ) => void,
  ): Promise<T> & { cancel(): void; timeout(milliseconds: number): Promise<T> };
}

/** What is used of CAF, which comes without types. */
export interface Caf {
  <A extends unknown[], T>(
    body: (signal: AbortSignal, ...args: A) => Generator<unknown, T, number>,
  ): (signal: AbortSignal | CafToken, ...args: A) => Promise<T>;
  readonly cancelToken: new () => CafToken;
  delay(signal: AbortSignal, milliseconds: number): Promise<unknown>;
  timeout(milliseconds: number, message: string): CafToken;
}

/** What cancels a CAF function. */
export interface CafToken {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  discard(): void;
}

/** Loads this library. */
export function asyncio(): Promise<typeof import("../mod.ts")> {
  return import("../mod.ts");
}

/** Loads Effection. */
export function effection(): Promise<typeof import("npm:effection@4")> {
  return load("effection");
}

/** Loads Effect. */
export function effect(): Promise<typeof import("npm:effect@4")> {
  return load("effect");
}

/** Loads Bluebird. */
export async function bluebird(): Promise<Bluebird> {
  return (await load<{ default: Bluebird }>("bluebird")).default;
}

/** Loads CAF. */
export async function caf(): Promise<Caf> {
  return (await load<{ CAF: Caf }>("caf")).CAF;
}

/** Loads p-limit. */
export async function pLimit(): Promise<
  typeof import("npm:p-limit@7").default
> {
  return (await load<typeof import("npm:p-limit@7")>("p-limit")).default;
}

/** Loads p-map. */
export async function pMap(): Promise<typeof import("npm:p-map@7").default> {
  return (await load<typeof import("npm:p-map@7")>("p-map")).default;
}

/** Loads p-queue. */
export async function pQueue(): Promise<
  typeof import("npm:p-queue@10").default
> {
  return (await load<typeof import("npm:p-queue@10")>("p-queue")).default;
}

/** Loads `pooledMap()` of `@std/async`, which has no types here: JSR may be out of reach. */
export async function pooledMap(): Promise<
  <T, R>(
    limit: number,
    items: Iterable<T>,
    job: (item: T) => Promise<R>,
  ) => AsyncIterable<R>
> {
  return (await load<{ pooledMap: Awaited<ReturnType<typeof pooledMap>> }>(
    "std",
  )).pooledMap;
}

function load<T>(name: PeerName): Promise<T> {
  return import(peers[name].specifier!);
}
