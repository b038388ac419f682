/**
 * The errors that the documentation promises: each `@throws` has a call that is refused with
 * that class.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  Barrier,
  Condition,
  createTask,
  Event,
  Lock,
  Queue,
  Semaphore,
  sleep,
} from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";
import { BLIND } from "./_modules.ts";
import { publicApi } from "./_public_api.ts";
import { type Cases, IN_A_TASK } from "./_throws_cases.ts";
import { WITHOUT_A_LOOP } from "./_throws_places.ts";

/** Waits that others have begun in another loop. */
const BESIDE_ANOTHER_LOOP: Readonly<
  Record<string, () => () => PromiseLike<unknown>>
> = {
  "Barrier.wait: RuntimeError": () => {
    const barrier = new Barrier(3);
    return () => barrier.wait();
  },
  "Condition.acquire: RuntimeError": () => {
    const condition = new Condition();
    condition.acquire().next();
    return () => condition.acquire();
  },
  "Event.wait: RuntimeError": () => {
    const event = new Event();
    return () => event.wait();
  },
  "Lock.acquire: RuntimeError": () => {
    const lock = new Lock();
    lock.acquire().next();
    return () => lock.acquire();
  },
  "Queue.get: RuntimeError": () => {
    const queue = new Queue();
    return () => queue.get();
  },
  "Queue.put: RuntimeError": () => {
    const queue = new Queue<number>(1);
    queue.putNowait(1);
    return () => queue.put(2);
  },
  "Queue.join: RuntimeError": () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    return () => queue.join();
  },
  "Semaphore.acquire: RuntimeError": () => {
    const semaphore = new Semaphore(0);
    return () => semaphore.acquire();
  },
};

/** What takes a host, a network, a process or a worker, and the file that has it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "Coroutine.close: RuntimeError": "misuse_test.ts",
  "Process.communicate: RuntimeError": "_process_cases.ts",
  "Process.kill: ProcessLookupError": "_subprocess_cases.ts",
  "Process.sendSignal: ProcessLookupError": "_subprocess_cases.ts",
  "Process.terminate: ProcessLookupError": "_subprocess_cases.ts",
  "Runner.run: KeyboardInterrupt": "runner_interrupt_test.ts",
  "Server.serveForever: RuntimeError": "cpython/server_test.ts",
  "Server.startServing: RuntimeError": "cpython/server_test.ts",
  "StreamWriter.startTls: TimeoutError": "_tls_program.ts",
  "StreamWriter.writeEof: RuntimeError": "_tls_program.ts",
  "checkCancelled: CancelledError": "worker_check_cancelled_test.ts",
  "createSubprocessExec: Error": "_process_cases.ts",
  "createSubprocessExec: RuntimeError": "bare_host_test.ts",
  "createSubprocessShell: Error": "_process_cases.ts",
  "createSubprocessShell: RuntimeError": "bare_host_test.ts",
  "getEventLoop: RuntimeError": "loop_worker_test.ts",
  "new ProcessExecutor: RuntimeError": "bare_host_test.ts",
  "new WorkerExecutor: RuntimeError": "bare_host_test.ts",
  "openConnection: Error": "_streams_program.ts",
  "openConnection: RuntimeError": "bare_host_test.ts",
  "openConnection: TimeoutError": "_tls_program.ts",
  "openUnixConnection: Error": "_streams_program.ts",
  "openUnixConnection: RuntimeError": "bare_host_test.ts",
  "run: KeyboardInterrupt": "runner_interrupt_test.ts",
  "runProcess: Error": "_process_cases.ts",
  "runProcess: ProcessError": "_process_cases.ts",
  "runProcess: RuntimeError": "bare_host_test.ts",
  "serveBullmq: BrokenExecutor": "bullmq_test.ts",
  "startServer: Error": "_streams_program.ts",
  "startServer: RuntimeError": "bare_host_test.ts",
  "startUnixServer: Error": "_streams_program.ts",
  "startUnixServer: RuntimeError": "bare_host_test.ts",
};

/** Of executors, which the checks of the kit have. */
const EXECUTORS = /^(Pool)?Executor\.(submit|stream|shutdown): /;

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "nothing";
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

async function inALoop(
  body: () => Promise<unknown>,
  loop: TestLoop,
): Promise<void> {
  await loop.runUntilComplete(body);
  // What the calls have left is theirs.
  loop.reports.length = 0;
}

function classOf(title: string): string {
  return title.split(": ")[1]!;
}

/** What comes out of each call; an `Error` of the host may be of any class. */
async function outcomesOf(
  title: string,
  calls: Cases[string],
): Promise<string[]> {
  const outcomes: string[] = [];
  for (const call of calls) {
    const outcome = await outcomeOf(call);
    const isHosts = classOf(title) === "Error" && outcome !== "nothing";
    outcomes.push(isHosts ? "Error" : outcome);
  }
  return outcomes;
}

for (const [title, calls] of Object.entries(IN_A_TASK)) {
  Deno.test(`${title}, in a task`, async () => {
    using loop = new TestLoop();
    await inALoop(async () => {
      assertEquals(
        await outcomesOf(title, calls),
        calls.map(() => classOf(title)),
      );
    }, loop);
  });
}

for (const [title, calls] of Object.entries(WITHOUT_A_LOOP)) {
  Deno.test(`${title}, outside of a loop`, async () => {
    assertEquals(
      await outcomesOf(title, calls),
      calls.map(() => classOf(title)),
    );
  });
}

for (const [title, make] of Object.entries(BESIDE_ANOTHER_LOOP)) {
  Deno.test(`${title}, where others wait in another loop`, async () => {
    const wait = make();
    const first = new TestLoop();
    await inALoop(async () => {
      createTask(async () => await wait());
      await sleep(0);
    }, first);
    using second = new TestLoop();
    await inALoop(
      async () => assertEquals(await outcomeOf(wait), classOf(title)),
      second,
    );
    first.close();
  });
}

Deno.test(
  "each error that the documentation promises is thrown by a test",
  { ignore: BLIND },
  async () => {
    const known = new Set(
      [IN_A_TASK, WITHOUT_A_LOOP, BESIDE_ANOTHER_LOOP, ELSEWHERE]
        .flatMap((cases) => Object.keys(cases)),
    );
    const missing = (await publicApi()).flatMap(({ name, throws }) =>
      throws
        // Of wrong arguments, which `arguments_test.ts` gives to all.
        .filter((kind) => !["TypeError", "RangeError"].includes(kind))
        .map((kind) => `${name}: ${kind}`)
        .filter((title) => !known.has(title) && !EXECUTORS.test(title))
    );
    assertEquals(missing, []);
  },
);
