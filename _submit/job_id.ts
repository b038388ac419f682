/**
 * What jobs are called in the queue.
 *
 * @module
 */
import { describeValue } from "../_base/repr.ts";
import { cannotSubmit } from "../_pool/checks.ts";

/**
 * Returns the name of a job in the queue: that of its key, or a new one.
 *
 * @throws {TypeError} If the key is no text, or one that cannot be sent.
 */
export function jobId(name: string, key: unknown): string {
  if (key === undefined) return crypto.randomUUID();
  if (typeof key !== "string" || key === "" || /[\uD800-\uDFFF]/u.test(key)) {
    throw new TypeError(
      cannotSubmit(
        name,
        `key must be a text that is not empty, got ${describeValue(key)}`,
      ),
    );
  }
  // BullMQ refuses numbers and ":".
  return `key-${encodeURIComponent(key)}`;
}
