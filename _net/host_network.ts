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
 * @throws {RuntimeError} If this host has none.
 */
export function hostNetwork(): Network {
  if (findDeno() !== undefined) return DENO_NETWORK;
  if (findNodeNet() !== undefined) return NODE_NETWORK;
  throw new RuntimeError(
    "Cannot open a connection: this host has no sockets, as a browser has none",
  );
}
