/**
 * Makes reader and writer of a connection of the host.
 *
 * @module
 */
import type { ReceiveBuffer } from "../_io/receive_buffer.ts";
import { TransportWriter } from "../_io/writer.ts";
import type { Coro } from "../_coroutine/coroutine.ts";
import { RuntimeError } from "../errors.ts";
import { refusal } from "../_host/errors.ts";
import type { EventLoop } from "../loop.ts";
import { StreamReader } from "../stream_reader.ts";
import type { Address, StreamWriter } from "../stream_writer.ts";
import { handshakeOf } from "./handshake.ts";
import { callHost } from "./host_call.ts";
import type { HostTransport, TlsRequest } from "../_net/network.ts";
import { upgradeTls } from "./options.ts";

/** What the two ends of a connection are made of. */
export interface StreamParts {
  readonly loop: EventLoop;
  /** The connection, not started. */
  readonly transport: HostTransport;
  /** The limit of the reader. */
  readonly limit: number;
  /** Where the other end was reached by, for TLS; `undefined` at the server's side. */
  readonly reached: Address | undefined;
  /** Called once, when the connection is over. */
  readonly onLost?: () => void;
}

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
      const tls = upgradeTls(options, parts.reached);
      return (current) =>
        upgrade(loop, reader._buffer, current as HostTransport, tls);
    },
  });
  loop._resources.add(writer);
  transport.start(reader._buffer, writer);
  return [reader, writer];
}

function upgrade(
  loop: EventLoop,
  { waiter }: ReceiveBuffer,
  current: HostTransport,
  request: TlsRequest,
): Coro<HostTransport> {
  if (current.isTls) {
    throw new RuntimeError(`Cannot start TLS: the ${current} is TLS already`);
  }
  if (waiter !== undefined) {
    throw new RuntimeError(
      `Cannot start TLS: another task reads from the ${current}`,
    );
  }
  return handshake(loop, current, request);
}

function* handshake(
  loop: EventLoop,
  current: HostTransport,
  request: TlsRequest,
): Coro<HostTransport> {
  try {
    return yield* callHost(
      loop,
      handshakeOf(current, request),
      request.handshakeTimeout,
    );
  } catch (error) {
    throw refusal(error, `Cannot start TLS on the ${current}`);
  }
}
