/**
 * Connects to the queue when there are jobs, and tries again with the next one.
 *
 * @module
 */
import { BrokenExecutor } from "../errors.ts";
import { describeValue } from "../_base/repr.ts";
import { messageOfError } from "../_bullmq/connection.ts";
import type { Link } from "./link.ts";
import type { Patience } from "./patience.ts";

/** The one link of an executor, while there is one. */
export class Connector {
  readonly #queue: string;
  readonly #patience: Patience;
  readonly #open: () => Link;
  #link: Link | undefined;
  #isReady = false;
  #closing: Promise<void> | undefined;

  /**
   * Makes a connector of no link.
   *
   * @param queue The name of the queue.
   * @param patience Waits for Redis; it ends with each link.
   * @param open Opens a link.
   */
  constructor(queue: string, patience: Patience, open: () => Link) {
    this.#queue = queue;
    this.#patience = patience;
    this.#open = open;
  }

  /** The link; `undefined` where none is open. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** The link, if jobs can be sent at once. */
  get ready(): Link | undefined {
    return this.#isReady ? this.#link : undefined;
  }

  /**
   * Connects, if it is not; gives the error if Redis is out of reach.
   *
   * @param isWanted Whether anybody still wants that, once the last link is closed: a link
   * that is opened for nobody would never be closed.
   */
  async connect(
    isWanted: () => boolean,
  ): Promise<Link | BrokenExecutor | undefined> {
    await this.#closing;
    if (!isWanted()) return undefined;
    const link = this.#link ??= this.#open();
    try {
      await this.#patience.wait(link.ready);
      if (this.#link === link) this.#isReady = true;
      return link;
    } catch (error) {
      if (this.#link === link) await this.close();
      const queue = describeValue(this.#queue);
      return new BrokenExecutor(
        `Redis is out of reach for the queue ${queue}: ${
          messageOfError(error)
        }`,
        { cause: error },
      );
    }
  }

  /** Ends the connections; never rejects. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    this.#isReady = false;
    if (link !== undefined) {
      this.#patience.end();
      this.#closing = link.close();
    }
    await this.#closing;
  }
}
