/**
 * Measures all contenders on one host, in one process, round by round, and prints the
 * medians as JSON: `measure.mjs <jobs> <rounds>`.
 */
// deno-lint-ignore-file no-console
import timers from "node:timers/promises";
import { contenders } from "./contenders.mjs";

const ROOT = process.env.ASYNCIO_ROOT;
const { run, sleep } = await import(ROOT + "mod.ts");
const { WorkerExecutor } = await import(ROOT + "worker_executor.ts");

const [jobs, rounds] = process.argv.slice(2).map(Number);
const MOST_CLOSING_MS = 5000;
const samples = {};
// Idle threads of some peers let the program end.
const keepAlive = setInterval(() => {}, 1000);

for (let round = 0; round < rounds; round++) {
  for (const [name, { own, make }] of Object.entries(contenders)) {
    for (const workers of [1, 2]) {
      const measured = () => measure(name, workers, make);
      await (own ? run(measured) : measured());
    }
  }
}
await run(measureCancel);
clearInterval(keepAlive);

const medians = Object.fromEntries(
  Object.entries(samples).map(([name, figures]) => [
    name,
    Object.fromEntries(
      Object.entries(figures).map(([key, all]) => [key, quantile(all, 0.5)]),
    ),
  ]),
);
console.log(JSON.stringify(medians));
process.exit(0);

async function measure(name, workers, make) {
  const pool = await make(workers);
  if (pool === undefined) return;
  // Until all threads are up and warm.
  await pool.all(times(workers, () => pool.run({ busy: 300_000 })));
  await pool.all(times(workers, () => pool.run({ busy: 50_000 })));
  for (let i = 0; i < Math.min(300, jobs); i++) {
    expect(name, [await pool.run(i)], i);
  }
  // Whoever sends jobs at once does it more than once: all are compiled by then.
  for (let k = 0; k < 3; k++) {
    expect(name, await pool.all(times(jobs / 2, (i) => pool.run(i))), 0);
  }
  if (workers === 1) {
    // As many one by one: a worker has much to compile, and a service goes on for long.
    for (let i = 0; i < jobs; i++) await pool.run(i);
    const latencies = [];
    for (let i = 0; i < Math.min(1500, jobs); i++) {
      const start = performance.now();
      await pool.run(i);
      latencies.push((performance.now() - start) * 1000);
    }
    add(name, "latency", quantile(latencies, 0.5));
  }
  let start = performance.now();
  await pool.all(times(jobs, (i) => pool.run(i)));
  add(name, `jobs/s ${workers}`, jobs / (performance.now() - start) * 1000);
  if (workers === 2) {
    const count = Math.ceil(jobs / 10);
    start = performance.now();
    await pool.all(times(count, () => pool.run({ busy: 100 })));
    const cpu = count * 0.1 / workers;
    add(name, "share", cpu / (performance.now() - start));
  }
  const closed = pool.close();
  // All is measured, and poolifier does not end its threads each time.
  const isPeer = !contenders[name].own && name !== "by hand";
  await (isPeer
    ? Promise.race([closed, timers.setTimeout(MOST_CLOSING_MS)])
    : closed);
}

// From `cancel()` to the end of the job's clean-up, as the submitter sees it.
async function measureCancel() {
  await using pool = new WorkerExecutor(
    new URL("cancel_jobs.mjs", import.meta.url),
    { maxWorkers: 1 },
  );
  for (const name of ["wait", "spin"]) {
    const spans = [];
    for (let i = 0; i < Math.min(300, jobs); i++) {
      const flag = new SharedArrayBuffer(4);
      const marks = new Int32Array(flag);
      const job = pool.submit(name, [flag]);
      while (marks[0] !== 1) await sleep(0.0005);
      const start = performance.now();
      job.cancel();
      await Promise.allSettled([job]);
      spans.push(performance.now() - start);
      if (marks[0] !== 2) throw new Error("The job did not clean up");
    }
    add("asyncio", `cancel ${name} p99`, quantile(spans, 0.99));
  }
}

// The results must be the numbers from `first` on.
function expect(name, results, first) {
  results.forEach((result, i) => {
    if (result !== first + i) {
      throw new Error(`${name} gave ${result} for ${first + i}`);
    }
  });
}

function times(n, make) {
  return Array.from({ length: n }, (_, i) => make(i));
}

function add(name, key, value) {
  ((samples[name] ??= {})[key] ??= []).push(value);
}

function quantile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
}
