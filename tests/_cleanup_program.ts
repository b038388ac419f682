/**
 * The programs of `runner_cleanup_test.ts`, all in one process, three times: each
 * ignores every cancel in some way, and `cleanup` ends it.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";
import {
  type Coro,
  type CoroutineFunction,
  createSubprocessExec,
  createTask,
  EventLoop,
  handleRequests,
  onClosing,
  openConnection,
  PIPE,
  Queue,
  run,
  type ShutdownReport,
  sleep,
  startServer,
  taskGroup,
  timeout,
} from "../mod.ts";
import { InlineExecutor } from "../inline_executor.ts";

async function stubborn(): Promise<never> {
  for (;;) {
    try {
      await sleep(1);
    } catch {
      // That is what it is for.
    }
  }
}

function* stubbornGenerator(): Coro<never> {
  for (;;) {
    try {
      yield* sleep(1);
    } catch {
      // That is what it is for.
    }
  }
}

async function busy(): Promise<never> {
  for (;;) {
    try {
      await sleep(0);
    } catch {
      // That is what it is for.
    }
  }
}

function* busyGenerator(): Coro<never> {
  for (;;) {
    try {
      yield* sleep(0);
    } catch {
      // That is what it is for.
    }
  }
}

async function waiting(): Promise<never> {
  const queue = new Queue<never>();
  for (;;) {
    try {
      await queue.get();
    } catch {
      // That is what it is for.
    }
  }
}

/** Which clean-ups have begun. */
const begun: string[] = [];

/** Called when a process ignores SIGTERM, and when the two ends of a connection are there. */
let arrive = () => {};
const ARRIVALS = 5;

/** Each is a `main` that waits for an hour, or for something that ignores a cancel. */
const programs: Readonly<Record<string, CoroutineFunction<unknown>>> = {
  "main": stubborn,
  "main, generator": stubbornGenerator,
  "main that is busy": busy,
  "main that is busy, generator": busyGenerator,
  "main that waits for a queue": waiting,
  "a task": async () => {
    createTask(stubborn, { name: "stubborn" });
    await sleep(3600);
  },
  "a task, generator": function* () {
    createTask(stubbornGenerator, { name: "stubborn" });
    yield* sleep(3600);
  },
  "a task that is busy": async () => {
    createTask(busy, { name: "stubborn" });
    await sleep(3600);
  },
  "a task that is busy, generator": function* () {
    createTask(busyGenerator, { name: "stubborn" });
    yield* sleep(3600);
  },
  "a task of a group": () =>
    taskGroup(async (group) => {
      group.createTask(stubborn, { name: "stubborn" });
      await sleep(3600);
    }),
  "a task of a group, generator": () =>
    taskGroup(function* (group) {
      group.createTask(stubbornGenerator, { name: "stubborn" });
      yield* sleep(3600);
    }),
  "a timeout's body": () => timeout(3600, stubborn),
  "a timeout's body, generator": () => timeout(3600, stubbornGenerator),
  "a finally that never ends": async () => {
    try {
      await sleep(3600);
    } finally {
      await sleep(3600);
    }
  },
  "a finally that never ends, generator": function* () {
    try {
      yield* sleep(3600);
    } finally {
      yield* sleep(3600);
    }
  },
  "a finally that waits for the host": async () => {
    try {
      await sleep(3600);
    } finally {
      await new Promise(() => {});
    }
  },
  "a promise of the host": async () => {
    await new Promise(() => {});
  },
  "a source's finally": async () => {
    async function* source() {
      try {
        yield 1;
      } finally {
        await sleep(3600);
      }
    }
    for await (const _ of source()) await sleep(3600);
  },
  "a request": async () => {
    handleRequests(stubborn)(new Request("http://localhost/"));
    await sleep(3600);
  },
  "a request, generator": async () => {
    handleRequests(stubbornGenerator)(new Request("http://localhost/"));
    await sleep(3600);
  },
  "a client of a server": async () => {
    const server = await startServer(
      () => {
        arrive();
        return stubborn();
      },
      "127.0.0.1",
      0,
    );
    await openConnection("127.0.0.1", server.sockets[0]!.port!);
    arrive();
    await sleep(3600);
  },
  "a client of a server, generator": async () => {
    const server = await startServer(
      function* () {
        arrive();
        yield* stubbornGenerator();
      },
      "127.0.0.1",
      0,
    );
    await openConnection("127.0.0.1", server.sockets[0]!.port!);
    arrive();
    await server.serveForever();
  },
  "a process": async () => {
    const sh = await createSubprocessExec(
      "sh",
      ["-c", "trap '' TERM; echo; while :; do sleep 1; done"],
      { stdout: PIPE, grace: 60 },
    );
    try {
      await sh.stdout!.readline();
      arrive();
      await sh.wait();
    } finally {
      await sh.end();
    }
  },
  "a job of an executor": async () => {
    const executor = new InlineExecutor({ stubborn });
    await executor.submit("stubborn", []);
  },
  "a service": async () => {
    onClosing("service", stubborn);
    createTask(stubborn, { name: "stubborn" });
    await sleep(3600);
  },
  "a main that hangs keeps nobody's clean-up from being begun": async () => {
    createTask(async () => {
      try {
        await sleep(3600);
      } finally {
        begun.push("begun");
      }
    }, { name: "other" });
    await stubborn();
  },
};

