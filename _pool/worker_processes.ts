/**
 * The processes that the jobs of a worker have started: a worker that is ended by force can't
 * end them.
 *
 * @module
 */
import { killProcess } from "../_process/group.ts";

/** Those of one worker. */
export class WorkerProcesses {
  // Whether each leads a group of its own, by pid.
  readonly #leadsGroup = new Map<number, boolean>();

  /** Notes one that has begun, or that is gone. */
  note(pid: number, leadsGroup: boolean, lives: boolean): void {
    if (lives) this.#leadsGroup.set(pid, leadsGroup);
    else this.#leadsGroup.delete(pid);
  }

  /** Ends all, as the worker is gone. */
  kill(): void {
    for (const [pid, leadsGroup] of this.#leadsGroup) {
      killProcess(pid, leadsGroup);
    }
    this.#leadsGroup.clear();
  }
}
