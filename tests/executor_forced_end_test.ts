/** What is left of a worker that is ended by force, on every host. */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("./_forced_end_program.ts", import.meta.url);

hostTest(
  "a worker that is ended by force leaves no process running that its job has started",
  async (host) => {
    const { lines, code } = await runOn(host, PROGRAM);
    assertEquals(lines, [
      "a thread, by the cancel of the job: true",
      "a thread, by the shutdown: true",
      "a process, by the cancel of the job: true",
      "a process, by the shutdown: true",
    ]);
    assertEquals(code, 0);
  },
);
