/**
 * Writes reports to stderr: the only module that uses the console.
 *
 * @module
 */
import type { ExceptionContext } from "../handle.ts";
import { describeError } from "../_base/error_text.ts";
import { guarded, indent, shorten, textOf } from "../_base/repr.ts";

// A handler that fails for a handler that failed, and so on.
const MOST_CONTEXTS = 10;
const LONGEST_TEXT = 10_000;

/** Writes what an exception handler is told. It never throws. */
export function report(context: ExceptionContext): void {
  print(
    guarded(() => formatReport(context), "asyncio: an error, not to be shown"),
  );
}

/** Writes a text that was asked for. */
export function print(text: string): void {
  // A console that users have replaced may throw, and nobody could be told.
  // deno-lint-ignore no-console
  guarded(() => console.error(text), undefined);
}

/** Writes a warning. */
export function warn(text: string): void {
  // deno-lint-ignore no-console
  guarded(() => console.warn(`asyncio: ${text}`), undefined);
}

function formatReport(context: ExceptionContext): string {
  const lines: string[] = [];
  let margin = "";
  let told: ExceptionContext | undefined = context;
  for (let i = 0; told !== undefined && i < MOST_CONTEXTS; i++) {
    if (i > 0) {
      margin += "  ";
      lines.push(`${margin}While handling:`);
    }
    lines.push(indent(formatContext(told), margin));
    told = told.context;
  }
  return lines.join("\n");
}

function formatContext(told: ExceptionContext): string {
  const { message, exception, sourceTraceback, context: _, ...rest } = told;
  const lines = [`asyncio: ${shown(message)}`];
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) lines.push(`  ${key}: ${shown(value)}`);
  }
  // Somebody may have thrown `undefined`.
  if ("exception" in told) lines.push(indent(describeError(exception)));
  if (sourceTraceback !== undefined) {
    lines.push("  Made at:", indent(sourceTraceback));
  }
  return lines.join("\n");
}

function shown(value: unknown): string {
  return shorten(textOf(value), LONGEST_TEXT);
}
