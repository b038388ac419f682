/**
 * The end of an executor.
 *
 * @module
 */
import { Future } from "../future.ts";
import type { EventLoop } from "../loop.ts";

/** The end of an executor, for one of those who wait for it. */
export class ShutdownFuture extends Future<void> {
  readonly #name: string;
  #held: EventLoop | undefined;

  /**
   * Makes the future of an end that is to come.
   *
   * @param loop The loop of whoever waits.
   * @param name The name of the executor.
   */
  constructor(loop: EventLoop, name: string) {
    super({ loop });
    this.#name = name;
  }

  /** Keeps virtual time still until the release. */
  hold(loop: EventLoop): void {
    this.#held = loop;
    loop._hold();
  }

  /** Tells that it has ended. */
  release(): void {
    this.#held?._letGo();
    const loop = this.getLoop() as EventLoop;
    if (!this.done() && !loop.isClosed()) this.setResult();
  }

  _describe(): string {
    return `the shutdown of the executor ${this.#name}`;
  }
}
