/**
 * A socket of Node as a stream that can be held back, for TLS on Deno: Deno's TLS takes a
 * socket of Node over, so that a pause of that one does nothing, and loses the end of the
 * connection if it is paused itself.
 *
 * @module
 */
import { type HeldSocket, type NodeSocket, nodeStream } from "./node_host.ts";

/**
 * Makes a stream of a socket.
 *
 * @param socket The socket; destroying the stream closes it.
 */
export function heldDuplexOf(socket: NodeSocket): HeldSocket {
  const { Duplex } = nodeStream();
  let isHeld = false;
  const duplex = new Duplex({
    allowHalfOpen: true,
    read(): void {
      if (!isHeld) socket.resume();
    },
    write(bytes, _encoding, done): void {
      socket.write(bytes, done);
    },
    final(done): void {
      socket.end();
      done();
    },
    destroy(error, done): void {
      socket.destroy();
      done(error);
    },
  });
  let hasEnded = false;
  const listeners: Readonly<Record<string, (argument: never) => void>> = {
    data(bytes: Uint8Array): void {
      if (!duplex.push(bytes)) socket.pause();
    },
    end(): void {
      hasEnded = true;
      duplex.push(null);
    },
    error: (error: Error) => duplex.destroy(error),
    close(): void {
      // What has come is still to be read.
      if (!hasEnded) duplex.destroy();
    },
  };
  for (const [event, listener] of Object.entries(listeners)) {
    socket.on(event, listener);
  }
  return Object.assign(duplex, {
    hold(): void {
      isHeld = true;
      socket.pause();
    },
    release(): void {
      isHeld = false;
      socket.resume();
    },
  });
}
