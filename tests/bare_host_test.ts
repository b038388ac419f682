/** What needs sockets, processes, threads or signals says so where the host has none. */
import { assertEquals } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

const NO_SOCKETS =
  "RuntimeError: Cannot open a connection: this host has no sockets, as a browser has none";
const NO_PROCESSES =
  "RuntimeError: Cannot start a process: this host has none, as a browser has none";

Deno.test({
  name:
    "run() and what needs nothing of the host work where it has nothing, and the rest is refused",
  ignore: BLIND,
  async fn() {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-check", "-A", "tests/_bare_host_program.ts"],
      cwd: ROOT,
    }).output();
    const text = new TextDecoder();
    assertEquals(text.decode(stderr), "");
    assertEquals(text.decode(stdout).trim().split("\n"), [
      `openConnection: ${NO_SOCKETS}`,
      `openConnection, of TLS: ${NO_SOCKETS}`,
      `openUnixConnection: ${NO_SOCKETS}`,
      `startServer: ${NO_SOCKETS}`,
      `startUnixServer: ${NO_SOCKETS}`,
      `createSubprocessExec: ${NO_PROCESSES}`,
      `createSubprocessShell: ${NO_PROCESSES}`,
      `runProcess: ${NO_PROCESSES}`,
      "new ProcessExecutor: RuntimeError: Cannot make an executor: this host has no processes, use a WorkerExecutor",
      'new WorkerExecutor: RuntimeError: Cannot make an executor: this host needs a function that makes the worker, such as () => new Worker(url, { type: "module" })',
      "addSignalHandler: RuntimeError: Cannot add a signal handler: SIGINT cannot be listened to here",
      "42",
      "a line",
      "a response",
      "3600",
    ]);
    assertEquals(code, 0);
  },
});
