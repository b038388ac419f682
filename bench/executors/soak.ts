/**
 * Many jobs on many workers, and what is left of them:
 * `deno run -A --v8-flags=--expose-gc bench/executors/soak.ts 100000 500`. It ends with an
 * error if threads, open files, listeners or memory are left; a timer or a port would keep
 * it from ending at all.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { gather } from "../../gather.ts";
import { run } from "../../runner.ts";
import type * as jobs from "../../tests/_executor_jobs.ts";
import { WorkerExecutor } from "../../worker_executor.ts";

const MODULE = new URL("../../tests/_executor_jobs.ts", import.meta.url);
const WORKERS_AT_ONCE = 2;
// How many executors come and go before anything is counted.
const WARM_UP = 3;
// 100,000 jobs that leave 30 bytes each, or 500 workers that leave 6 kB, are more.
const MOST_BYTES = 3_000_000;

/** What is left, above what there was after the first workers. */
export interface Left {
  readonly threads: number;
  readonly files: number;
  readonly listeners: number;
  /** Of the heap, in bytes; 0 where nobody can collect it. */
  readonly bytes: number;
}

/**
 * Runs jobs on workers that come and go, two at a time.
 *
 * @param count How many jobs in all.
 * @param workers How many workers in all.
 */
export async function soak(count: number, workers: number): Promise<Left> {
  const executors = Math.ceil(workers / WORKERS_AT_ONCE);
  const each = Math.ceil(count / executors);
  const watched = new WatchedSignal();
  // What is compiled and kept once is there after these.
  for (let i = 0; i < WARM_UP; i++) await runJobs(each, watched);
  const before = await held();
  for (let i = WARM_UP; i < executors; i++) await runJobs(each, watched);
  const after = await held();
  return {
    threads: after.threads - before.threads,
    files: after.files - before.files,
    listeners: watched.listeners,
    bytes: after.bytes - before.bytes,
  };
}

async function runJobs(count: number, watched: WatchedSignal): Promise<void> {
  await run(async () => {
    await using executor = new WorkerExecutor<typeof jobs>(MODULE, {
      maxWorkers: WORKERS_AT_ONCE,
    });
    const options = { timeout: 3600, signal: watched.signal };
    const results = await gather(
      Array.from(
        { length: count },
        (_, k) => executor.submit("double", [k], options),
      ),
    );
    const wrong = results.findIndex((result, k) => result !== 2 * k);
    if (wrong >= 0) throw new Error(`Job ${wrong} gave ${results[wrong]}`);
  });
}

/** A signal that counts who listens to it. */
class WatchedSignal {
  readonly signal: AbortSignal = new AbortController().signal;
  listeners = 0;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.listeners--;
      remove(...args);
    };
  }
}

/** What this process holds, where the system tells. */
async function held(): Promise<Omit<Left, "listeners">> {
  // The host ends its threads a little later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { gc } = globalThis as { gc?(): void };
  gc?.();
  const bytes = gc === undefined ? 0 : Deno.memoryUsage().heapUsed;
  if (Deno.build.os !== "linux") return { threads: 0, files: 0, bytes };
  const length = (folder: string) => [...Deno.readDirSync(folder)].length;
  return {
    threads: length("/proc/self/task"),
    files: length("/proc/self/fd"),
    bytes,
  };
}

if (import.meta.main) {
  const [count = "100000", workers = "500"] = Deno.args;
  const left = await soak(Number(count), Number(workers));
  console.log(`${count} jobs, ${workers} workers: ${JSON.stringify(left)}`);
  // The host itself has some threads that come and go.
  const isClean = left.threads < 10 && left.files < 10 &&
    left.listeners === 0 && left.bytes < MOST_BYTES;
  Deno.exitCode = isClean ? 0 : 1;
}
