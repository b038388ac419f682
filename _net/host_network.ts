/**
 * Finds the network of this host.
 *
 * @module
 */
import { RuntimeError } from "../errors.ts";
import { findDeno } from "./deno_host.ts";
import { DENO_NETWORK } from "./deno_network.ts";
import type { Network } from "./network.ts";
import { findNodeNet } from "./node_host.ts";
import { NODE_NETWORK } from "./node_network.ts";

/**
 * Returns the network of this host.
 *
 * @param localAddress Whether a local address is asked for, which Deno's own can't do.
 * @throws {RuntimeError} If this host has none.
 */
export function hostNetwork(localAddress = false): Network {
  // On Deno its own: `node:net` ends the program if a permission is missing.
  if (findDeno() !== undefined && !localAddress) return DENO_NETWORK;
  if (findNodeNet() !== undefined) return NODE_NETWORK;
  throw new RuntimeError(
    "Cannot open a connection: this host has no sockets, as a browser has none",
  );
}
