/**
 * Programs that are interrupted as by Ctrl-C, run apart by `signal_test.ts`. Each prints
 * what its `main` saw and what came out of `run()`.
 *
 * @module
 */
import {
  currentTask,
  EventLoop,
  Future,
  getRunningLoop,
  run,
  sleep,
  Task,
} from "../../mod.ts";

const seen: string[] = [];

/** Before the host's first turn its own answer to the signal would end the program. */
function interrupt(): void {
  setTimeout(() => Deno.kill(Deno.pid, "SIGINT"), 0);
}

async function outcomeOf(running: Promise<unknown>): Promise<string> {
  try {
    return `gave ${await running}`;
  } catch (error) {
    return (error as Error).name;
  }
}

const programs: Record<string, () => Promise<unknown>> = {
  "spin in a generator": () =>
    run(function* () {
      interrupt();
      try {
        for (;;) yield* sleep(0);
      } catch (error) {
        seen.push((error as Error).name);
        throw error;
      }
    }),
  "spin in an async function": () =>
    run(async () => {
      interrupt();
      try {
        for (;;) await sleep(0);
      } catch (error) {
        seen.push((error as Error).name);
        throw error;
      }
    }),
  "wait for a future": () =>
    run(async () => {
      const future = new Future();
      future.addDoneCallback(() =>
        seen.push(`cancelled ${future.cancelled()}`)
      );
      interrupt();
      try {
        await future;
      } catch (error) {
        seen.push((error as Error).name);
        await sleep(0);
        throw error;
      }
    }),
  "cancelled from elsewhere too": () =>
    run(async () => {
      const task = currentTask()!;
      interrupt();
      try {
        await new Future();
      } catch (error) {
        task.cancel();
        seen.push(`${task.cancelling()} requests`);
        throw error;
      }
    }),
  "a task without uncancel()": () =>
    run(async () => {
      interrupt();
      await new Future();
    }, {
      loopFactory: () => {
        const loop = new EventLoop();
        loop.setTaskFactory((loop, coro, options) =>
          Object.assign(new Task(coro, { ...options, loop }), {
            uncancel: undefined as never,
          })
        );
        return loop;
      },
    }),
  "no signals on this host": () => {
    Object.defineProperty(Deno, "addSignalListener", {
      value: () => {
        throw new Error("signals are not supported");
      },
    });
    return run(async () => {
      await sleep(0);
      return getRunningLoop().isRunning();
    });
  },
};

if (import.meta.main) {
  const outcome = await outcomeOf(programs[Deno.args[0]!]!());
  // deno-lint-ignore no-console
  console.log(JSON.stringify([...seen, outcome]));
}
