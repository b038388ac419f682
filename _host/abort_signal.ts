/**
 * Links an AbortSignal to what it cancels, and unlinks it: the only place that
 * listens to `abort`, so that every listener has a remover.
 *
 * @module
 */
import { passAbort } from "../_base/cancelled.ts";
import { running } from "../_base/running.ts";

/** What a signal may cancel. */
export interface Cancellable {
  cancel(message?: string, options?: ErrorOptions): boolean;
}

/** One link, so that a target may be linked twice. */
interface Link {
  readonly target: Cancellable;
}

/**
 * Cancels `target` when `signal` aborts; the signal's reason is the `cause`.
 *
 * Hosts search their list of listeners for each one that is added or removed, so a signal
 * has one listener here, however many it cancels.
 *
 * @returns Removes the link. Call it when the work has ended.
 */
export function linkSignal(
  signal: AbortSignal,
  target: Cancellable,
): () => void {
  if (signal.aborted) {
    cancelBy(signal, target);
    return () => {};
  }
  const link: Link = { target };
  const links = linksOf(signal);
  links.all.add(link);
  return () => {
    if (!links.all.delete(link) || links.all.size > 0) return;
    signal.removeEventListener("abort", links.onAbort);
    running.signals.delete(signal);
  };
}

/** The links of one signal, in the order in which they were made. */
export interface SignalLinks {
  readonly all: Set<Link>;
  readonly onAbort: () => void;
}

function linksOf(signal: AbortSignal): SignalLinks {
  const known = running.signals.get(signal) as SignalLinks | undefined;
  if (known !== undefined) return known;
  const all = new Set<Link>();
  const onAbort = (): void => {
    running.signals.delete(signal);
    let failure: { readonly error: unknown } | undefined;
    for (const link of all) {
      try {
        passAbort(link, () => cancelBy(signal, link.target));
      } catch (error) {
        // Of a subclass of users; the others are to be cancelled all the same.
        failure ??= { error };
      }
    }
    all.clear();
    if (failure !== undefined) throw failure.error;
  };
  const links = { all, onAbort };
  running.signals.set(signal, links);
  signal.addEventListener("abort", onAbort, { once: true });
  return links;
}

function cancelBy(signal: AbortSignal, target: Cancellable): void {
  target.cancel("The signal was aborted", { cause: signal.reason });
}
