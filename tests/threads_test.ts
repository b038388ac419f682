/**
 * Loops in threads of `node:worker_threads`, on every host. Those in Deno's own workers are
 * in `loop_worker_test.ts`.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Ended, hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("./_threads_program.ts", import.meta.url);

function threadTest(
  what: string,
  names: readonly string[],
  check: (ended: Ended) => void,
): void {
  hostTest(what, async (host) => check(await runOn(host, PROGRAM, ...names)));
}

function hasLines(...lines: string[]): (ended: Ended) => void {
  return (ended) => {
    assertEquals([ended.lines, ended.code], [lines, 0], ended.errors);
  };
}

threadTest(
  "run() in a thread leaves the signals to the program",
  ["interrupted"],
  ({ lines, code, signal, errors }) => {
    assertEquals(lines, [], errors);
    assert(code === 130 || signal === "SIGINT", `${code} ${signal}`);
  },
);

threadTest(
  "getEventLoop() and addSignalHandler() throw in a thread",
  ["refuses"],
  hasLines(
    "RuntimeError: There is no current event loop in this thread: call setEventLoop(newEventLoop()) first",
    "RuntimeError: Cannot add a signal handler: SIGTERM cannot be listened to here",
    "exit 0",
  ),
);

threadTest(
  "a loop in a thread goes on by what the handlers of messages do",
  ["answers"],
  hasLines("3", "ended", "exit 0"),
);

threadTest(
  "once() in a thread hears a message of its port",
  ["hears"],
  hasLines("1", "exit 0"),
);

threadTest(
  "a thread whose loop never rests is terminated",
  ["stopped"],
  hasLines("exit 1"),
);

threadTest(
  "process.exit() in a thread reports the errors that nobody has fetched",
  ["forgets"],
  (ended) => {
    hasLines("exit 7")(ended);
    assertStringIncludes(ended.errors, "Task exception was never retrieved");
    assertStringIncludes(ended.errors, "Error: lost");
  },
);

threadTest(
  "runTest() has virtual time in each of several threads at once",
  Array(3).fill("virtual"),
  ({ lines, code, errors }) => {
    assertEquals(code, 0, errors);
    assertEquals(lines.filter((line) => line === "7200").length, 3, errors);
    assertEquals(lines.filter((line) => line === "exit 0").length, 3, errors);
  },
);
