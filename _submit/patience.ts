/**
 * How long Redis may not answer.
 *
 * @module
 */
import { HostTimer } from "../_executor/host_timer.ts";

/** The text of who has waited for too long. */
export function silence(patience: number): string {
  return `Redis has not answered for ${patience} s`;
}

/** Redis has not answered for too long. */
export class Silence extends Error {}

/**
 * Waits for Redis, but not longer than some seconds.
 *
 * @param answer What Redis does.
 * @param patience How long to wait, in seconds; Infinity is for ever.
 * @returns A promise of the answer; rejects when there was none for so long.
 */
export async function withPatience<T>(
  answer: Promise<T>,
  patience: number,
): Promise<T> {
  if (patience === Infinity) return await answer;
  let limit: HostTimer | undefined;
  const over = new Promise<never>((_, reject) => {
    limit = new HostTimer(
      patience,
      () => reject(new Silence(silence(patience))),
    );
  });
  try {
    return await Promise.race([answer, over]);
  } finally {
    limit!.cancel();
  }
}
