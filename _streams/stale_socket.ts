/**
 * The file of a Unix socket that a program has left behind when it was killed.
 *
 * @module
 */
import type { HostListener, Network } from "../_net/network.ts";
import { nodeFiles } from "../_net/node_host.ts";

/**
 * Listens at a Unix socket; takes the place of one that nobody listens at any more.
 *
 * CPython removes any socket that is there, also that of a server that runs.
 *
 * @param network The network.
 * @param path Where to listen.
 * @param signal Gives it up.
 * @param listen Listens there.
 */
export async function listenAtPath(
  network: Network,
  path: string,
  signal: AbortSignal,
  listen: () => Promise<HostListener>,
): Promise<HostListener> {
  try {
    return await listen();
  } catch (error) {
    if (codeOf(error) !== "EADDRINUSE") throw error;
    if (!isSocket(path) || await answers(network, path, signal)) throw error;
    nodeFiles().unlinkSync(path);
    return await listen();
  }
}

function isSocket(path: string): boolean {
  try {
    return nodeFiles().lstatSync(path).isSocket();
  } catch {
    // It may not be looked at.
    return false;
  }
}

/** Whether somebody is there, or it can't be known that nobody is. */
async function answers(
  network: Network,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const request = {
      address: { path },
      localAddress: undefined,
      attemptDelay: undefined,
    };
    const transport = await network.connect(request, signal);
    transport.abort();
    return true;
  } catch (error) {
    return codeOf(error) !== "ECONNREFUSED";
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string }).code;
}
