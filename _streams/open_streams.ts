/**
 * Makes reader and writer of a connection of the host.
 *
 * @module
 */
import { isInstance } from "../_base/repr.ts";
import { TransportWriter } from "../_io/writer.ts";
import type { Transport } from "../_io/transport.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { CancelledError, RuntimeError } from "../errors.ts";
import type { EventLoop } from "../loop.ts";
import { StreamReader } from "../stream_reader.ts";
import type { StreamWriter, TlsOptions } from "../stream_writer.ts";
import { callHost } from "./host_call.ts";
import type { HostTransport } from "../_net/network.ts";
import { secure } from "../_net/tls.ts";
import { upgradeTls } from "./options.ts";

/** What the two ends of a connection are made of. */
export interface StreamParts {
  readonly loop: EventLoop;
  /** The connection, not started. */
  readonly transport: HostTransport;
  /** The limit of the reader. */
  readonly limit: number;
  /** Which side this is, for TLS. */
  readonly isServer: boolean;
  /** The name that the other end was reached by, for TLS. */
  readonly serverHostname: string | undefined;
  /** Called once, when the connection is over. */
  readonly onLost?: () => void;
}

/** How long a TLS handshake may take, in seconds, as in CPython. */
export const HANDSHAKE_TIMEOUT = 60;

/** Starts a connection, and gives its two halves. The loop closes it at the end. */
export function openStreams(
  parts: StreamParts,
): [reader: StreamReader, writer: StreamWriter] {
  const { loop, transport, limit } = parts;
  const reader = new StreamReader({ limit, loop });
  const writer: TransportWriter = new TransportWriter({
    transport,
    buffer: reader._buffer,
    loop,
    onLost: () => {
      loop._resources.delete(writer);
      parts.onLost?.();
    },
    upgrade: (options) => {
      const tls = upgradeTls(options, parts.isServer);
      return (current) =>
        upgrade(parts, reader, writer, current as HostTransport, tls);
    },
  });
  loop._resources.add(writer);
  transport.start(reader._buffer, writer);
  return [reader, writer];
}

function* upgrade(
  { loop, isServer, serverHostname }: StreamParts,
  reader: StreamReader,
  writer: TransportWriter,
  current: HostTransport,
  options: TlsOptions,
): Coro<Transport> {
  if (current.isTls) {
    throw new RuntimeError(`Cannot start TLS: the ${current} is TLS already`);
  }
  if (reader._buffer.waiter !== undefined) {
    throw new RuntimeError(
      `Cannot start TLS: another task reads from the ${current}`,
    );
  }
  try {
    const request = {
      ...serverHostname === undefined ? {} : { serverHostname },
      ...options,
      isServer,
    };
    const secured = yield* callHost(
      loop,
      {
        what: `TLS handshake of the ${current}`,
        start: (signal) => secure(current, request, signal),
        discard: (late) => late.abort(),
      },
      options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
    );
    secured.start(reader._buffer, writer);
    return secured;
  } catch (error) {
    // Half a handshake was sent: nothing else can be said on this connection.
    writer.connectionLost(
      isInstance(error, CancelledError) ? undefined : error,
    );
    throw error;
  }
}
