/**
 * What the options of connections and servers may be.
 *
 * @module
 */
import {
  BOOLEAN,
  checkOptions,
  copyList,
  copyRecord,
  DELAY,
  integer,
  type Kind,
  type OptionKinds,
  STRING,
} from "../_base/arguments.ts";
import { toSeconds } from "../clock.ts";
import { LIMIT } from "../_io/limits.ts";
import type { TlsRequest } from "../_net/network.ts";
import type { Address, TlsOptions } from "../stream_writer.ts";

/** How long a TLS handshake may take, in seconds, as in CPython. */
const HANDSHAKE_TIMEOUT = 60;
/** How long the other end has to close its side of TLS as well, in seconds, as in CPython. */
const SHUTDOWN_TIMEOUT = 30;

const TLS: Kind = {
  words: "true, false or an object of TLS options",
  copy: copyRecord,
  fits: (value) => typeof value === "boolean" || isObject(value),
};

const SERVER_TLS: Kind = {
  words: "an object with cert and key",
  copy: copyRecord,
  fits: isObject,
  allows: ({ cert, key }: TlsOptions) =>
    cert !== undefined && key !== undefined,
};

const PEM: Kind = {
  words: "PEM text, or several in an array",
  copy: copyList,
  fits: (value) => [value].flat().every((text) => typeof text === "string"),
};

const STRINGS: Kind = {
  words: "an array of strings",
  copy: copyList,
  fits: (value) =>
    Array.isArray(value) && value.every((text) => typeof text === "string"),
};

/** A name, an address or a path. */
export const NAME: Kind = {
  ...STRING,
  words: "a string that is not empty",
  allows: (value: string) => value !== "",
};

const TLS_OPTIONS: OptionKinds<TlsOptions> = {
  serverHostname: NAME,
  ca: PEM,
  cert: STRING,
  key: STRING,
  alpn: STRINGS,
  handshakeTimeout: DELAY,
  shutdownTimeout: DELAY,
};

/** The options of `openUnixConnection()`. */
export const UNIX_CONNECTION_OPTIONS = { limit: LIMIT, tls: TLS };

/** The options of `openConnection()`. */
export const CONNECTION_OPTIONS = {
  ...UNIX_CONNECTION_OPTIONS,
  happyEyeballsDelay: DELAY,
  localAddress: NAME,
};

/** The options of `startServer()`. */
export const SERVER_OPTIONS = {
  limit: LIMIT,
  tls: SERVER_TLS,
  backlog: integer(1),
  reusePort: BOOLEAN,
  startServing: BOOLEAN,
  grace: DELAY,
};

/** Checks the TLS options of a client, and completes them. */
export function clientTls(
  address: Address,
  tls: TlsOptions | boolean | undefined,
): TlsRequest | undefined {
  if (tls === undefined || tls === false) return undefined;
  const options = tls === true ? {} : tls;
  return requestOfClient("connect", options, address);
}

/** Checks the TLS options of a server, and completes them. */
export function serverTls(options: TlsOptions): TlsRequest {
  return requestOfServer("start a server", options);
}

/**
 * Checks the TLS options of a connection that began plain, and completes them.
 *
 * @param options The options.
 * @param reached Where the other end was reached by, at the client's side.
 */
export function upgradeTls(
  options: TlsOptions,
  reached: Address | undefined,
): TlsRequest {
  return reached === undefined
    ? requestOfServer("start TLS", options)
    : requestOfClient("start TLS", options, reached);
}

function requestOfClient(
  action: string,
  given: TlsOptions,
  { path, hostname = "" }: Address,
): TlsRequest {
  const options = checkTls(action, given);
  if (path !== undefined && options.serverHostname === undefined) {
    throw new TypeError(
      `Cannot ${action}: TLS over a Unix socket needs a serverHostname to check`,
    );
  }
  const { serverHostname = hostname } = options;
  return { ...options, serverHostname, isServer: false };
}

function requestOfServer(action: string, given: TlsOptions): TlsRequest {
  const options = checkTls(action, given);
  if (options.ca !== undefined || options.serverHostname !== undefined) {
    throw new TypeError(
      `Cannot ${action}: ca and serverHostname are for clients, a server has cert and key`,
    );
  }
  if (options.cert === undefined) {
    throw new TypeError(`Cannot ${action}: a server needs cert and key`);
  }
  return { ...options, isServer: true };
}

function checkTls(
  action: string,
  options: TlsOptions,
): Omit<TlsRequest, "isServer"> {
  const tls = checkOptions(action, options, TLS_OPTIONS);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError(
      `Cannot ${action}: cert and key must be given together`,
    );
  }
  const {
    handshakeTimeout = HANDSHAKE_TIMEOUT,
    shutdownTimeout = SHUTDOWN_TIMEOUT,
  } = tls;
  return {
    ...tls,
    handshakeTimeout: toSeconds(handshakeTimeout),
    shutdownTimeout: toSeconds(shutdownTimeout),
  };
}

/** A name or address as hosts want it: a URL has `[::1]`, which Node looks up as a name. */
export function withoutBrackets(host: string): string {
  return /^\[.*:.*\]$/.test(host) ? host.slice(1, -1) : host;
}

/** A port of at least `least`. */
export function portKind(least: number): Kind {
  return {
    words: `an integer from ${least} to 65535`,
    fits: (value) => typeof value === "number",
    allows: (value) =>
      Number.isInteger(value) && value >= least && value <= 65_535,
  };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
