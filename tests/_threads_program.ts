/**
 * The program of `threads_test.ts`: loops in threads of `node:worker_threads`. Its argument
 * says what the threads do.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import {
  isMainThread,
  parentPort,
  Worker,
  workerData,
} from "node:worker_threads";
import {
  createTask,
  DeadlockError,
  Event,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  once,
  Queue,
  run,
  sleep,
  timeout,
} from "../mod.ts";
import { runTest } from "../testing.ts";

/** What a thread does; what it says is a line of the program's output. */
const THREADS: Readonly<Record<string, () => Promise<void>>> = {
  /** Stands in a run when the program is interrupted. */
  async interrupted() {
    await run(async () => {
      createTask(async () => {
        await sleep(0.05);
        say("kill SIGINT");
      });
      await sleep(3600);
    });
  },
  async refuses() {
    say(errorOf(getEventLoop));
    await run(async () => {
      await sleep(0);
      const loop = getRunningLoop();
      say(errorOf(() => loop.addSignalHandler("SIGTERM", () => {})));
    }, { signals: ["SIGTERM"], grace: 1 });
  },
  async answers() {
    const port = parentPort!;
    const numbers = new Queue<number>();
    await run(async () => {
      const loop = getRunningLoop();
      const end = new Event();
      const take = (message: unknown) => {
        if (message === "end") loop.callSoonThreadsafe(() => end.set());
        else numbers.putNowait(message as number);
      };
      port.on("message", take);
      const adder = createTask(function* () {
        return (yield* numbers.get()) + (yield* numbers.get());
      });
      say("send");
      say(`${await adder}`);
      await end.wait();
      port.off("message", take);
      say("ended");
    });
  },
  async hears() {
    await run(async () => {
      say("send");
      const port = parentPort as unknown as EventTarget;
      say((await once<MessageEvent<string>>(port, "message")).data);
    });
  },
  async virtual() {
    const seconds = await runTest(async (loop) => {
      await gather(sleep(3600), sleep(7200));
      return loop.time();
    });
    say(`${seconds}`);
    const error = await runTest(() => new Future<void>()).catch((error) =>
      error
    );
    say(`${error instanceof DeadlockError}`);
  },
  async stopped() {
    await run(async () => {
      createTask(async () => {
        for (;;) await sleep(0);
      });
      await sleep(0.01);
      say("terminate");
      await timeout(3600, () => sleep(1800));
    });
  },
  async forgets() {
    await run(async () => {
      createTask(async () => {
        await sleep(0);
        throw new Error("lost");
      }, { name: "loser" });
      await sleep(0.01);
      process.exit(7);
    });
  },
};

function say(line: string): void {
  parentPort!.postMessage(line);
}

function errorOf(call: () => unknown): string {
  try {
    return `no error, but ${call()}`;
  } catch (error) {
    return String(error);
  }
}

/** Starts a thread; its lines, and what it exits with. */
async function startThread(name: string): Promise<void> {
  const thread = new Worker(new URL(import.meta.url), { workerData: name });
  thread.on("message", (line: string) => {
    if (line === "terminate") void thread.terminate();
    else if (line === "send") {
      for (const message of [1, 2, "end"]) thread.postMessage(message);
    } else console.log(line);
  });
  const code = await new Promise<unknown>((resolve, reject) => {
    thread.on("error", reject);
    thread.on("exit", resolve);
  });
  console.log(`exit ${code}`);
}

if (isMainThread) {
  const names = process.argv.slice(2);
  await Promise.all(names.map(startThread));
  // Where the host still has the ports of threads that were stopped.
  process.exit(0);
} else await THREADS[workerData as string]!();
