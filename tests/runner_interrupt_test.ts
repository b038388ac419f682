/**
 * Ctrl-C, in a process of its own: the first ends `main` in order, the second ends the
 * process, and after `run()` nothing keeps it alive.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { endOf } from "./_hosts.ts";

// Windows has no SIGINT to send to a child.
const IGNORE = Deno.build.os === "windows" ||
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

const PROGRAM = fileURLToPath(
  new URL("./_interrupt_program.ts", import.meta.url),
);

const DEEP_PROGRAM = fileURLToPath(
  new URL("./_deep_interrupt_program.ts", import.meta.url),
);

/** Runs a program; sends it a Ctrl-C after each of these lines. */
async function interrupted(
  mode: string,
  afterLines: readonly string[],
  program = PROGRAM,
) {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", program, ...mode.split(" ")],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return await endOf(child, (line) => {
    if (afterLines.includes(line)) child.kill("SIGINT");
    return true;
  });
}

Deno.test({
  name: "run() ends in order at the first Ctrl-C and throws KeyboardInterrupt",
  ignore: IGNORE,
  async fn() {
    const { code, lines } = await interrupted("tidy", ["ready"]);
    assertEquals(lines, [
      "ready",
      "cleaning up",
      "main cleaned up",
      "background cleaned up",
      "run threw KeyboardInterrupt",
    ]);
    assertEquals(code, 0);
  },
});

Deno.test({
  name:
    "run() ends the process at the second Ctrl-C, and says what was waiting",
  ignore: IGNORE,
  async fn() {
    const { code, signal, lines, errors } = await interrupted("stubborn", [
      "ready",
      "cleaning up",
    ]);
    assertEquals(lines, ["ready", "cleaning up"]);
    assertEquals({ code, signal }, { code: 130, signal: null });
    assert(errors.includes("Interrupted twice"), errors);
    assert(errors.includes("sleep(3600)"), errors);
  },
});

Deno.test({
  name: "run() leaves nothing listening: the process ends by itself",
  ignore: IGNORE,
  async fn() {
    const { code, lines } = await interrupted("done", []);
    assertEquals(lines, [
      "ready",
      "cleaning up",
      "main cleaned up",
      "background cleaned up",
      "run gave its result",
    ]);
    assertEquals(code, 0);
  },
});

Deno.test({
  name: "a Ctrl-C after run() ends the process as the host does",
  ignore: IGNORE,
  async fn() {
    const { code, signal, lines } = await interrupted("lingering", [
      "ready",
      "lingering",
    ]);
    assertEquals(lines.at(-1), "lingering");
    assertEquals({ code, signal }, { code: 130, signal: "SIGINT" });
  },
});

for (const style of ["generator", "async"]) {
  Deno.test({
    name:
      `run() ends 100,000 tasks that wait for each other at Ctrl-C, and each cleans up (${style})`,
    ignore: IGNORE,
    async fn() {
      const { code, lines, errors } = await interrupted(
        style,
        ["ready"],
        DEEP_PROGRAM,
      );
      assertEquals(lines, ["ready", "100000 cleaned up"]);
      assertEquals(code, 130);
      assert(errors.startsWith("KeyboardInterrupt: Interrupted by Ctrl-C"));
      assert(errors.includes("more tasks"), errors.slice(-200));
      assert(errors.split("\n").length < 220);
    },
  });

  Deno.test({
    name: `run() hears Ctrl-C while main never rests (${style})`,
    ignore: IGNORE,
    async fn() {
      const { code, lines } = await interrupted(`restless ${style}`, ["ready"]);
      assertEquals(lines, [
        "ready",
        "cleaning up",
        "run threw KeyboardInterrupt",
      ]);
      assertEquals(code, 0);
    },
  });

  Deno.test({
    name:
      `run() ends the process at the second Ctrl-C while main never rests (${style})`,
    ignore: IGNORE,
    async fn() {
      const { code, lines, errors } = await interrupted(
        `restless ${style} stubborn`,
        ["ready", "cleaning up"],
      );
      assertEquals(lines, ["ready", "cleaning up"]);
      assertEquals(code, 130);
      assert(errors.includes("Interrupted twice"), errors);
    },
  });
}
