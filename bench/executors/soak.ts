/**
 * Many jobs on many workers, and what is left of them:
 * `deno run -A bench/executors/soak.ts 100000 500`. It ends with an error if threads, open
 * files or listeners are left; a timer or a port would keep it from ending at all.
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

/** What is left, above what there was after the first workers. */
export interface Left {
  readonly threads: number;
  readonly files: number;
  readonly listeners: number;
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
  await runJobs(each, watched);
  const before = await held();
  for (let i = 1; i < executors; i++) await runJobs(each, watched);
  const after = await held();
  return {
    threads: after.threads - before.threads,
    files: after.files - before.files,
    listeners: watched.listeners,
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

/** The threads and open files of this process, where the system tells. */
async function held(): Promise<{ threads: number; files: number }> {
  if (Deno.build.os !== "linux") return { threads: 0, files: 0 };
  // The host ends its threads a little later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const length = (folder: string) => [...Deno.readDirSync(folder)].length;
  return {
    threads: length("/proc/self/task"),
    files: length("/proc/self/fd"),
  };
}

if (import.meta.main) {
  const [count = "100000", workers = "500"] = Deno.args;
  const left = await soak(Number(count), Number(workers));
  console.log(`${count} jobs, ${workers} workers: ${JSON.stringify(left)}`);
  // The host itself has some threads that come and go.
  const isClean = left.threads < 10 && left.files < 10 && left.listeners === 0;
  Deno.exitCode = isClean ? 0 : 1;
}
