/**
 * Tables of what was measured, and where they are written to.
 *
 * @module
 */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** Where the tables are. */
export const DOCUMENT: string = fileURLToPath(
  import.meta.resolve("../docs/performance.md"),
);

/** The middle of some numbers: of the middle two the mean. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Says when and where something is measured.
 *
 * @param rounds How many rounds there are.
 * @param judge What it is judged by.
 */
export function provenance(rounds: string, judge: string): string {
  const [load] = Deno.loadavg();
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${
    cpus()[0]!.model
  }, ${Deno.build.os} ${Deno.build.arch}, Deno ${Deno.version.deno} (V8 ${Deno.version.v8}); load before the run ${
    load!.toFixed(1)
  }, judged by ${judge}, rounds: ${rounds}.`;
}

/** A ratio, with three digits that count. */
export function ratio(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : Math.round(value).toString();
}

/** A table, the first column to the left. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_cell, index) => index === 0 ? "---" : "---:");
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Puts text between `<!-- bench:name -->` and `<!-- /bench:name -->`. */
export async function write(
  path: string,
  name: string,
  text: string,
): Promise<void> {
  const document = await Deno.readTextFile(path);
  const open = `<!-- bench:${name} -->`;
  const start = document.indexOf(open);
  const end = document.indexOf(`<!-- /bench:${name} -->`);
  if (start < 0 || end < start) {
    throw new Error(`Cannot write to ${path}: it has no "${open}"`);
  }
  const before = document.slice(0, start + open.length);
  await Deno.writeTextFile(
    path,
    `${before}\n\n${text}\n\n${document.slice(end)}`,
  );
  // Tables are padded by the formatter alone.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] })
    .output();
}
