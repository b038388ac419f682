/**
 * What a shutdown of `run()` does to what is open in it, and what its report tells: servers
 * stop softly, processes are ended with all that they have started.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { survivors } from "../bench/process_trees.ts";
import { type Ended, hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("./_services_program.ts", import.meta.url);

/** Registers a test of the program `name`. */
function serviceTest(
  what: string,
  name: string,
  check: (ended: Ended) => void | Promise<void>,
): void {
  hostTest(
    what,
    async (host) => await check(await runOn(host, PROGRAM, ...name.split(" "))),
  );
}

function hasLines(...lines: string[]): (ended: Ended) => void {
  return (ended) => {
    assertEquals(ended.lines, lines, ended.errors);
    assertEquals([ended.code, ended.errors.trim()], [0, ""]);
  };
}

/** No process with the mark that the program has printed is left. */
async function leavesNone({ lines, errors }: Ended): Promise<void> {
  const mark = lines.find((line) => line.startsWith("mark "))?.slice(5);
  if (mark === undefined) throw new Error(`It printed no mark: ${errors}`);
  const end = Date.now() + 30_000;
  // SIGKILL takes its time.
  while (survivors(mark).length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(survivors(mark), []);
}

serviceTest(
  "run() closes a server at the first signal, and its connections go on",
  "its server takes nobody more",
  hasLines(
    "refused",
    "answered 6",
    "leaves",
    "Shutdown by SIGTERM: N s of grace, N s to clean up",
    "  service server at 127.0.0.1:PORT: stopped after N s",
    "  task Task-1: finished after N s of grace",
    "  task connection to 127.0.0.1:PORT: finished after N s of grace",
    "gave its result",
  ),
);

serviceTest(
  "run() throws KeyboardInterrupt when the signal has ended serveForever()",
  "serveForever() ends",
  hasLines(
    "Shutdown by SIGTERM: N s of grace, N s to clean up",
    "  service server at 127.0.0.1:PORT: stopped after N s",
    "  task Task-1: cancelled after N s",
    "  task connection to 127.0.0.1:PORT: finished after N s of grace",
    "threw KeyboardInterrupt of SIGTERM",
  ),
);

serviceTest(
  "run() without grace ends a serveForever() whose clients stay, and says no more",
  "serveForever() is cancelled",
  hasLines("threw KeyboardInterrupt of SIGINT"),
);

serviceTest(
  "run() cancels the handlers of connections that stay at the end of the grace",
  "its clients stay",
  hasLines(
    "Shutdown by SIGTERM: N s of grace, N s to clean up",
    "  service server at 127.0.0.1:PORT: had not stopped after N s",
    "  task Task-1: finished after N s of grace",
    "  task connection to 127.0.0.1:PORT: cancelled after N s",
    "gave its result",
  ),
);

serviceTest(
  "ShutdownReport tells which processes ended, were ended and were killed",
  "its processes end",
  hasLines(
    "Shutdown by SIGTERM: N s of grace, N s to clean up",
    "  process N (cat): ended after N s",
    "  process N (sh): killed after N s",
    "  process N (sleep): terminated after N s",
    "  task Task-1: finished after N s of grace",
    "gave undefined",
  ),
);

serviceTest(
  "run() that is given up kills its processes, and tells it",
  "its processes hang",
  async (ended) => {
    await leavesNone(ended);
    assertStringIncludes(ended.lines.join("\n"), "killed after N s");
    assertEquals(ended.lines.at(-1), "gave its result");
    assertEquals(ended.code, 0, ended.errors);
  },
);

serviceTest(
  "run() kills its processes when the second Ctrl-C ends the program",
  "it is interrupted twice",
  async (ended) => {
    await leavesNone(ended);
    assertEquals(ended.code, 130, ended.errors);
  },
);
