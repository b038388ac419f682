/**
 * An async function that nobody awaits yet when a cancel reaches it ends with that cancel, and
 * so does what was called with a signal: the host must not take its promise for an error and
 * end the program.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { hostTest, runOn } from "./_hosts.ts";

const PROGRAM = new URL("_forgotten_program.ts", import.meta.url);
const LINES = [
  "timeout true",
  "group 1",
  "task true",
  "followers 2",
  "late rejected",
  "list true",
  ...Array(6).fill("signal true"),
  "main",
];

hostTest(
  "what nobody awaits yet ends no program when it is cancelled: an async function, a call with a signal",
  async (host) => {
    const { code, lines, errors } = await runOn(host, PROGRAM);
    assertEquals(lines, [...LINES, "end"], errors);
    assertEquals(code, 0);
    assertEquals(errors, "");
  },
);

hostTest(
  "what nobody awaits yet ends no program of Node that takes each rejection for an error",
  async (host) => {
    if (!host.name.startsWith("node")) return;
    const command = [...host.command, "--unhandled-rejections=strict"];
    const strict = { ...host, command };
    const { code, lines, errors } = await runOn(strict, PROGRAM);
    assertEquals(lines, [...LINES, "end"], errors);
    assertEquals(code, 0);
    assertEquals(errors, "");
    const lost = await runOn(strict, PROGRAM, "error");
    assertEquals(lost.lines, LINES);
    assertStringIncludes(lost.errors, OTHERS.error);
    assertEquals(lost.code, 1);
  },
);

const OTHERS = {
  "error": "lost",
  "list": "lost",
  "run": "by hand",
  "abort": "operation was aborted",
  "main": "main too",
};

for (const [name, text] of Object.entries(OTHERS)) {
  hostTest(
    `the host still tells a rejection of another kind: ${name}`,
    async (host) => {
      const { code, lines, errors } = await runOn(host, PROGRAM, name);
      // Bun prints an error that nobody catches, goes on, and exits with 1.
      const goesOn = host.name.startsWith("bun");
      assertEquals(goesOn ? lines.slice(0, LINES.length) : lines, LINES);
      assertStringIncludes(errors, text);
      assertEquals(code, 1);
    },
  );
}

hostTest(
  "a listener of unhandled rejections is told those of another kind, and no cancel",
  async (host) => {
    // Bun calls those who listen by itself.
    if (host.name.startsWith("bun")) return;
    const { code, lines, errors } = await runOn(
      host,
      PROGRAM,
      "listens",
      "error",
    );
    const told = ["told Error: lost", "not reached", "end"];
    assertEquals(lines, [...LINES, ...told], errors);
    assertEquals(code, 0);
  },
);

hostTest(
  "Node goes on after rejections if a flag says so",
  async (host) => {
    if (!host.name.startsWith("node")) return;
    const command = [...host.command, "--unhandled-rejections=warn"];
    const { code, lines } = await runOn({ ...host, command }, PROGRAM, "error");
    assertEquals(lines, [...LINES, "not reached", "end"]);
    assertEquals(code, 0);
  },
);
