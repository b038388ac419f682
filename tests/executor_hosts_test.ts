/** The kit on threads and processes of every host, and what a job may do to its worker. */
import { assertEquals } from "@std/assert";
import { checks } from "@asyncio/asyncio/executor-testing";
import { run } from "@asyncio/asyncio";
import { type Ended, type Host, hostTest, runOn } from "./_hosts.ts";
import { contextOf } from "./_kit_program.ts";
import { BLIND } from "./_modules.ts";

const PROGRAM = new URL("./_kit_program.ts", import.meta.url);
const LOSSES = new URL("./_losses_program.ts", import.meta.url);
const ORPHANS = new URL("./_orphans_program.ts", import.meta.url);
const LEAVING = new URL("./_leaving_program.ts", import.meta.url);
const LITTLE_MEMORY = "--max-old-space-size=64";

// Here check by check, so that the sanitizers look at each.
for (const kind of ["thread", "process"] as const) {
  const executor = kind === "thread" ? "WorkerExecutor" : "ProcessExecutor";
  const context = contextOf(kind, false);
  for (const check of checks) {
    if (!context.can(check)) continue;
    Deno.test({
      name: `${executor} keeps: ${check.name}`,
      ignore: BLIND,
      fn: () => run(() => check.run(context)),
    });
  }
  Deno.test.afterAll(() => context[Symbol.dispose]());
  hostTest(`${executor} passes the kit`, async (host: Host) => {
    // Done above.
    if (host.name === "deno") return;
    const { lines, code } = await runOn(host, PROGRAM, kind);
    assertEquals([lines, code], [["true all passed"], 0]);
  });
  hostTest(
    `${executor} goes on when a job ends its worker, fills its memory or cannot be sent, and when a terminal sends its signals`,
    async (host: Host) => {
      const { lines, code, errors } =
        await (kind === "thread" ? losesThreads(host) : losesProcesses(host));
      assertEquals([lines.at(-1), code], ["all passed", 0], errors);
    },
  );
}

// What each job leaves behind, and what that says if it ends as it should.
const LEFT = {
  leaveProcess: ["ended"],
  leaveStubborn: [],
  leaveTasks: ["cleaned up"],
};

hostTest(
  "an executor ends the processes and tasks that its jobs have left in a worker",
  async (host: Host) => {
    for (const kind of ["thread", "process"]) {
      for (const [job, said] of Object.entries(LEFT)) {
        const { lines, code } = await runOn(host, LEAVING, kind, job);
        assertEquals([kind, job, lines, code], [kind, job, said, 0]);
      }
    }
  },
);

hostTest(
  "a ProcessExecutor whose program is killed leaves no process that a job has started",
  async (host: Host) => {
    const args = ["process", "leaveProcess", "killed"];
    const { lines, signal } = await runOn(host, LEAVING, ...args);
    assertEquals([lines, signal], [[], "SIGKILL"]);
  },
);

// What it is told of reaches the end of its output when none of them is left.
hostTest(
  "ProcessExecutor leaves no process in an endless loop when its program is killed",
  async (host: Host) => {
    const { lines, signal } = await runOn(host, ORPHANS);
    assertEquals([lines, signal], [[], "SIGKILL"]);
  },
);

// Threads of Node have the limit of the program, each for itself; others share one memory.
function losesThreads(host: Host): Promise<Ended> {
  if (!host.name.startsWith("node")) return runOn(host, LOSSES, "thread");
  const command = [...host.command, LITTLE_MEMORY];
  return runOn({ ...host, command }, LOSSES, "thread", LITTLE_MEMORY);
}

// Bun has no such flag.
function losesProcesses(host: Host): Promise<Ended> {
  if (host.name.startsWith("bun")) return runOn(host, LOSSES, "process");
  const flag = host.name === "deno"
    ? `--v8-flags=${LITTLE_MEMORY}`
    : LITTLE_MEMORY;
  return runOn(host, LOSSES, "process", flag);
}
