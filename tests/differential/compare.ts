/**
 * Says whether two traces mean the same.
 *
 * @module
 */
import { type Event, formatEvent, type Trace } from "./program.ts";
import type { Style } from "./interpret.ts";

const CANCELLED = /Cancelled\([^)]*\)/g;

/**
 * Finds the first difference between two traces.
 *
 * In generator style all events must be the same, one by one. In async style each
 * task's own must be, and the times: the host runs async functions of one instant
 * in turns of its own.
 *
 * @returns Python's event and TypeScript's at the place, or `undefined` if they agree.
 */
export function firstDifference(
  python: Trace,
  typescript: Trace,
  style: Style,
): [python: string, typescript: string] | undefined {
  const pythons = comparable(python, style);
  const typescripts = comparable(typescript, style);
  for (
    let index = 0;
    index < Math.max(pythons.length, typescripts.length);
    index++
  ) {
    if (!same(pythons[index], typescripts[index])) {
      return [
        pythons[index] ?? "nothing more",
        typescripts[index] ?? "nothing more",
      ];
    }
  }
  return undefined;
}

/** CPython loses messages that this library keeps: see departures.md. */
function same(
  python: string | undefined,
  typescript: string | undefined,
): boolean {
  if (python === typescript) return true;
  if (python === undefined || typescript === undefined) return false;
  const kept = (typescript.match(CANCELLED) ?? []).values();
  const merged = python.replaceAll(CANCELLED, (cancelled) => {
    const other = kept.next().value;
    return cancelled === "Cancelled()" ? other ?? cancelled : cancelled;
  });
  return merged === typescript;
}

function comparable(trace: Trace, style: Style): string[] {
  if (style === "generator") return trace.map(formatEvent);
  const tasks: Record<string, Event[]> = {};
  for (const [time, _turn, task, what] of trace) {
    (tasks[task] ??= []).push([time, 0, task, what]);
  }
  // Callbacks belong to no task: those of one instant have no order.
  tasks["-"]?.sort(([timeA, , , whatA], [timeB, , , whatB]) =>
    timeA - timeB || (whatA < whatB ? -1 : 1)
  );
  return Object.keys(tasks).sort().flatMap((task) =>
    tasks[task]!.map(formatEvent)
  );
}
