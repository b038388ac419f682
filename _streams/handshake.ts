/**
 * The TLS handshake of a connection, which is work of the host.
 *
 * @module
 */
import type { HostTransport, TlsRequest } from "../_net/network.ts";
import { secure } from "../_net/tls.ts";
import type { HostWork } from "./host_call.ts";

/** The handshake that makes a plain connection one of TLS. */
export function handshakeOf(
  plain: HostTransport,
  request: TlsRequest,
): HostWork<HostTransport> {
  return {
    what: `TLS handshake of the ${plain}`,
    start: (signal) => secure(plain, request, signal),
    discard: (late) => late.abort(),
  };
}
