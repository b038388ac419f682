/**
 * Stands in for `@std/async` where JSR is out of reach.
 *
 * @module
 */

/** Options of `delay`. */
export interface DelayOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
  /** Whether the timer keeps the process alive. */
  persistent?: boolean;
}

/** Options of `deadline`. */
export interface DeadlineOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
}

/** Waits for `ms` milliseconds. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (!persistent) Deno.unrefTimer(Number(timer));
    function onAbort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Rejects with a `TimeoutError` DOMException if `p` takes longer than `ms`. */
export async function deadline<T>(
  p: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const signals = [AbortSignal.timeout(ms)];
  if (options.signal) signals.push(options.signal);
  const signal = AbortSignal.any(signals);
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, p]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Maps with at most `poolLimit` calls at once; gives results in input order. */
export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  iteratorFn: (data: T) => Promise<R>,
): AsyncIterableIterator<R> {
  const errors: unknown[] = [];
  let failed = false;
  const results = new TransformStream<Promise<PromiseSettledResult<R>>, R>({
    async transform(result, controller) {
      const settled = await result;
      if (settled.status === "fulfilled") controller.enqueue(settled.value);
      else errors.push(settled.reason);
    },
    flush(controller) {
      if (failed) {
        controller.error(
          new AggregateError(errors, "Cannot complete the mapping"),
        );
      }
    },
  });
  void feed(results.writable.getWriter());
  return results.readable[Symbol.asyncIterator]();

  async function feed(
    writer: WritableStreamDefaultWriter<Promise<PromiseSettledResult<R>>>,
  ): Promise<void> {
    const executing = new Set<Promise<unknown>>();
    try {
      for await (const item of array) {
        if (failed) break;
        const call = Promise.resolve().then(() => iteratorFn(item));
        const result = Promise.allSettled([call]).then(([settled]) => settled);
        const end: Promise<unknown> = result.then(({ status }) => {
          executing.delete(end);
          failed ||= status === "rejected";
        });
        executing.add(end);
        // A reader that left is no error of the mapping.
        writer.write(result).catch(() => {});
        if (executing.size >= poolLimit) await Promise.race(executing);
        if (failed) break;
      }
    } catch {
      // The input failed. The real one gives the calls' errors only, too.
      failed = true;
    }
    writer.close().catch(() => {});
  }
}
