/**
 * The end of what holds a connection to Redis, whether Redis answers or not.
 *
 * @module
 */
import { isError } from "../_base/repr.ts";
import { HostTimer } from "../_executor/host_timer.ts";
import { type BullmqClient, listenTo } from "./engine.ts";

/** How long Redis has to say goodbye, in seconds. */
export const LONGEST_GOODBYE = 1;

/**
 * Waits until something has its connection, or could not get it.
 *
 * @param client What was just made.
 * @returns A promise that rejects with the first error: by itself the engine tries on for
 * ever.
 */
export function firstConnection(client: BullmqClient): Promise<void> {
  return new Promise((resolve, reject) => {
    // Errors that come later are those of a connection that is being made again, and an
    // event that nobody listens to would be thrown.
    listenTo(client, "error", reject);
    client.waitUntilReady().then(() => resolve(), reject);
  });
}

/**
 * Waits until all have their connection.
 *
 * @param clients What was just made.
 * @param connected Is given those that have it.
 * @returns A promise that rejects with the first error.
 */
export async function connectAll(
  clients: readonly BullmqClient[],
  connected: Set<BullmqClient>,
): Promise<void> {
  await Promise.all(clients.map(async (client) => {
    await firstConnection(client);
    connected.add(client);
  }));
}

/**
 * Ends something and its connection.
 *
 * @param client What to end.
 * @param wasUp Whether it ever had a connection: without one, it would wait for it.
 * @returns A promise that never rejects.
 */
export async function closeClient(
  client: BullmqClient,
  wasUp: boolean,
): Promise<void> {
  const ended = wasUp ? whenEnded(client) : undefined;
  const closed = client.close().catch(ignore);
  if (!wasUp) {
    for (const link of linksOf(client)) {
      link.close(true).catch(ignore);
      // BullMQ 5 tells of a connection that does not come, also when nobody listens.
      link.on("error", ignore);
    }
  }
  const end = Promise.all([closed, ended]).then(ignore);
  if (!await withLimit(end, LONGEST_GOODBYE)) await cutClient(client, closed);
}

/**
 * Waits until the connections of something are gone. One that is cut off while it is closed
 * may be called closed and connect again, or keep for ever what it was to send.
 *
 * @param client What has had its connections, and is not closing yet.
 * @returns A promise that never rejects.
 */
export async function whenEnded(client: BullmqClient): Promise<void> {
  await Promise.all(
    ownLinksOf(client).map(async (link) => {
      const redis = await link.client.catch(ignore);
      if (redis === undefined || redis.status === "end") return;
      await new Promise<void>((resolve) => redis.once("end", resolve));
    }),
  );
}

/**
 * Cuts the connections of something that is closing, as Redis does not say goodbye.
 *
 * @param client What is closing.
 * @param closed Settles when it is closed; must not reject.
 * @returns A promise that never rejects.
 */
export async function cutClient(
  client: BullmqClient,
  closed: Promise<void>,
): Promise<void> {
  for (const link of ownLinksOf(client)) link.client.then(cut, ignore);
  // It has timers, which end with it.
  if (await withLimit(closed, LONGEST_GOODBYE)) return;
  // A worker never ends when ioredis has forgotten what it asked for, as it does if it is
  // cut off again before it could send that again.
  const worker = client as WithTimers;
  worker.lockManager?.close().catch(ignore);
  worker.stalledCheckStopper?.();
}

/** A worker of BullMQ, as far as it has timers. */
interface WithTimers {
  readonly lockManager?: { close(): Promise<void> };
  readonly stalledCheckStopper?: () => void;
}

/** A connection, as BullMQ holds it. */
interface RedisLink {
  /** Settles when there is a connection for the first time. */
  readonly client: Promise<RedisClient>;
  /** Whether the client was given by the user. */
  readonly extraOptions?: { readonly shared?: boolean };
  /** Ends it. */
  close(force: boolean): Promise<void>;
  on(event: "error", listener: () => void): unknown;
}

/** What talks to Redis: a client of ioredis, or what looks as one. */
interface RedisClient {
  readonly status: string;
  readonly options?: { retryStrategy?: unknown };
  connect(): Promise<unknown>;
  disconnect(): void;
  once(event: "end", listener: () => void): unknown;
}

interface RedisLinks {
  readonly connection?: RedisLink;
  readonly blockingConnection?: RedisLink;
}

function linksOf(client: BullmqClient): RedisLink[] {
  // BullMQ 5 holds them itself.
  const { connection, blockingConnection } =
    (client.getBackend?.() ?? client) as RedisLinks;
  return [connection, blockingConnection].filter((link) => link !== undefined);
}

// A client that the user has given stays the user's.
function ownLinksOf(client: BullmqClient): RedisLink[] {
  return linksOf(client).filter(({ extraOptions }) => !extraOptions?.shared);
}

// What was to be sent is given up, so that who waits for an answer goes on.
function cut(client: RedisClient): void {
  // BullMQ connects again for what it has waited for too long.
  if (client.options !== undefined) client.options.retryStrategy = undefined;
  client.disconnect();
  // Cut between two tries it would stay there for ever, and give up nothing. BullMQ says
  // that this is its end.
  if (client.status !== "reconnecting" && client.status !== "end") return;
  client.connect().catch(ignore);
  client.disconnect();
}

/**
 * Waits for a promise that never rejects, but not longer than some seconds.
 *
 * @returns A promise of whether it has settled.
 */
export function withLimit(
  promise: Promise<void>,
  seconds: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = new HostTimer(seconds, () => resolve(false));
    promise.then(() => {
      limit.cancel();
      resolve(true);
    });
  });
}

// It is to end, and has: how does not matter any more.
function ignore(): void {}

/** What an error of a connection says; that of several addresses has no own message. */
export function messageOfError(error: unknown): string {
  if (!isError(error)) return String(error);
  const first = (error as Partial<AggregateError>).errors?.[0];
  return error.message || (isError(first) ? first.message : error.name);
}
