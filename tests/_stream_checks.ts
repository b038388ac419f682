/**
 * What the programs about connections share, on every host.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program prints what failed

import { createServer, type Socket } from "node:net";
import process from "node:process";
import {
  openConnection,
  run,
  type Server,
  sleep,
  type StreamReader,
  type StreamWriter,
  timeout,
} from "../mod.ts";
import { type Certificate, makeCertificate } from "./_certificates.ts";

/** The checks of a program by name. Each runs in a loop of its own. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

/** Where servers of checks listen. */
export const HOST = "127.0.0.1";

/**
 * An address that no other program of the tests uses: a port that was just given back there
 * is nobody else's.
 */
export const OWN_HOST = process.platform === "linux"
  ? `127.1.${process.pid >> 8 & 255}.${process.pid & 255 || 255}`
  : HOST;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array => encoder.encode(text);
/** The text of bytes. */
export const textOf = (data: Uint8Array): string => decoder.decode(data);

/** Sends each line back. */
export async function echo(
  reader: StreamReader,
  writer: StreamWriter,
): Promise<void> {
  for await (const line of reader) await writer.write(line);
}

/** Connects to a server. */
export async function open(
  server: Server,
  options: Parameters<typeof openConnection>[2] = {},
): Promise<[StreamReader, StreamWriter]> {
  return await openConnection(HOST, server.sockets[0]!.port!, options);
}

/** The error that it must throw. */
export async function errorOf(
  work: () => PromiseLike<unknown>,
): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("An error was expected");
}

/** A server of the host that says nothing, and knows who is connected. */
export async function withSilentServer(
  body: (port: number, sockets: Set<Socket>) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, () => resolve()));
  try {
    await body((server.address() as { port: number }).port, sockets);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Waits until it holds. */
export async function until(condition: () => boolean): Promise<void> {
  await timeout(60, async () => {
    while (!condition()) await sleep(0.005);
  });
}

let made: Certificate | undefined;

/** The certificate of the checks, made when one first asks for it. */
export function certificate(): Certificate {
  return made ??= makeCertificate();
}

/** Runs one check in a loop of its own; nothing of it may be left. */
export async function runCheck(check: () => Promise<void>): Promise<void> {
  await run(() => timeout(60, check));
}

/** Runs all checks, and prints what failed. */
export async function runAll(checks: Checks): Promise<void> {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await runCheck(check);
    } catch (error) {
      console.log(`failed: ${name}: ${(error as Error).stack}`);
    }
  }
  // It ends by itself: nothing is left open.
  console.log("done");
}

/** What a program has said of errors, without what Node 22 says of its types. */
export function noWarnings(errors: string): string {
  return errors.split("\n").filter((line) =>
    !/Warning|--trace-warnings/.test(line)
  ).join("\n").trim();
}
