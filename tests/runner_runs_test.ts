/**
 * Several runs of one Runner, each of which is interrupted.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const RUNS = new URL("./_runs_program.ts", import.meta.url);

// As in CPython, whose Runner counts anew.
hostTest(
  "a Runner is interrupted by the first Ctrl-C of each run, and none ends the program",
  async (host) => {
    const told = (name: string, ...tasks: string[]) =>
      [
        "SIGINT",
        ...tasks,
        `service of the ${name} stopped`,
      ].sort().join(", ");
    const { lines, code, errors } = await runOn(host, RUNS);
    assertEquals(lines, [
      "first: KeyboardInterrupt",
      told("first", "Task-1 cancelled"),
      "second: KeyboardInterrupt",
      told("second", "Task-2 cancelled"),
      "third: KeyboardInterrupt",
      told("third", "Task-3 cancelled", "beside cancelled"),
    ], errors);
    assertEquals(code, 0);
  },
);

hostTest(
  "a Runner with grace asks its services at the first signal of each run",
  async (host) => {
    const { lines, code, errors } = await runOn(host, RUNS, "60");
    const said = lines.filter((line) => !line.startsWith("SIGINT"));
    assertEquals(
      said,
      ["first", "second", "third"].flatMap((name) => [
        `${name} was asked`,
        `${name} has ended`,
      ]),
      errors,
    );
    assertEquals(code, 0);
  },
);
