/**
 * A connection of Deno as a stream of Node, for TLS.
 *
 * @module
 */
import { closeQuietly, type DenoConn } from "./deno_host.ts";
import { HIGH_WATER } from "../_io/limits.ts";
import { type HeldSocket, nodeStream } from "./node_host.ts";

/**
 * Makes a stream of a connection.
 *
 * @param conn The connection; destroying the stream closes it.
 * @param early What was read of it already, or is being read: it comes first.
 */
export function duplexOf(
  conn: DenoConn,
  early: Promise<Uint8Array | null>[],
): HeldSocket {
  const { Duplex } = nodeStream();
  let isHeld = false;
  let isWanted = false;
  const readNext = (): void => {
    isWanted = isHeld;
    if (isHeld) return;
    (early.shift() ?? readSome(conn)).then(
      (bytes) => void duplex.push(bytes),
      (error) => duplex.destroy(error),
    );
  };
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: readNext,
    write(bytes, _encoding, done): void {
      writeAll(conn, bytes).then(() => done(), done);
    },
    final(done): void {
      // An end that is gone already can't be told, and need not be.
      conn.closeWrite().then(done, () => done());
    },
    destroy(error, done): void {
      closeQuietly(conn);
      done(error);
    },
  });
  return Object.assign(duplex, {
    hold(): void {
      isHeld = true;
    },
    release(): void {
      isHeld = false;
      if (isWanted) readNext();
    },
  });
}

async function readSome(conn: DenoConn): Promise<Uint8Array | null> {
  const room = new Uint8Array(HIGH_WATER);
  const count = await conn.read(room);
  return count === null ? null : room.subarray(0, count);
}

async function writeAll(conn: DenoConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await conn.write(bytes.subarray(sent));
  }
}
