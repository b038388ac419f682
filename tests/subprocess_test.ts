/** What processes promise beside CPython's cases, with real ones. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { PROCESS_CASES, RUN_PROCESS_CASES } from "./_process_cases.ts";
import { ALONE, PROCESS_RUNS } from "./_process_runs.ts";
import { runReal, STYLE_FUNCTIONS } from "./_real_cases.ts";
import {
  CancelledError,
  createSubprocessExec,
  createTask,
  run,
  runProcess,
  sleep,
} from "../mod.ts";
import { survivors, uniqueMark } from "../bench/process_trees.ts";

const CANNOT_RUN =
  Deno.permissions.querySync({ name: "run" }).state !== "granted" ||
  Deno.build.os !== "linux";

for (
  const [name, program] of Object.entries({
    ...PROCESS_CASES,
    ...RUN_PROCESS_CASES,
  })
) {
  for (const style of Object.keys(STYLE_FUNCTIONS)) {
    Deno.test({
      name: `${name} (${style})`,
      ignore: CANNOT_RUN,
      fn: () => runReal(program, style),
    });
  }
}

for (const [name, fn] of Object.entries(PROCESS_RUNS)) {
  // `processes_hosts_test.ts` has it.
  if (name === ALONE) continue;
  Deno.test({ name, ignore: CANNOT_RUN, fn });
}

Deno.test("createSubprocessExec() refuses a folder without a name at once", () => {
  for (const options of [{ cwd: "" }, { cwd: "a\0b" }]) {
    assertThrows(
      () => createSubprocessExec("true", [], options),
      RangeError,
      "cwd",
    );
    assertThrows(() => runProcess("true", [], options), RangeError, "cwd");
  }
});

Deno.test({
  name: "await using ends the tree of a process, whatever ends the block",
  ignore: CANNOT_RUN,
  async fn() {
    const mark = uniqueMark();
    await run(async () => {
      for (const cancels of [0, 1, 2]) {
        const task = createTask(async () => {
          await using child = await createSubprocessExec("sh", [
            "-c",
            `trap '' TERM; sleep ${mark} & sleep ${mark}; sleep ${mark}`,
          ], { grace: 0.05 });
          if (cancels === 0) return;
          await child.wait();
        });
        await sleep(0.02);
        for (let i = 0; i < cancels; i++) {
          task.cancel();
          await sleep(0.01);
        }
        const error = await task.then(() => undefined, (error) => error);
        assertEquals(error instanceof CancelledError, cancels > 0);
        assertEquals(task.cancelled(), cancels > 0);
        assertEquals(survivors(mark), []);
      }
    });
  },
});

for (
  const [how, flags, reaches] of [
    ["--allow-run", ["--allow-run"], true],
    ["--allow-run=sh", ["--allow-run=sh"], false],
  ] as const
) {
  Deno.test({
    name: `end() with ${how} ${
      reaches ? "ends" : "says that it does not end"
    } the group`,
    ignore: CANNOT_RUN,
    async fn() {
      const mark = uniqueMark();
      const program = new URL(
        "_process_permissions_program.ts",
        import.meta.url,
      );
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-check",
          "--quiet",
          "--no-prompt",
          ...flags,
          fileURLToPath(program),
          mark,
        ],
        stdin: "null",
      }).output();
      const left = survivors(mark);
      for (const line of left) Deno.kill(Number.parseInt(line), "SIGKILL");
      const errors = new TextDecoder().decode(stderr);
      assertEquals(code, 0, errors);
      // Without --allow-all the dead can't be told from the living until their parent, which
      // is PID 1, has looked after them: the grace may be over by then.
      assertMatch(
        new TextDecoder().decode(stdout),
        /^(terminated|killed) -15\n$/,
      );
      assertEquals(left.length, reaches ? 0 : 1);
      assertEquals(
        errors.includes("Cannot end what process"),
        !reaches,
        errors,
      );
      if (!reaches) assert(errors.includes("--allow-run without a list"));
    },
  });
}
