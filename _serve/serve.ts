/**
 * Serves a queue for as long as its task wants.
 *
 * @module
 */
import { deferred } from "../_host/deferred.ts";
import { BrokenExecutor, CancelledError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { Coro } from "../coroutine.ts";
import { getRunningLoop } from "../running_loop.ts";
import { describeValue } from "../_base/repr.ts";
import { shutdownOf } from "../_run/shutdown.ts";
import { followPromise } from "../_coroutine/to_future.ts";
import { OwnedFuture } from "../_task/owned_future.ts";
import { messageOfError } from "../_bullmq/connection.ts";
import type { Bullmq } from "../_bullmq/engine.ts";
import { Server, type ServerOptions } from "./server.ts";

/**
 * Runs the jobs of a queue, until it is cancelled, the run is to end or the executor breaks.
 */
export function* serve(
  bullmq: Bullmq,
  executor: Executor<unknown>,
  options: ServerOptions,
): Coro<void> {
  const loop = getRunningLoop();
  const queue = describeValue(options.queue);
  let broken: BrokenExecutor | undefined;
  const end = new OwnedFuture(loop, {
    describeWait: () => `jobs of the queue ${queue}`,
  });
  const server = new Server(bullmq, executor, loop, options, (error) => {
    broken ??= error;
    end.release();
  });
  const shutdown = shutdownOf(loop);
  const stopped = deferred<void>();
  // As servers do: nobody new comes, and who is there has the grace.
  const leaveShutdown = shutdown.addService(`queue ${queue}`, () => {
    stopped.resolve();
    end.release();
    return server.close();
  });
  let cancelled: unknown;
  try {
    yield* followPromise(Promise.race([server.start(), stopped.promise]), loop);
    yield* end;
  } catch (error) {
    if (!(error instanceof CancelledError)) {
      broken = new BrokenExecutor(
        `Redis is out of reach for the queue ${queue}: ${
          messageOfError(error)
        }`,
        { cause: error },
      );
    } else cancelled = error;
  }
  leaveShutdown();
  const closing = server.close();
  if (shutdown.isGraceOver) server.giveBack();
  for (let isClosed = false; !isClosed;) {
    try {
      yield* followPromise(closing, loop);
      isClosed = true;
    } catch (error) {
      // Another cancel, or the jobs had the grace of the run to end: nobody waits for them.
      if (cancelled !== undefined || shutdown.isGraceOver) server.giveBack();
      cancelled ??= error;
    }
  }
  if (cancelled !== undefined) throw cancelled;
  // As serveForever() of a server.
  throw broken ??
    new CancelledError(
      `The queue ${queue} is served no more: the run is to end`,
    );
}
