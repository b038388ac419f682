/**
 * What is used of Deno's network.
 *
 * @module
 */

/** What is used of a `Deno.Conn`. */
export interface DenoConn {
  readonly localAddr: DenoAddr;
  readonly remoteAddr: DenoAddr;
  read(into: Uint8Array): Promise<number | null>;
  write(data: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  setNoDelay?(on: boolean): void;
  close(): void;
}

/** An address of Deno. */
export interface DenoAddr {
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: string | null;
}

/** What is used of a `Deno.Listener`. */
export interface DenoListener {
  readonly addr: DenoAddr;
  accept(): Promise<DenoConn>;
  close(): void;
}

/** What is used of `Deno`. */
export interface DenoNamespace {
  readonly errors: {
    readonly NotCapable: new (message: string) => Error;
  };
  readonly permissions: {
    requestSync(
      query: { readonly name: "net"; readonly host: string },
    ): { readonly state: string };
  };
  /** There with `--unstable-net` only. */
  readonly listenDatagram?: unknown;
  connect(options: {
    readonly transport?: "unix";
    readonly path?: string;
    readonly hostname?: string;
    readonly port?: number;
    readonly signal?: AbortSignal;
    readonly autoSelectFamilyAttemptDelay?: number;
  }): Promise<DenoConn>;
  listen(options: {
    readonly transport?: "unix";
    readonly path?: string;
    readonly hostname?: string;
    readonly port?: number;
    readonly reusePort?: boolean;
    readonly tcpBacklog?: number;
  }): DenoListener;
}

/** Deno, if this is it. */
export function findDeno(): DenoNamespace | undefined {
  return (globalThis as { readonly Deno?: DenoNamespace }).Deno;
}

/** Deno. Asked for only where it is known to be there. */
export function denoHost(): DenoNamespace {
  return findDeno()!;
}

/** Closes what the host may have closed itself. */
export function closeQuietly(closable: { close(): void }): void {
  try {
    closable.close();
  } catch {
    // It is closed: no coroutine runs in here, so no cancellation can be meant.
  }
}
