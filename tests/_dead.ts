/**
 * A process that has ended, of which this one has not heard.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

/**
 * Kills a process, and gives the host no turn in which it could hear of the end.
 *
 * @param id The process.
 */
export function killUnheard(id: number): void {
  process.kill(id, "SIGKILL");
  // It may stay as a zombie until the host hears of it; "l" is one that has threads left.
  spawnSync("sh", [
    "-c",
    `while ps -o stat= -p ${id} | grep -qv '^Z[^l]*$'; do sleep 0.01; done`,
  ]);
}
