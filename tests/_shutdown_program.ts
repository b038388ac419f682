/**
 * The programs of `runner_signals_test.ts`, each in a process of its own, on every host.
 *
 * A line `kill SIGTERM` asks the test for that signal.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";
import {
  allTasks,
  closing,
  createTask,
  getRunningLoop,
  onClosing,
  run,
  type RunOptions,
  type ShutdownReport,
  sleep,
  taskGroup,
} from "../mod.ts";
import { ask, tell } from "./_asked_signals.ts";

const IN_TWO_PHASES: RunOptions = {
  signals: ["SIGTERM"],
  grace: 60,
  cleanup: 60,
  onShutdown: (report: ShutdownReport) => console.log(outcomes(report)),
};

/** What became of everything, without the seconds. */
function outcomes({ signal, services, tasks }: ShutdownReport): string {
  const ends = [...services, ...tasks].map(({ name, outcome }) =>
    `${name} ${outcome}`
  );
  return [signal, ...ends.sort()].join(", ");
}

/** Waits until the test ends it, and cleans up. */
async function cleanUp(name: string): Promise<void> {
  try {
    await sleep(3600);
  } finally {
    await sleep(0.01);
    console.log(`${name} cleaned up`);
  }
}

/** Ends at nothing. */
async function stubborn(): Promise<void> {
  for (;;) {
    try {
      await sleep(3600);
    } catch {
      // That is what it is for.
    }
  }
}

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  "ends in the grace": () =>
    tell(run(async () => {
      onClosing("http", async () => {
        await sleep(0.02);
        console.log("http stopped");
      });
      createTask(() => cleanUp("background"), { name: "background" });
      ask("SIGTERM");
      const signal = await closing();
      console.log("closing");
      return signal;
    }, IN_TWO_PHASES)),
  "waits for no service whose end was a cancel": () =>
    tell(run(async () => {
      const serving = createTask(() => sleep(3600), { name: "serving" });
      onClosing("own", async () => {
        await sleep(0.02);
        serving.cancel();
        await serving;
      });
      onClosing("cancelled by others", () => sleep(3600));
      ask("SIGTERM");
      const signal = await closing();
      for (const task of allTasks()) {
        if (task.getName() === "cancelled by others") task.cancel();
      }
      return signal;
    }, IN_TWO_PHASES)),
  "is cancelled by the second signal": () =>
    tell(run(function* () {
      createTask(() => cleanUp("background"), { name: "background" });
      onClosing("slow", () => sleep(3600));
      ask("SIGTERM");
      yield* closing();
      ask("SIGTERM");
      yield* taskGroup(function* (group) {
        group.createTask(() => cleanUp("child"), { name: "child" });
      });
    }, IN_TWO_PHASES)),
  "is cancelled at the end of the grace": () =>
    tell(run(async () => {
      ask("SIGTERM");
      await cleanUp("main");
    }, { ...IN_TWO_PHASES, grace: 0.02 })),
  "ends at the third signal, whatever hangs": () =>
    tell(run(async () => {
      createTask(stubborn, { name: "stubborn" });
      ask("SIGTERM");
      await closing();
      ask("SIGTERM");
      try {
        await sleep(3600);
      } finally {
        ask("SIGTERM");
        await new Promise(() => {});
      }
    }, IN_TWO_PHASES)),
  "ends after cleanup, whatever hangs": () =>
    tell(run(async () => {
      createTask(stubborn, { name: "stubborn" });
      ask("SIGTERM");
      await closing();
      return "its result";
    }, { ...IN_TWO_PHASES, cleanup: 0.02 })),
  "is ended by an uncaught Ctrl-C": () =>
    run(async () => {
      ask("SIGINT");
      await cleanUp("main");
    }),
  "is ended by an uncaught Ctrl-C, not waited for": async () => {
    run(async () => {
      ask("SIGINT");
      await cleanUp("main");
    });
    await Promise.resolve();
  },
  "is ended by an uncaught SIGTERM": () =>
    run(function* () {
      ask("SIGTERM");
      yield* sleep(3600);
    }, { signals: ["SIGTERM"] }),
  "is ended by the second Ctrl-C": () =>
    run(async () => {
      try {
        ask("SIGINT");
        await sleep(3600);
      } finally {
        console.log("cleaning up");
        ask("SIGINT");
        await sleep(3600);
      }
    }),
  "is ended by a Ctrl-C while the rest cleans up": () =>
    run(async () => {
      createTask(async () => {
        try {
          await sleep(3600);
        } finally {
          ask("SIGINT");
          await sleep(3600);
        }
      });
      await sleep(0);
    }),
  "two runs get the same signal": async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = tell(run(() => {
      resolve();
      return cleanUp("first");
    }));
    const second = tell(run(async () => {
      await promise;
      ask("SIGINT");
      await sleep(3600);
    }));
    const deaf = tell(run(() => sleep(0.2, "unmoved"), { signals: [] }));
    await Promise.all([first, second, deaf]);
  },
  "is the host's again after the run": async () => {
    await run(() => sleep(0.001));
    // Nobody listens any more, so the host does what it does.
    ask("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  },
  "its own handler takes the place of the run's": () =>
    tell(run(async () => {
      const loop = getRunningLoop();
      const came = loop.createFuture<string>();
      loop.addSignalHandler("SIGINT", () => came.setResult("handled"));
      // A wait for a signal alone keeps no host alive.
      createTask(() => sleep(3600));
      ask("SIGINT");
      console.log(await came);
      console.log(loop.removeSignalHandler("SIGINT"));
      console.log(loop.removeSignalHandler("SIGINT"));
      ask("SIGINT");
      await sleep(3600);
    })),
};

const name = process.argv.slice(2).join(" ");
await programs[name]!();
