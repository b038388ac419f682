/**
 * Calls the random async functions, and looks whether each leaves things as they were.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { ContextVar, currentTask, type Task } from "../mod.ts";
import { asideOf, type Probe, uncountedOf } from "./_cancel_probe.ts";
import { must, type Words } from "./_cancel_words.ts";
import { LEFT_BEHIND } from "./_cancel_words_around.ts";
import { ENDING } from "./_cancel_words_limits.ts";
import { CANCELLING } from "./_cancel_words_tasks.ts";

/** An async function: what it does, with the functions that it calls. */
export interface Node {
  readonly kind: string;
  readonly parts: readonly Node[];
  /** Seconds, where it takes some. */
  readonly seconds: number;
}

// Each function has a store of its own, and each task a value of its own.
const stores = new AsyncLocalStorage<object>();
const owner = new ContextVar<Task<unknown> | undefined>("owner");

/** Calls one, which calls its parts. */
export async function call(
  probe: Probe,
  { kind, parts, seconds }: Node,
  doings: Words,
) {
  const own = LEFT_BEHIND.has(kind)
    ? asideOf(probe)
    : CANCELLING.has(kind) || ENDING.has(kind)
    ? uncountedOf(probe)
    : probe;
  const task = currentTask();
  const store = stores.getStore();
  if (owner.get(undefined) !== task) owner.set(task);
  const mustBeOwn = () => {
    must(stores.getStore() === store, `${kind} has another store after it`);
    // One that has ended is no longer known.
    must(
      currentTask() === task || task?.done() === true,
      `${kind} has another task after it`,
    );
    must(
      task?.done() !== false || owner.get() === task,
      `${kind} has another context after it`,
    );
  };
  using _ = own.enter(kind);
  const [first, second] = parts.map((part) => () =>
    stores.run({}, () => call(own, part, doings))
  );
  try {
    await doings[kind]!(own, first!, second!, seconds);
  } finally {
    mustBeOwn();
  }
}
