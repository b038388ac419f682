/**
 * The clients of the echo servers: so many connections, so many messages in flight.
 *
 * @module
 */

/** What the clients send. */
export interface Load {
  /** How many connections there are. */
  readonly connections: number;
  /** How many bytes a message has, its newline too. */
  readonly size: number;
  /** How many messages are in flight on a connection. */
  readonly inFlight: number;
}

/** Clients that stay connected from round to round. */
export class Clients {
  readonly #connections: readonly Deno.TcpConn[];
  readonly #load: Load;

  private constructor(connections: readonly Deno.TcpConn[], load: Load) {
    this.#connections = connections;
    this.#load = load;
  }

  /** Connects. */
  static async connect(port: number, load: Load): Promise<Clients> {
    const connections: Deno.TcpConn[] = [];
    for (let i = 0; i < load.connections; i++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      connection.setNoDelay(true);
      connections.push(connection);
    }
    return new Clients(connections, load);
  }

  /**
   * Sends messages, and checks what comes back.
   *
   * @param count How many, on all connections together; a multiple of what is in flight.
   * @returns How many were answered.
   */
  async send(count: number): Promise<number> {
    const { size, inFlight } = this.#load;
    const batch = new TextEncoder().encode(
      `${"x".repeat(size - 1)}\n`.repeat(inFlight),
    );
    let left = Math.floor(count / inFlight);
    let answered = 0;
    await Promise.all(this.#connections.map(async (connection) => {
      const answer = new Uint8Array(batch.length);
      while (left-- > 0) {
        for (let sent = 0; sent < batch.length;) {
          sent += await connection.write(batch.subarray(sent));
        }
        for (let got = 0; got < batch.length;) {
          const n = await connection.read(answer.subarray(got));
          if (n === null) throw new Error("The server closed a connection");
          got += n;
        }
        if (answer[size - 1] !== 10 || answer.at(-1) !== 10) {
          throw new Error("The server has sent something else");
        }
        answered += inFlight;
      }
    }));
    return answered;
  }

  /** Closes all connections. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
