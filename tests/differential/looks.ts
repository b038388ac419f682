/**
 * What is asked of tasks, timers and time limits, and what is done to all tasks.
 *
 * @module
 */
import { allTasks, currentTask, type Task, TimerHandle } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import { Missing, UNIT, type Words } from "./words.ts";

/** The words of what is asked. */
export function lookWords(host: Interpreter): Words {
  const nameOf = (task: Task<unknown>): string => host.names.get(task) ?? "?";
  return {
    acts: {
      "handle.state": (name: string) => {
        const handle = host.handles.get(name);
        if (handle === undefined) throw new Missing();
        const when = handle instanceof TimerHandle ? handle.when() : undefined;
        return [handle.cancelled(), eighths(when)];
      },
      "scope.state": (name: string) => {
        const scope = host.timeouts.get(name);
        if (scope === undefined) throw new Missing();
        return [eighths(scope.when()), scope.expired()];
      },
      "name.set": (name: string, value: string) =>
        host.task(name).setName(value),
      "name.get": (name: string) =>
        // Tasks are counted over all that the process has made.
        host.task(name).getName().replace(/^Task-.*/, "Task"),
      "repr": (name: string) =>
        /^<\w+ (\w+)/.exec(String(host.future(name)))![1],
      "allTasks": () => [...allTasks(host.loop)].map(nameOf).sort(),
      "cancelAll": () => {
        const self = currentTask(host.loop);
        const others = [...host.names.keys()].filter((task) =>
          task !== self && !task.done()
        );
        return others.map((task) => task.cancel());
      },
    },
  };
}

function eighths(when: number | undefined): number | undefined {
  return when === undefined ? undefined : Math.round(when * UNIT);
}
