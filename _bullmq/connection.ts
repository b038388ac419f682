/**
 * The end of what holds a connection to Redis, whether Redis answers or not.
 *
 * @module
 */
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
  const closed = client.close().catch(ignore);
  if (!wasUp) {
    client.getBackend().close(true).catch(ignore);
    return await closed;
  }
  await withLimit(closed, LONGEST_GOODBYE);
  // It does nothing if the connection is gone.
  client.disconnect().catch(ignore);
}

/** Waits for a promise that never rejects, but not longer than some seconds. */
export function withLimit(
  promise: Promise<void>,
  seconds: number,
): Promise<void> {
  return new Promise((resolve) => {
    const limit = new HostTimer(seconds, resolve);
    promise.then(() => {
      limit.cancel();
      resolve();
    });
  });
}

// It is to end, and has: how does not matter any more.
function ignore(): void {}

/** What an error of a connection says; that of several addresses has no own message. */
export function messageOfError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const first = (error as Partial<AggregateError>).errors?.[0];
  return error.message || (first instanceof Error ? first.message : error.name);
}
