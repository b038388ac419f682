/**
 * Functions that are some microtasks away: whose way back is long, or that come later.
 *
 * @module
 */

/** Calls something, some functions further in. */
export async function deep(
  levels: number,
  work: () => unknown,
): Promise<void> {
  if (levels === 0) await work();
  else await deep(levels - 1, work);
}

/** Calls something, so many microtasks later; at once if none. */
export function afterMicrotasks(count: number, callback: () => void): void {
  if (count === 0) callback();
  else queueMicrotask(() => afterMicrotasks(count - 1, callback));
}
