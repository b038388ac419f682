import { assertEquals } from "@std/assert";
import { lacks } from "../_permissions.ts";
import { caseTest } from "./_both.ts";

const CANNOT_RUN = lacks("read", "run");

/** Runs one of the programs in a process of its own, which alone is interrupted. */
async function interrupted(program: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-config",
      "--no-prompt",
      "--allow-run",
      new URL("./_interrupt_program.ts", import.meta.url).href,
      program,
    ],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

// A process can't send itself an interrupt there: it would just end.
const noKill = Deno.build.os === "windows";

caseTest("runners.RunnerTests.interrupt_call_soon", async () => {
  if (noKill) return;
  const expected = ["CancelledError", "KeyboardInterrupt"];
  assertEquals(await interrupted("spin in a generator"), expected);
  assertEquals(await interrupted("spin in an async function"), expected);
}, { ignore: CANNOT_RUN });

caseTest("runners.RunnerTests.interrupt_wait", async () => {
  if (noKill) return;
  assertEquals(await interrupted("wait for a future"), [
    "cancelled true",
    "CancelledError",
    "KeyboardInterrupt",
  ]);
}, { ignore: CANNOT_RUN });

caseTest("runners.RunnerTests.interrupt_cancelled_task", async () => {
  if (noKill) return;
  assertEquals(await interrupted("cancelled from elsewhere too"), [
    "2 requests",
    "CancelledError",
  ]);
}, { ignore: CANNOT_RUN });

caseTest("runners.RunTests.asyncio_run_without_uncancel", async () => {
  if (noKill) return;
  assertEquals(
    await interrupted("a task without uncancel()"),
    ["CancelledError"],
  );
}, { ignore: CANNOT_RUN });

caseTest("runners.RunnerTests.signal_install_not_supported_ok", async () => {
  assertEquals(await interrupted("no signals on this host"), ["gave true"]);
}, { ignore: CANNOT_RUN });
