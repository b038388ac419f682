/**
 * Imports go down, from floor to floor; so there is no circle either.
 *
 * A new module needs a place in this table.
 */
import { assertEquals } from "@std/assert";
import { BLIND, rootImports, rootModules } from "./_modules.ts";

/** The floors, the lowest first. A module imports from lower ones only. */
const FLOORS: readonly (readonly string[])[] = [
  // 0: what stands on nothing
  ["_abort", "_environment", "_host_turn", "_parking", "_protocol", "_running"],
  ["_repr", "_stores", "_task_list", "_then", "errors"],
  ["_cancelled", "_compare", "_interrupt", "_ready_queue", "_timer_heap"],
  ["clock", "context"],
  ["_turns"],
  // 1: the waist
  ["handle"],
  ["_done_callback", "_failure", "_future_wait", "_report", "_scheduler"],
  // 2
  ["future"],
  // 3: coroutines and how their bodies are resumed
  ["_coroutine"],
  ["_host_body", "_join", "_latch", "_next_turn", "_waiters", "coroutine"],
  ["_drive"],
  ["_strand"],
  // 4
  ["task"],
  ["_bed", "_question", "_scope", "_to_future", "call_graph", "task_tree"],
  // 5
  ["loop"],
  // 6
  ["create_task", "event", "lock", "semaphore", "sleep"],
  ["_limited", "_queue_core"],
  // 7
  ["condition", "ensure", "queue", "task_group", "timeout"],
  // 8
  ["_limited_gather"],
  ["barrier", "gather", "shield", "wait", "wait_for"],
  // 9
  ["_mailbox", "_supply"],
  ["_concurrent_run"],
  ["as_completed", "from_signal", "map_concurrent", "race", "runner"],
  ["staggered"],
  // 10
  ["mod", "testing"],
];

const floors = new Map(
  FLOORS.flatMap((names, floor) => names.map((name) => [`${name}.ts`, floor])),
);

Deno.test({
  name: "every module stands on a floor",
  ignore: BLIND,
  fn() {
    assertEquals(rootModules().filter((name) => !floors.has(name)), []);
  },
});

Deno.test({
  name: "imports go down, those of types too",
  ignore: BLIND,
  async fn() {
    const wrong = (await rootImports())
      .filter(({ from, to }) =>
        !((floors.get(to) ?? Infinity) < (floors.get(from) ?? Infinity))
      )
      .map(({ from, to, line }) => `${from}:${line} imports ${to}`);
    assertEquals(wrong, []);
  },
});
