/**
 * Links an AbortSignal to what it cancels, and unlinks it: the only place that
 * listens to `abort`, so that every listener has a remover.
 *
 * @module
 */

/** What a signal may cancel. */
export interface Cancellable {
  cancel(message?: string, options?: ErrorOptions): boolean;
}

/**
 * Cancels `target` when `signal` aborts; the signal's reason is the `cause`.
 *
 * @returns Removes the listener. Call it when the work has ended.
 */
export function linkSignal(
  signal: AbortSignal,
  target: Cancellable,
): () => void {
  const onAbort = (): void => {
    target.cancel("The signal was aborted", { cause: signal.reason });
  };
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}
