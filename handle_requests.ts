/**
 * `handleRequests()`: HTTP requests that are tasks.
 *
 * It makes a fetch handler, as `Deno.serve`, `Bun.serve`, Hono, srvx and
 * `@hono/node-server` take one. A request whose client goes is cancelled, and cleans up.
 *
 * ```ts
 * import { handleRequests, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const handler = handleRequests(async (request: Request) => {
 *   await sleep(0.001);
 *   return new Response(`You asked for ${new URL(request.url).pathname}`);
 * });
 *
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   handler,
 * );
 * const response = await fetch(`http://127.0.0.1:${server.addr.port}/tea`);
 * assertEquals(await response.text(), "You asked for /tea");
 * ```
 *
 * @module
 */
import {
  check,
  checkOptions,
  DELAY,
  FUNCTION,
  type OptionKinds,
  STRING,
} from "./_base/arguments.ts";
import { type Delay, toSeconds } from "./clock.ts";
import { refuseAsyncGenerator } from "./_coroutine/coroutine.ts";
import type { Future, Wait } from "./future.ts";
import type { EventLoop } from "./loop.ts";
import type { DrainLimits } from "./_run/request_drain.ts";
import { RequestPool } from "./_run/request_pool.ts";
import { DEFAULT_CLEANUP } from "./_run/run_options.ts";
import { newEventLoop } from "./running_loop.ts";
import { onClosing } from "./shutdown.ts";
import { runningScheduler } from "./_loop/scheduler.ts";

/**
 * Answers a request.
 *
 * @typeParam I What the host gives beside the request.
 */
export type RequestHandler<I = unknown> = (
  request: Request,
  info: I,
) =>
  | Response
  | PromiseLike<Response>
  | Generator<Wait | undefined, Response, never>;

/** Options of {@linkcode handleRequests}. */
export interface HandleRequestsOptions {
  /**
   * What it is, for the report of a shutdown.
   *
   * @default {"requests"}
   */
  readonly name?: string | undefined;
  /**
   * From which age on a request is cancelled when its client goes: seconds, or an object
   * with units. To watch costs a host more than a short request does; 0 watches each one
   * from its beginning. Over HTTP/2, Deno does not tell of a client that has gone before.
   *
   * @default {25 milliseconds}
   */
  readonly watchAfter?: Delay | undefined;
  /**
   * How long a request may take until it is cancelled: seconds, or an object with units.
   *
   * @default {as long as it takes}
   */
  readonly timeout?: Delay | undefined;
  /**
   * Makes the answer to a request whose handler has failed.
   *
   * @default {500 Internal Server Error}
   */
  readonly onError?:
    | ((error: unknown, request: Request) => Response)
    | undefined;
}

/** What a fetch handler is given beside the request: nothing, if its handler wants nothing. */
export type InfoOf<I> = unknown extends I ? [info?: unknown] : [info: I];

/**
 * A fetch handler whose requests are tasks.
 *
 * @typeParam I What the host gives beside the request.
 */
export interface RequestTasks<I = unknown> {
  /** Runs the handler as a task. It never throws. */
  (request: Request, ...info: InfoOf<I>): Response | Promise<Response>;
  /** How many requests have no answer yet. */
  readonly active: number;
  /**
   * Asks clients to close their connections with each answer from now on, and returns a
   * future that is done when no request is without an answer.
   *
   * For a handler that is made outside of a `run()`, whose shutdown does this otherwise.
   *
   * @param options For how long requests may go on; as long as they take if left out.
   * @returns The future.
   * @throws {TypeError} If an option is of a wrong type, or `cleanup` has no `grace`.
   * @throws {RangeError} If a delay is NaN.
   *
   * @example Stop a server without a `run()`
   * ```ts
   * import { handleRequests, sleep } from "@asyncio/asyncio";
   * import { assertEquals } from "@std/assert";
   *
   * const handler = handleRequests(async () => {
   *   await sleep(3600);
   *   return new Response("late");
   * });
   *
   * const answer = handler(new Request("http://localhost/"));
   * await handler.drain({ grace: { milliseconds: 10 } });
   * assertEquals((await answer).status, 503);
   * ```
   */
  drain(options?: DrainOptions): Future<void>;
}

