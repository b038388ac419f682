/**
 * What this library is put beside, and how each is loaded.
 *
 * A peer is loaded by the process that measures it and by no other.
 *
 * @module
 */
import type { Run, Style } from "../_workload.ts";

/** Who is measured: native promises and this library in its styles, or a peer. */
export type PeerName =
  | Style
  | "effection"
  | "effect"
  | "p-limit"
  | "p-map"
  | "p-queue"
  | "std"
  | "cpython";

/** What others there are, for the reader of the table. */
export const peers: Readonly<Partial<Record<PeerName, string>>> = {
  effection: "Effection",
  effect: "Effect",
  "p-limit": "p-limit",
  "p-map": "p-map",
  "p-queue": "p-queue",
  std: "@std/async",
  cpython: "CPython",
};

/** Loads how a peer does the workloads, by their names. */
export async function loadPeer(
  name: PeerName,
): Promise<Readonly<Record<string, Run>> | undefined> {
  switch (name) {
    case "effection":
    case "effect":
      // Not by literal names: Deno would load both.
      return (await import(import.meta.resolve(`./${name}.ts`))).runs;
    case "p-limit":
      return { limit: await (await limiters()).pLimit() };
    case "p-map":
      return { limit: await (await limiters()).pMap() };
    case "p-queue":
      return { limit: await (await limiters()).pQueue() };
    case "std":
      return { limit: await (await limiters()).pooled() };
    default:
      return undefined;
  }
}

function limiters(): Promise<typeof import("./limiters.ts")> {
  return import(import.meta.resolve("./limiters.ts"));
}

/** What a style or a peer is called in a table. */
export function labelOf(name: PeerName): string {
  if (name === "generator") return "asyncio `function*`";
  return name === "async" ? "asyncio `async`" : peers[name] ?? name;
}
