/**
 * What signals of the process do to `run()`: each program in a process of its own, on every
 * host.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Ended, type Host, hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("./_shutdown_program.ts", import.meta.url);

function programOf(name: string): (host: Host) => Promise<Ended> {
  return (host) => runOn(host, PROGRAM, ...name.split(" "));
}

/** Registers a test of the program `name`. */
function signalTest(
  what: string,
  name: string,
  check: (ended: Ended) => void,
): void {
  const program = programOf(name);
  hostTest(what, async (host) => check(await program(host)));
}

function hasLines(...lines: string[]): (ended: Ended) => void {
  return (ended) => {
    assertEquals(ended.lines, lines, ended.errors);
    assertEquals(ended.code, 0, ended.errors);
  };
}

signalTest(
  "run() with grace gives main's result, stops services, and cancels the rest",
  "ends in the grace",
  hasLines(
    "closing",
    "http stopped",
    "background cleaned up",
    "SIGTERM, Task-1 finished, background cancelled, http stopped",
    "gave SIGTERM",
  ),
);

signalTest(
  "run() with grace ends when its services have, though they were cancelled",
  "waits for no service whose end was a cancel",
  hasLines(
    "SIGTERM, Task-1 finished, cancelled by others too late, own stopped, serving cancelled",
    "gave SIGTERM",
  ),
);

signalTest(
  "run() with grace cancels all at the second signal, each task once",
  "is cancelled by the second signal",
  (ended) => {
    const [report, outcome] = ended.lines.slice(-2);
    assertEquals(ended.lines.slice(0, -2).sort(), [
      "background cleaned up",
      "child cleaned up",
    ]);
    assertEquals(
      report,
      "SIGTERM, Task-1 cancelled, background cancelled, child cancelled, slow too late",
    );
    assertEquals(outcome, "threw KeyboardInterrupt of SIGTERM");
    assertEquals(ended.code, 0, ended.errors);
  },
);

signalTest(
  "run() cancels main at the end of the grace",
  "is cancelled at the end of the grace",
  hasLines(
    "main cleaned up",
    "SIGTERM, Task-1 cancelled",
    "threw KeyboardInterrupt of SIGTERM",
  ),
);

signalTest(
  "run() with grace ends at the third signal, and names what hangs",
  "ends at the third signal, whatever hangs",
  hasLines(
    "SIGTERM, Task-1 ignored, stubborn ignored",
    "threw KeyboardInterrupt of SIGTERM",
  ),
);

signalTest(
  "run() ends after cleanup, names what hangs, and gives what main gave",
  "ends after cleanup, whatever hangs",
  hasLines("SIGTERM, Task-1 finished, stubborn ignored", "gave its result"),
);

for (
  const [name, code, cause, lines] of [
    ["is ended by an uncaught Ctrl-C", 130, "Ctrl-C", ["main cleaned up"]],
    [
      "is ended by an uncaught Ctrl-C, not waited for",
      130,
      "Ctrl-C",
      ["main cleaned up"],
    ],
    ["is ended by an uncaught SIGTERM", 143, "SIGTERM", []],
  ] as const
) {
  signalTest(
    `a program that ${name} exits with ${code} and shows no frames`,
    name,
    (ended) => {
      assertEquals(ended.lines, [...lines]);
      assertEquals({ code: ended.code, signal: ended.signal }, {
        code,
        signal: null,
      }, ended.errors);
      assertEquals(
        ended.errors.trimEnd().split("\n"),
        [
          `KeyboardInterrupt: Interrupted by ${cause}`,
          "Task-1 waits for sleep(3600)",
        ],
      );
    },
  );
}

signalTest(
  "run() without grace ends the program at the second Ctrl-C, and says what waits",
  "is ended by the second Ctrl-C",
  (ended) => {
    assertEquals(ended.lines, ["cleaning up"]);
    assertEquals([ended.code, ended.signal], [130, null], ended.errors);
    assertStringIncludes(ended.errors, "Interrupted twice");
    assertStringIncludes(ended.errors, "sleep(3600)");
    assert(!ended.errors.includes("    at "), ended.errors);
  },
);

signalTest(
  "run() without grace ends the program at a Ctrl-C while the rest cleans up",
  "is ended by a Ctrl-C while the rest cleans up",
  (ended) => {
    assertEquals([ended.code, ended.signal], [130, null], ended.errors);
    assertStringIncludes(ended.errors, "Interrupted at its end");
  },
);

signalTest(
  "two run() get the same signal, one with no signals does not",
  "two runs get the same signal",
  (ended) => {
    assertEquals(ended.code, 0, ended.errors);
    assertEquals([...ended.lines].sort(), [
      "first cleaned up",
      "gave unmoved",
      "threw KeyboardInterrupt of SIGINT",
      "threw KeyboardInterrupt of SIGINT",
    ]);
  },
);

signalTest(
  "run() listens to nothing any more when it has ended",
  "is the host's again after the run",
  (ended) => {
    assertEquals(ended.lines, []);
    assertEquals(ended.signal, "SIGINT", ended.errors);
  },
);

signalTest(
  "addSignalHandler() takes the place of what run() does, until it is removed",
  "its own handler takes the place of the run's",
  hasLines("handled", "true", "false", "threw KeyboardInterrupt of SIGINT"),
);

hostTest(
  "run() that a signal has ended calls the handlers of process's exit event",
  async (host) => {
    const program = new URL("./_exit_handlers_program.ts", import.meta.url);
    const { code, lines, errors } = await runOn(host, program);
    assertEquals(lines, ["cleaned up", "exit 130"], errors);
    assertEquals(code, 130, errors);
  },
);
