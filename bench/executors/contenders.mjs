/** The contenders: each makes a pool of `n` threads that are up. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const ROOT = process.env.ASYNCIO_ROOT;
const { WorkerExecutor } = await import(ROOT + "worker_executor.ts");
const { gather } = await import(ROOT + "mod.ts");

const url = (file) => new URL(file, import.meta.url);
const path = (file) => fileURLToPath(url(file));
const all = (jobs) => Promise.all(jobs);

/** By name. `own` pools need a loop. */
export const contenders = {
  asyncio: {
    own: true,
    make(n) {
      const pool = new WorkerExecutor(url("jobs.mjs"), { maxWorkers: n });
      return {
        run: (x) =>
          typeof x === "object"
            ? pool.submit("busy", [x.busy])
            : pool.submit("echo", [x]),
        all: (jobs) => gather(jobs),
        close: () => pool.shutdown(),
      };
    },
  },
  "by hand": { make: (n) => new ByHand(n) },
  piscina: {
    async make(n) {
      const { Piscina } = await import("piscina");
      const filename = path("jobs.mjs");
      const pool = new Piscina({
        filename,
        minThreads: n,
        maxThreads: n,
        maxQueue: Infinity,
      });
      return { run: (x) => pool.run(x), all, close: () => pool.destroy() };
    },
  },
  tinypool: {
    async make(n) {
      // It hangs there.
      if ("Deno" in globalThis) return undefined;
      const { default: Tinypool } = await import("tinypool");
      const filename = path("jobs.mjs");
      const pool = new Tinypool({ filename, minThreads: n, maxThreads: n });
      return { run: (x) => pool.run(x), all, close: () => pool.destroy() };
    },
  },
  workerpool: {
    async make(n) {
      const { default: workerpool } = await import("workerpool");
      const pool = workerpool.pool(path("worker_workerpool.mjs"), {
        minWorkers: n,
        maxWorkers: n,
        workerType: "thread",
      });
      return {
        run: (x) => pool.exec("run", [x]),
        all,
        close: () => pool.terminate(),
      };
    },
  },
  poolifier: {
    async make(n) {
      const { FixedThreadPool } = await import("poolifier");
      const pool = new FixedThreadPool(n, path("worker_poolifier.mjs"));
      return { run: (x) => pool.execute(x), all, close: () => pool.destroy() };
    },
  },
};

class ByHand {
  all = all;
  #idle;
  #workers;
  #queue = [];
  #waiting = new Map();
  #lastId = 0;

  constructor(n) {
    this.#workers = Array.from({ length: n }, () => {
      const worker = new Worker(path("worker_by_hand.mjs"));
      worker.on("message", ([id, result]) => {
        this.#waiting.get(id)(result);
        this.#waiting.delete(id);
        const job = this.#queue.shift();
        if (job === undefined) this.#idle.push(worker);
        else worker.postMessage(job);
      });
      return worker;
    });
    this.#idle = [...this.#workers];
  }

  run(x) {
    return new Promise((resolve) => {
      const job = [++this.#lastId, x];
      this.#waiting.set(this.#lastId, resolve);
      const worker = this.#idle.pop();
      if (worker === undefined) this.#queue.push(job);
      else worker.postMessage(job);
    });
  }

  close() {
    return Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
