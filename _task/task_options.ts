/**
 * What the options of a task must be.
 *
 * @module
 */
import {
  BOOLEAN,
  check,
  CONTEXT,
  type Kind,
  NAME,
} from "../_base/arguments.ts";

/** The kinds of the options that every way to make a task takes. */
export const TASK_OPTIONS: Readonly<
  Record<"name" | "context" | "eagerStart", Kind>
> = { name: NAME, context: CONTEXT, eagerStart: BOOLEAN };

/** Refuses values of the wrong kind, without a look at names. */
export function checkTaskOptions(
  { name, context, eagerStart }: {
    readonly [Name in keyof typeof TASK_OPTIONS]?: unknown;
  },
): void {
  if (name !== undefined && typeof name !== "string") {
    check("create a task", "name", name, NAME);
  }
  if (context !== undefined) {
    check("create a task", "context", context, CONTEXT);
  }
  if (eagerStart !== undefined) {
    check("create a task", "eagerStart", eagerStart, BOOLEAN);
  }
}
