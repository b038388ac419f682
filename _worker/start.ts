/**
 * The start of a worker, whatever kind it is: the bootstraps of `_channel/` call this.
 *
 * Deno's web workers are not used but where the user makes them: Deno 2.9 never stops one
 * in a loop, never tells that one has ended, and cannot `unref()` one.
 *
 * @module
 */
import { Runner } from "../runner.ts";
import { setEventLoop } from "../running_loop.ts";
import { running } from "../_base/running.ts";
import { toErrorData } from "../_executor/error_data.ts";
import { builtin } from "../_host/environment.ts";
import { listenToSignal } from "../_host/signals.ts";
import { listenToPort, postToPort } from "../_executor/host.ts";
import {
  FromWorker,
  type Hello,
  type Post,
  ToWorker,
} from "../_executor/wire.ts";
import { packer } from "../_executor/packer.ts";
import { checkReadable } from "./readable.ts";
import { FileWorkerMarks } from "./file_marks.ts";
import { JobRunner } from "./job_runner.ts";
import { SharedMarks, type WorkerMarks } from "./marks.ts";
import { type Jobs, worker } from "./state.ts";
import type { Movable } from "../_executor/job_types.ts";

// How long a result may wait for others, in seconds. What is not sent is lost with the
// worker, so it is short; a message costs the pool some 20 µs of a core, so not too short.
const LONGEST_WAIT = 0.0005;

/** Takes what the pool sends, after the first message. */
type Take = (message: unknown) => void;

/** Serves a pool by a thread of `node:worker_threads`. */
export function startThread(): void {
  const { parentPort } = builtin<ThreadModule>("node:worker_threads")!;
  parentPort.once(
    "message",
    (hello: Hello & { readonly port: MessagePort }) => {
      const { port } = hello;
      const take = serve(hello, (message, transfer) => {
        checkReadable(message, false);
        postToPort(port, message, transfer);
      });
      listenToPort(port, take);
    },
  );
}

/** Serves a pool by a process that has a channel to its parent. */
export function startProcess(): void {
  const { process } = globalThis as unknown as { process: ChildSide };
  const { pack, unpack } = packer();
  ignoreSignals();
  // Its parent has ended, or needs it no more.
  process.on("disconnect", () => {
    // Processes that jobs have started would live on.
    worker.loop?._resources.abandonAll(false, () => {});
    process.exit(0);
  });
  let take: Take | undefined;
  process.on("message", (bytes: Uint8Array) => {
    const message = unpack(bytes);
    if (take !== undefined) return take(message);
    take = serve(message as Hello, (message) => {
      checkReadable(message, true);
      process.send(pack(message), goOn);
    });
  });
}

// A terminal sends them to the program and all its processes, and so do managers of services.
// They are for the program, which may have a grace; if it ends, "disconnect" follows.
const FOR_THE_PROGRAM = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function ignoreSignals(): void {
  for (const signal of FOR_THE_PROGRAM) {
    try {
      listenToSignal(signal, () => {});
    } catch {
      // Windows does not have all of them.
    }
  }
}

// Nobody hears it any more: "disconnect" follows.
function goOn(): void {}

/** Serves a pool by a web worker. */
export function startWebWorker(): void {
  const scope = globalThis as unknown as WebWorkerScope;
  scope.onmessage = (
    event: MessageEvent<Hello & { readonly lock?: string }>,
  ) => {
    const hello = event.data;
    const take = serve(hello, (message, transfer) => {
      checkReadable(message, false);
      scope.postMessage(message, transfer as Transferable[]);
    }, held(hello.lock));
    scope.onmessage = (event: MessageEvent) => take(event.data);
  };
}

// What comes before the module is loaded waits in line.
function serve(hello: Hello, post: Post, before?: Promise<void>): Take {
  const early: unknown[] = [];
  let take: Take = (message) => early.push(message);
  start(hello, post, before).then((ready) => {
    take = ready;
    for (const message of early) ready(message);
  });
  return (message) => take(message);
}

async function start(
  hello: Hello,
  post: Post,
  before: Promise<void> | undefined,
): Promise<Take> {
  await before;
  let jobs: Jobs;
  try {
    jobs = worker.offered ?? await import(hello.module);
  } catch (error) {
    // The pool tells its users.
    post([FromWorker.StartFailed, toErrorData(error)], []);
    return () => {};
  }
  const runner = new Runner({ signals: [], cleanup: hello.grace });
  const loop = worker.loop = runner.getLoop();
  setEventLoop(loop);
  const stopped = loop.runForever();
  const marks = marksOf(hello);
  const { concurrency } = hello;
  const jobRunner = new JobRunner(
    jobs,
    concurrency,
    marks,
    post,
    () => loop,
    LONGEST_WAIT,
  );
  worker.runner = jobRunner;
  running.noteProcess = (...process) =>
    post([FromWorker.Process, ...process], []);
  post([FromWorker.Ready, marks !== undefined], []);
  // As the end of `run()`: tasks, processes and what else jobs have left behind clean up.
  const stop = async (): Promise<void> => {
    loop.stop();
    await stopped;
    await runner.close();
  };
  return (message) => {
    const [kind] = message as [number];
    if (kind !== ToWorker.Stop) jobRunner.take(message);
    else stop().finally(() => post([FromWorker.Stopped], []));
  };
}

function marksOf({ marks, markFile }: Hello): WorkerMarks | undefined {
  if (marks !== undefined) return new SharedMarks(marks);
  if (markFile === undefined) return undefined;
  const { process } = globalThis as unknown as { process: ChildSide };
  const inFile = new FileWorkerMarks(markFile, () => process.exit(1));
  return inFile.areKept() ? inFile : undefined;
}

// Whoever gets the lock knows that this worker is gone: the web tells nobody else.
async function held(name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const { locks } = navigator as unknown as { locks: Locks };
  await new Promise<void>((resolve) => {
    void locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
}

interface ThreadModule {
  readonly parentPort: {
    once(
      event: "message",
      listener: (hello: Hello & { readonly port: MessagePort }) => void,
    ): void;
  };
}

interface ChildSide {
  on(event: "disconnect", listener: () => void): void;
  on(event: "message", listener: (bytes: Uint8Array) => void): void;
  send(message: Uint8Array, done: () => void): void;
  exit(code: number): never;
}

interface WebWorkerScope {
  onmessage: unknown;
  postMessage(message: unknown, transfer: Movable[]): void;
}

interface Locks {
  request(name: string, callback: () => unknown): Promise<unknown>;
}
