/**
 * Writes reports to stderr: the only module that uses the console.
 *
 * @module
 */
import type { ExceptionContext } from "../handle.ts";
import { describeError, indent } from "../_base/repr.ts";

/** Writes what an exception handler is told. */
export function report(context: ExceptionContext): void {
  // deno-lint-ignore no-console
  console.error(formatReport(context));
}

/** Writes a text that was asked for. */
export function print(text: string): void {
  // deno-lint-ignore no-console
  console.error(text);
}

/** Writes a warning. */
export function warn(text: string): void {
  // deno-lint-ignore no-console
  console.warn(`asyncio: ${text}`);
}

function formatReport(context: ExceptionContext): string {
  const { message, exception, sourceTraceback, context: original, ...rest } =
    context;
  const lines = [`asyncio: ${message}`];
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) lines.push(`  ${key}: ${value}`);
  }
  if (exception !== undefined) lines.push(indent(describeError(exception)));
  if (sourceTraceback !== undefined) {
    lines.push("  Made at:", indent(sourceTraceback));
  }
  if (original !== undefined) {
    lines.push("  While handling:", indent(formatReport(original)));
  }
  return lines.join("\n");
}
