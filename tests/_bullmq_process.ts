/**
 * Workers of a queue in processes of their own.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Redis } from "./_redis.ts";

/** A process that serves a queue. */
export class WorkerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
  }

  /** Starts one; it takes jobs when this is done. */
  static async start(
    { connection }: Redis,
    queue: string,
    concurrency = 4,
  ): Promise<WorkerProcess> {
    const program = fileURLToPath(
      new URL("./_bullmq_worker.ts", import.meta.url),
    );
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ..."run --quiet --no-check -A".split(" "),
        program,
        String(connection.port),
        queue,
        String(concurrency),
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.getReader();
    const { done } = await reader.read();
    await reader.cancel();
    if (done) throw new Error("The worker did not start");
    return new WorkerProcess(process);
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
  }
}
