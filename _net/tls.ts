/**
 * TLS, by `node:tls`, which Node, Bun and Deno have.
 *
 * On Deno too: a connection of Deno's own TLS stays open when it is closed in its handshake,
 * until the other end goes, and Deno can't go over to TLS at the server's side.
 *
 * @module
 */
import { hostTurn } from "../_host/turn.ts";
import { RuntimeError } from "../errors.ts";
import { findDeno } from "./deno_host.ts";
import type { HostTransport, TlsRequest } from "./network.ts";
import { findNodeCrypto, findNodeTls, nodeNet } from "./node_host.ts";
import { NodeTransport, settled } from "./node_transport.ts";

/**
 * Makes a plain connection one of TLS; closes it if that fails.
 *
 * @param transport The connection, used up by this.
 * @param request How, and on which side.
 * @param signal Gives it up.
 * @returns A promise of the transport to use instead, not started.
 */
export async function secure(
  transport: HostTransport,
  request: TlsRequest,
  signal: AbortSignal,
): Promise<HostTransport> {
  const tls = findNodeTls();
  const ends = {
    peername: transport.extraInfo("peername")!,
    sockname: transport.extraInfo("sockname")!,
  };
  const socket = await transport.detach();
  try {
    if (tls === undefined) {
      throw new RuntimeError("Cannot start TLS: this host has no node:tls");
    }
    const options = tlsOptions(request);
    const secured = request.isServer
      ? new tls.TLSSocket(socket, { ...options, isServer: true })
      : tls.connect({ ...options, ...serverName(request), socket });
    const event = request.isServer ? "secure" : "secureConnect";
    await settled(secured, event, signal);
    const encrypted = new NodeTransport(secured, ends, {
      inside: socket,
      shutdownTimeout: request.shutdownTimeout,
    });
    // Node tells it in the midst of reading: an end that is sent there makes it lose what has
    // come with the last of the handshake. Deno loses what comes while nobody listens.
    if (findDeno() === undefined) await hostTurn();
    return encrypted;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * Sees whether a server can use its certificate: else each handshake would fail, of which a
 * server tells nobody.
 *
 * @throws {RangeError} If it can't.
 */
export function checkCertificate({ cert, key }: TlsRequest): void {
  const crypto = findNodeCrypto();
  if (crypto === undefined) return;
  const certificate = parsed("cert", () => new crypto.X509Certificate(cert!));
  const privateKey = parsed("key", () => crypto.createPrivateKey(key!));
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new RangeError("The key of tls is not that of its cert");
}

function parsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new RangeError(`The ${name} of tls cannot be read, give it as PEM`, {
      cause,
    });
  }
}

function tlsOptions(
  { ca, cert, key, alpn }: TlsRequest,
): Readonly<Record<string, unknown>> {
  return {
    ...cert === undefined ? {} : { cert },
    ...key === undefined ? {} : { key },
    ...alpn === undefined ? {} : { ALPNProtocols: [...alpn] },
    ...ca === undefined ? {} : { ca: [ca].flat() },
  };
}

// An address is no name that a client may ask for, but is checked all the same.
function serverName(
  { serverHostname = "" }: TlsRequest,
): Readonly<Record<string, unknown>> {
  return nodeNet().isIP(serverHostname) === 0
    ? { servername: serverHostname, host: serverHostname }
    : { host: serverHostname };
}
