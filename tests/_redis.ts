/**
 * A real Redis for tests, and BullMQ.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import type * as engine from "./_bullmq_engine.ts";

/** A Redis, and what talks to it. */
export interface Redis extends AsyncDisposable {
  readonly bullmq: typeof engine.bullmq;
  readonly connection: { readonly host: string; readonly port: number };
  /** Its process, if it is the test's own. */
  readonly pid: number | undefined;
}

const HOST = "127.0.0.1";
const PERMISSIONS = ["run", "read", "write", "net", "env"] as const;

/** Whether a test may start programs and talk to them. */
export const MAY_RUN: boolean = (await Promise.all(
  PERMISSIONS.map((name) => Deno.permissions.query({ name })),
)).every(({ state }) => state === "granted");

/**
 * Finds a Redis: that of `REDIS_URL`, or one that it starts.
 *
 * @returns A promise of it; of `undefined` where there is none, and it says so.
 */
export async function findRedis(): Promise<Redis | undefined> {
  if (!MAY_RUN) return undefined;
  const given = Deno.env.get("REDIS_URL");
  if (given === undefined) return await startRedis();
  const { hostname, port } = new URL(given);
  return {
    bullmq: await loadEngine(),
    connection: { host: hostname, port: Number(port || 6379) },
    pid: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Starts a Redis on a port of this machine that is free.
 *
 * @param wanted The port, if it matters.
 * @returns A promise of it, once it answers; of `undefined` where none is installed.
 */
export async function startRedis(wanted?: number): Promise<Redis | undefined> {
  if (!MAY_RUN) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "asyncio-redis-" });
  const port = wanted ?? freePort();
  const args = `--port ${port} --bind ${HOST} --appendonly no --dir ${folder}`;
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command("redis-server", {
      args: [...args.split(" "), "--save", ""],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  } catch (error) {
    await Deno.remove(folder);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("Skipped: no redis-server is installed, nor a REDIS_URL set");
    return undefined;
  }
  await answer(port, process);
  return {
    bullmq: await loadEngine(),
    connection: { host: HOST, port },
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      try {
        // It may be stopped, and an end may be overdue.
        process.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A port that nobody listens to, below those that a host gives to others by itself. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: HOST, port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

async function loadEngine(): Promise<typeof engine.bullmq> {
  // Not before: it asks for permissions when it is loaded.
  return (await import("./_bullmq_engine.ts")).bullmq;
}

async function answer(port: number, process: Deno.ChildProcess): Promise<void> {
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  while (!await ping(port)) {
    if (hasEnded) throw new Error(`redis-server did not start on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function ping(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: HOST, port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const bytes = new Uint8Array(16);
    const length = await connection.read(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, length)) === "+PONG\r\n";
  } catch {
    // Not yet.
    return false;
  }
}
