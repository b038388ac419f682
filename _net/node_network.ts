/**
 * The network of `node:net` and `node:tls`.
 *
 * @module
 */
import type { Address } from "../stream_writer.ts";
import type {
  ConnectRequest,
  HostListener,
  HostTransport,
  ListenerOwner,
  ListenRequest,
  Network,
} from "./network.ts";
import { nodeNet, type NodeServer, type NodeSocket } from "./node_host.ts";
import { type Ends, NodeTransport, settled } from "./node_transport.ts";

// As CPython: small messages are not held back, and half a connection may end.
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true } as const;

/** Connects and listens by way of `net.connect()` and `net.createServer()`. */
export const NODE_NETWORK: Network = {
  async connect(request, signal): Promise<HostTransport> {
    const socket = nodeNet().connect(connectOptions(request));
    await settled(socket, "connect", signal);
    return new NodeTransport(socket, unixEnds(request.address));
  },

  async listen(request, owner): Promise<HostListener> {
    const listener = new Listener(request, owner);
    await listener.open();
    return listener;
  },
};

function connectOptions(
  { address, localAddress, attemptDelay }: ConnectRequest,
): Readonly<Record<string, unknown>> {
  if (address.path !== undefined) {
    return { ...SOCKET_OPTIONS, path: address.path };
  }
  return {
    ...SOCKET_OPTIONS,
    host: address.hostname,
    port: address.port,
    ...localAddress === undefined ? {} : { localAddress },
    ...attemptDelay === undefined
      ? {}
      // Node takes no less than 10 ms.
      : { autoSelectFamilyAttemptTimeout: Math.max(attemptDelay, 10) },
  };
}

/** Accepts connections, and keeps them until it is started. */
class Listener implements HostListener {
  address: Address;
  readonly #request: ListenRequest;
  readonly #owner: ListenerOwner;
  readonly #server: NodeServer;
  #waiting: NodeTransport[] | undefined = [];
  #closed = false;

  constructor(request: ListenRequest, owner: ListenerOwner) {
    this.address = request.address;
    this.#request = request;
    this.#owner = owner;
    this.#server = nodeNet().createServer({
      ...SOCKET_OPTIONS,
      pauseOnConnect: true,
    });
    this.#server.on("connection", (socket) => this.#connected(socket));
  }

  /** Begins to listen. */
  open(): Promise<void> {
    const { address, backlog, reusePort } = this.#request;
    return new Promise((resolve, reject) => {
      this.#server.on("error", reject);
      this.#server.on("listening", () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => this.#owner.acceptFailed(error));
        this.address = this.#boundAddress();
        resolve();
      });
      this.#server.listen({
        ...address.path !== undefined
          ? { path: address.path }
          : { host: address.hostname, port: address.port },
        ...backlog === undefined ? {} : { backlog },
        ...reusePort === undefined ? {} : { reusePort },
      });
    });
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const transport of waiting) this.#owner.connected(transport);
  }

  close(): Promise<void> {
    this.#closed = true;
    // It is told only after the last connection, but the port is free at once.
    this.#server.close();
    for (const transport of this.#waiting ?? []) transport.abort();
    return Promise.resolve();
  }

  #connected(socket: NodeSocket): void {
    const { address } = this.#request;
    const transport = new NodeTransport(socket, unixEnds(address));
    if (this.#closed) transport.abort();
    else if (this.#waiting === undefined) this.#owner.connected(transport);
    else this.#waiting.push(transport);
  }

  #boundAddress(): Address {
    const bound = this.#server.address();
    return typeof bound !== "object" || bound === null
      ? this.#request.address
      : { hostname: bound.address, port: bound.port };
  }
}

// Of a Unix socket, Node does not tell them.
function unixEnds(address: Address): Ends | undefined {
  return address.path !== undefined
    ? { peername: address, sockname: address }
    : undefined;
}