/** Options of {@linkcode RequestTasks.drain}, which mean what those of `run()` do. */
export interface DrainOptions {
  /**
   * How long requests may go on until they are cancelled: seconds, or an object with units.
   * What comes after that is answered 503.
   *
   * @default {as long as they take}
   */
  readonly grace?: Delay | undefined;
  /**
   * How long requests may clean up after that: seconds, or an object with units. Those that
   * have not ended then are answered 503 and left behind, and the loop's exception handler
   * is told which.
   *
   * @default {5}
   */
  readonly cleanup?: Delay | undefined;
}

const OPTIONS: OptionKinds<HandleRequestsOptions> = {
  name: STRING,
  watchAfter: DELAY,
  timeout: DELAY,
  onError: FUNCTION,
};

const DRAIN_OPTIONS: OptionKinds<DrainOptions> = {
  grace: DELAY,
  cleanup: DELAY,
};

/** Seconds: nearly all requests are done before. */
const WATCH_AFTER = 0.025;

/**
 * Makes a fetch handler that runs each request as a task of one loop, so that requests may
 * share locks, queues and limits.
 *
 * - **Loop**: called in a `run()`, requests are tasks of its loop, and its shutdown waits
 *   for them; called outside, it keeps a loop of its own.
 * - **Clients that go**: the task is cancelled, its `finally` blocks run.
 * - **Answers**: a handler that fails is reported and answers 500, one that is cancelled, by
 *   whomever, answers 503.
 * - **Context variables**: each request runs in a copy of the context of this call.
 *
 * Not in CPython.
 *
 * @typeParam I What the host gives beside the request.
 * @param handler An async, generator or plain function that answers a request.
 * @param options How long a request may take, and what answers one that has failed.
 * @returns The fetch handler.
 * @throws {TypeError} If `handler` is no function or an `async function*`, or an option is of a wrong type.
 * @throws {RangeError} If a delay is NaN.
 *
 * @example Stop without losing a request
 * ```ts ignore
 * import { closing, handleRequests, onClosing, run, sleep } from "@asyncio/asyncio";
 *
 * async function main() {
 *   const server = Deno.serve(handleRequests(async () => {
 *     await sleep(0.1);
 *     return new Response("hello");
 *   }));
 *   onClosing("http", () => server.shutdown());
 *   await closing();
 * }
 *
 * await run(main, { signals: ["SIGINT", "SIGTERM"], grace: 10 });
 * ```
 *
 * @example Ten at once
 * ```ts
 * import { handleRequests, Semaphore, sleep } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const limit = new Semaphore(10);
 *
 * const handler = handleRequests(async () => {
 *   using _ = await limit.acquire();
 *   await sleep(0.001);
 *   return new Response("done");
 * });
 *
 * const response = await handler(new Request("http://localhost/"));
 * assertEquals(await response.text(), "done");
 * ```
 */
export function handleRequests<I = unknown>(
  handler: RequestHandler<I>,
  options: HandleRequestsOptions = {},
): RequestTasks<I> {
  check("handle requests", "handler", handler, FUNCTION);
  refuseAsyncGenerator(handler, "handle requests");
  options = checkOptions("handle requests", options, OPTIONS);
  const { name = "requests", timeout, onError } = options;
  const loop = runningScheduler() as EventLoop | undefined;
  const pool = new RequestPool<I>(loop ?? newEventLoop(), handler, {
    isOwnLoop: loop === undefined,
    name,
    watchAfter: toSeconds(options.watchAfter ?? WATCH_AFTER),
    timeout: timeout === undefined ? undefined : toSeconds(timeout),
    onError,
  });
  if (loop !== undefined) onClosing(name, () => pool.drain());
  const tasks = (request: Request, info: I) => pool.answer(request, info);
  return Object.defineProperties(tasks, {
    active: { get: () => pool.active },
    drain: {
      value: (options: DrainOptions = {}) => pool.drain(limitsOf(options)),
    },
  }) as RequestTasks<I>;
}

function limitsOf(options: DrainOptions): DrainLimits | undefined {
  const { grace, cleanup } = checkOptions(
    "drain requests",
    options,
    DRAIN_OPTIONS,
  );
  if (grace !== undefined) {
    return {
      grace: toSeconds(grace),
      cleanup: toSeconds(cleanup ?? DEFAULT_CLEANUP),
    };
  }
  if (cleanup === undefined) return undefined;
  throw new TypeError(
    "Cannot drain requests: cleanup begins when the grace is over, give a grace as well",
  );
}
