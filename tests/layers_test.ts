/**
 * The library is a tower: a room imports from the rooms below it only, types too, so there
 * is no circle. A room is a public module of the root, or a folder of internal ones.
 */
import { assertEquals } from "@std/assert";
import {
  BLIND,
  internalFolders,
  libraryImports,
  libraryModules,
  readText,
} from "./_modules.ts";

/** The rooms, the lowest first. Those of one line do not know each other. */
const TOWER: readonly (readonly string[])[] = [
  ["errors.ts"],
  ["_base/"],
  ["_host/"],
  ["clock.ts", "context.ts"],
  ["handle.ts"],
  ["_loop/", "_future/"],
  ["future.ts"],
  ["_debug/"],
  ["_coroutine/"],
  ["_line/"],
  ["_task/"],
  ["coroutine.ts", "sleep.ts", "task.ts", "_sync/"],
  ["current_task.ts"],
  [
    "call_graph.ts",
    "eager_tasks.ts",
    "event.ts",
    "events.ts",
    "every.ts",
    "from_signal.ts",
    "interruptible.ts",
    "lock.ts",
    "queue.ts",
    "semaphore.ts",
    "task_signal.ts",
    "task_tree.ts",
  ],
  ["condition.ts", "loop.ts"],
  ["_run/"],
  ["shutdown.ts", "stream_writer.ts"],
  ["_io/"],
  ["stream_reader.ts"],
  ["server.ts"],
  ["_net/"],
  ["_process/"],
  ["subprocess.ts"],
  ["run_process.ts"],
  ["barrier.ts", "create_task.ts", "ensure.ts", "running_loop.ts", "_combine/"],
  ["_streams/"],
  [
    "as_completed.ts",
    "gather.ts",
    "map_concurrent.ts",
    "race.ts",
    "shield.ts",
    "task_group.ts",
    "timeout.ts",
    "wait.ts",
  ],
  [
    "handle_requests.ts",
    "iterate.ts",
    "runner.ts",
    "streams.ts",
    "wait_for.ts",
  ],
  ["staggered.ts", "testing.ts"],
  ["mod.ts"],
  // The wing of executors, which the tower does not know.
  ["_executor/"],
  ["executor.ts", "_worker/"],
  ["worker.ts", "_channel/"],
  ["_pool/"],
  [
    "inline_executor.ts",
    "process_executor.ts",
    "worker_executor.ts",
    "_bullmq/",
  ],
  ["_submit/", "_serve/"],
  ["bullmq.ts"],
  ["_conformance/"],
  ["executor_testing.ts"],
];

const floors = new Map(
  TOWER.flatMap((rooms, floor) => rooms.map((room) => [room, floor])),
);

Deno.test({
  name: "every module stands in a room of the tower",
  ignore: BLIND,
  fn() {
    assertEquals(
      libraryModules().filter((module) => !floors.has(roomOf(module))),
      [],
    );
  },
});

Deno.test({
  name: "ARCHITECTURE.md has a line for every room",
  ignore: BLIND,
  fn() {
    const tree = readText("ARCHITECTURE.md").match(/```text\n([^]*?)```/)![1]!;
    const listed = [...tree.matchAll(/^(_[a-z]+\/)/gm)].map(([, room]) => room);
    assertEquals(
      listed.filter((room) => room !== "_tools/").sort(),
      internalFolders(),
    );
  },
});

Deno.test({
  name: "imports go down, those of types too",
  ignore: BLIND,
  async fn() {
    const wrong = (await libraryImports())
      .map(({ from, to, line }) => ({
        from,
        to,
        line,
        a: roomOf(from),
        b: roomOf(to),
      }))
      .filter(({ a, b }) =>
        a !== b && !((floors.get(b) ?? Infinity) < (floors.get(a) ?? Infinity))
      )
      .map(({ from, to, line }) => `${from}:${line} imports ${to}`);
    assertEquals(wrong, []);
  },
});

Deno.test({
  name: "no modules import each other in a circle, not even types",
  ignore: BLIND,
  async fn() {
    const imports = await libraryImports();
    const left = new Set(imports.flatMap(({ from, to }) => [from, to]));
    // What imports nothing of what is left is in no circle.
    for (let before = -1; before !== left.size;) {
      before = left.size;
      const bound = new Set(
        imports.filter(({ to }) => left.has(to)).map(({ from }) => from),
      );
      for (const module of left) if (!bound.has(module)) left.delete(module);
    }
    assertEquals([...left], []);
  },
});

function roomOf(module: string): string {
  const slash = module.indexOf("/");
  return slash < 0 ? module : module.slice(0, slash + 1);
}
