/**
 * What is used of `node:net` and `node:tls`, which Node, Bun and Deno have.
 *
 * @module
 */
import { builtin } from "../_host/environment.ts";

/** What is used of a `net.Socket`. */
export interface NodeSocket {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  readonly writableLength: number;
  readonly writableFinished: boolean;
  readonly alpnProtocol?: string | false | null;
  readonly encrypted?: boolean;
  getProtocol?(): string | null;
  on(event: string, listener: (argument: never) => void): this;
  off(event: string, listener: (argument: never) => void): this;
  read(size: number): unknown;
  write(bytes: Uint8Array, sent?: () => void): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  unshift(bytes: Uint8Array): void;
  destroy(error?: Error): void;
  destroySoon(): void;
  setNoDelay(on: boolean): void;
}

/** A stream that can be held back without a pause, where it must not have one. */
export interface HeldSocket extends NodeSocket {
  /** Takes no more from the host. */
  hold?(): void;
  /** Goes on. */
  release?(): void;
}

/** What is used of a `net.Server`. */
export interface NodeServer {
  address(): NodeAddress | string | null;
  listen(options: Readonly<Record<string, unknown>>): void;
  close(): void;
  on(event: string, listener: (...args: never[]) => void): this;
  off(event: string, listener: (...args: never[]) => void): this;
}

/** An address of Node. */
export interface NodeAddress {
  readonly address: string;
  readonly port: number;
}

/** What is used of `node:net`. */
export interface NodeNet {
  connect(options: Readonly<Record<string, unknown>>): NodeSocket;
  createServer(options: Readonly<Record<string, unknown>>): NodeServer;
  isIP(text: string): number;
}

/** What is used of `node:tls`. */
export interface NodeTls {
  readonly TLSSocket: new (
    socket: NodeSocket,
    options: Readonly<Record<string, unknown>>,
  ) => NodeSocket;
  connect(options: Readonly<Record<string, unknown>>): NodeSocket;
}

/** What is used of `node:stream`. */
export interface NodeStream {
  readonly Duplex: new (
    options: {
      readonly allowHalfOpen: boolean;
      read(): void;
      write(
        bytes: Uint8Array,
        encoding: unknown,
        done: (error?: unknown) => void,
      ): void;
      final(done: () => void): void;
      destroy(error: unknown, done: (error: unknown) => void): void;
    },
  ) => NodeSocket & { push(bytes: Uint8Array | null): boolean };
}

/** What is used of `node:crypto`. */
export interface NodeCrypto {
  readonly X509Certificate: new (pem: string) => {
    checkPrivateKey(key: object): boolean;
  };
  createPrivateKey(pem: string): object;
}

/** What is used of `node:fs`. */
export interface NodeFiles {
  lstatSync(path: string): { isSocket(): boolean };
  unlinkSync(path: string): void;
}

/** `node:net`, if this host has it. The first call takes 54 ms on Deno, 2 on Node. */
export function findNodeNet(): NodeNet | undefined {
  return builtin<NodeNet>("node:net");
}

/** `node:net`. Asked for only where it is known to be there. */
export function nodeNet(): NodeNet {
  return findNodeNet()!;
}

/** `node:tls`, if this host has it. */
export function findNodeTls(): NodeTls | undefined {
  return builtin<NodeTls>("node:tls");
}

/** `node:crypto`, if this host has it. */
export function findNodeCrypto(): NodeCrypto | undefined {
  return builtin<NodeCrypto>("node:crypto");
}

/** `node:fs`. Asked for only where there are Unix sockets. */
export function nodeFiles(): NodeFiles {
  return builtin<NodeFiles>("node:fs")!;
}

/** `node:stream`. Asked for only where `node:tls` is. */
export function nodeStream(): NodeStream {
  return builtin<NodeStream>("node:stream")!;
}