/** What became of everything, without the numbers. */
function outcomes({ signal, services, tasks, processes }: ShutdownReport) {
  const ends = [...services, ...tasks, ...processes].map(({ name, outcome }) =>
    `${name.replace(/ .*:\d+$|-\d+$/, "")} ${outcome}`
  );
  return `[${[signal ?? "no signal", ...ends.sort()].join(", ")}]`;
}

type End = "signal" | "abort" | "itself";

/** Begins to run a program; what comes of it is printed. */
function begin(
  name: string,
  main: CoroutineFunction<unknown>,
  end: End,
  ready: Promise<unknown>,
): { readonly started: Promise<void>; readonly outcome: Promise<string> } {
  const loop = new EventLoop();
  // It has waited for the host by then, so it listens to signals.
  const started = new Promise<void>((resolve) =>
    void loop.callLater(0.05, resolve)
  );
  async function leave(): Promise<void> {
    createTask(main);
    await ready;
  }
  const aborter = new AbortController();
  if (end === "abort") ready.then(() => aborter.abort());
  let report = "nothing to report";
  const running = run(end === "itself" ? leave : main, {
    loopFactory: () => loop,
    signals: ["SIGTERM"],
    cleanup: 0.1,
    signal: aborter.signal,
    onShutdown: (made) => report = outcomes(made),
  });
  const outcome = running.then(
    (given) => `${name}, ${end}: ${report} gave ${given}`,
    (error) => `${name}, ${end}: ${report} threw ${error.name}`,
  );
  return { started, outcome };
}

// A promise that nobody settles keeps no host alive.
const alive = setInterval(() => {}, 1000);
for (const end of ["signal", "abort", "itself"] as const) {
  const readies = [
    new Promise<void>((resolve) => {
      let left = ARRIVALS;
      arrive = () => --left === 0 && resolve();
    }),
  ];
  let goOn = () => {};
  const ready = new Promise<void>((resolve) => goOn = resolve);
  const outcomes: Promise<string>[] = [];
  for (const [name, main] of Object.entries(programs)) {
    const { started, outcome } = begin(name, main, end, ready);
    readies.push(started);
    outcomes.push(outcome);
  }
  await Promise.all(readies);
  goOn();
  if (end === "signal") process.kill(process.pid, "SIGTERM");
  for (const line of await Promise.all(outcomes)) console.log(line);
}
console.log(begun.join(", "));
clearInterval(alive);
