/**
 * Registers a workload with `deno bench`: a quick look, with all peers in one process.
 *
 * What is to be relied on is measured by `table.ts`, where each has its own.
 *
 * @module
 */
import { peers } from "./_peers.ts";
import { noop, type PeerName, type Workload } from "./_workload.ts";

/** Registers a workload with `count` operations an iteration. */
export async function bench(
  workload: Workload,
  count: number,
  options: { readonly n?: number; readonly warmup?: number } = {},
): Promise<void> {
  for (const name of Object.keys(peers) as PeerName[]) {
    const run = await prepared(workload, name);
    if (run === undefined) continue;
    Deno.bench({
      ...options,
      name: peers[name].label,
      group: `${workload.name}, ${count.toLocaleString("en")} operations`,
      baseline: name === "native",
      fn: async () => void await run(count, noop),
    });
  }
}

/** Makes a peer ready; gives nothing if it cannot do the workload or is out of reach. */
async function prepared(workload: Workload, name: PeerName) {
  try {
    return await workload.peers[name]?.();
  } catch (error) {
    // Our own errors are ours to see.
    if (peers[name].specifier === undefined) throw error;
    return undefined;
  }
}
