/**
 * The handlers that `server.ts` compares; as a program, a server of one of them.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints its ports

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import {
  type EventLoop,
  handleRequests,
  newEventLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from "@asyncio/asyncio";

/** What a handler answers with. */
export const ANSWER = "hello";

/** A handler of `Deno.serve`. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** How a handler is judged. */
export interface Contestant {
  /** What is measured, for the table. */
  readonly what: string;
  /** Whose requests a second and CPU time are 1. */
  readonly beside: string;
  /** The ratio to reach; none for what is no handler of this library. */
  readonly must?: number;
  /** Makes the handler. */
  make(): Handler;
}

const SLEEPERS = 5;
const NAP = 0.001;

async function work(): Promise<Response> {
  return await Promise.resolve(new Response(ANSWER));
}

/** The handlers that the others are compared with. */
export const yardsticks: Readonly<Record<string, () => Handler>> = {
  bare: () => work,
  unwatched: () => handleRequests(work, { watchAfter: Infinity }),
  "bare sleepers": () => async () => {
    await Promise.all(
      Array.from(
        { length: SLEEPERS },
        () => new Promise<void>((resolve) => setTimeout(resolve, NAP * 1000)),
      ),
    );
    return new Response(ANSWER);
  },
};

/** The handlers that are judged. */
export const contestants: Readonly<Record<string, Contestant>> = {
  least: {
    what: "the least of a task: a start and an end that wait a microtask, " +
      "in an `AsyncLocalStorage`",
    beside: "bare",
    make: leastTask,
  },
  run: {
    what: "`run(work)`",
    beside: "bare",
    must: 0.75,
    make: () => () => run(work),
  },
  timeout: {
    what: "`run(() => timeout(10, work))`",
    beside: "bare",
    must: 0.70,
    make: () => () => run(() => timeout(10, work)),
  },
  task: {
    what: "a task of one shared loop",
    beside: "bare",
    must: 0.85,
    make: () => {
      const loop = sharedLoop();
      return async () => await loop.createTask(work);
    },
  },
  requests: {
    what: "`handleRequests(work)`, `work` an async function",
    beside: "bare",
    must: 0.70,
    make: () => handleRequests(work),
  },
  "requests, generator": {
    what: "`handleRequests(work)`, `work` a generator function",
    beside: "bare",
    must: 0.95,
    make: () =>
      handleRequests(function* () {
        return new Response(ANSWER);
      }),
  },
  watched: {
    what: "`handleRequests(work)`, clients watched",
    beside: "unwatched",
    must: 0.97,
    make: () => handleRequests(work),
  },
  group: {
    what: "a group of five sleeping tasks",
    beside: "bare sleepers",
    must: 0.90,
    make: () => {
      const loop = sharedLoop();
      return async () => await loop.createTask(sleepers);
    },
  },
};

// What no task of an async function can do without, by hand.
function leastTask(): Handler {
  const storage = new AsyncLocalStorage<object>();
  return () =>
    new Promise((resolve, reject) => {
      queueMicrotask(() => {
        storage.run({}, work).then(
          (response) => queueMicrotask(() => resolve(response)),
          reject,
        );
      });
    });
}

async function sleepers(): Promise<Response> {
  await taskGroup(function* (group) {
    for (let i = 0; i < SLEEPERS; i++) group.createTask(sleep(NAP));
  });
  return new Response(ANSWER);
}

// Runs as long as the process.
function sharedLoop(): EventLoop {
  const loop = newEventLoop();
  loop.runForever();
  return loop;
}

/** Finds a handler by its name. */
export function makeHandler(name: string): Handler {
  const make = yardsticks[name] ?? contestants[name]?.make;
  if (make === undefined) throw new RangeError(`No handler "${name}"`);
  return make();
}

if (import.meta.main) {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, makeHandler(Deno.args[0]!));
  // On a port of its own, so that the handlers need not look at the path.
  const meter = Deno.serve(options, () => Response.json(process.cpuUsage()));
  console.log(JSON.stringify([server.addr.port, meter.addr.port]));
}
