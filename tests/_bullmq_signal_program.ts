/**
 * Serves a queue until a signal comes: `_bullmq_signal_program.ts mode 6379 queue folder`,
 * where the folder has BullMQ in its `node_modules`; Deno needs none. A line
 * `kill SIGTERM` asks the test for that signal.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createRequire } from "node:module";
import process from "node:process";
import { type Bullmq, serveBullmq } from "../bullmq.ts";
import { createTask } from "../create_task.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { race } from "../race.ts";
import { run } from "../runner.ts";
import { closing } from "../shutdown.ts";
import { sleep } from "../sleep.ts";

const ask = (): void => console.log("kill SIGTERM");

const jobs = {
  /** Ends though the signal has come. */
  async ends(): Promise<string> {
    const signal = closing();
    ask();
    await signal;
    await sleep(0.2);
    console.log("end");
    return "result";
  },
  /** Never ends by itself. */
  async hangs(): Promise<void> {
    ask();
    try {
      await sleep(3600);
    } finally {
      await sleep(0.05);
      console.log("clean");
    }
  },
  /** Is behind another one in the queue. */
  next(): void {
    console.log("next");
  },
  /** Never ends by itself, and asks for the signal twice. */
  async asksTwice(): Promise<void> {
    createTask(async () => {
      await closing();
      ask();
    });
    await jobs.hangs();
  },
};

const [mode, port, queue, folder] = process.argv.slice(2);
const bullmq = folder === undefined
  ? (await import("./_bullmq_engine.ts")).bullmq
  : createRequire(`${folder}/program.js`)("bullmq") as Bullmq;

const GRACES: Readonly<Record<string, number>> = {
  "within the grace": 3600,
  "by two signals": 3600,
  "over the grace": 0.2,
  "over no grace": 0,
  "beside closing()": 3600,
};
const grace = GRACES[mode!];

await run(async () => {
  const serving = serveBullmq(bullmq, new InlineExecutor(jobs), {
    queue: queue!,
    connection: { host: "127.0.0.1", port: Number(port) },
  });
  // By hand, as one did before serveBullmq() heard of signals.
  if (mode === "beside closing()") {
    return void await race<PromiseLike<unknown>>([serving, closing()]);
  }
  await serving;
}, { signals: ["SIGTERM"], ...(grace === undefined ? {} : { grace }) });
