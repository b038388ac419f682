/**
 * What was opened in a loop and must not outlive it: connections, servers, processes.
 *
 * @module
 */
import { isInstance } from "../_base/repr.ts";
import { CancelledError } from "../errors.ts";
import { warn } from "./report.ts";

/** Something that holds a part of the host. */
export interface Resource {
  /**
   * Closes it, at the end of `run()`. Nobody can wait for it any more, so it must not
   * take long: what the other side does not take soon is given up.
   *
   * @returns A promise, if that takes time.
   */
  _endWithLoop(): PromiseLike<unknown> | void;
  /** Whether it is about to be closed already, so that nobody has forgotten it. */
  readonly _isClosing: boolean;
  /** Closes it at once: the loop is closed, and can't wait. */
  _abandon(): void;
  /** Names it, for reports. */
  toString(): string;
}

/** Returns what is open in a loop; one of another make may keep no list. */
export function resourcesOf(loop: object): Resources | undefined {
  return (loop as { readonly _resources?: Resources })._resources;
}

/** What happened while a resource was closed. */
export type OnEndError = (error: unknown, resource: Resource) => void;

/** The open resources of one loop. Each leaves by itself when it is closed. */
export class Resources implements Iterable<Resource> {
  /** Whether the tasks of the run were cancelled: one that began now would be cut off. */
  isEnding = false;
  // Most loops never open anything.
  #open: Set<Resource> | undefined;
  #closings: Set<Promise<void>> | undefined;

  /** How many are open. */
  get size(): number {
    return this.#open?.size ?? 0;
  }

  /** Adds one that was opened. */
  add(resource: Resource): void {
    (this.#open ??= new Set()).add(resource);
  }

  /** Removes one that was closed; says whether it was there. */
  delete(resource: Resource): boolean {
    return this.#open?.delete(resource) ?? false;
  }

  /**
   * Notes that the host is about to close something, such as a port, and needs a turn of
   * its own for that.
   *
   * @param closing Settles when it is closed; never rejects.
   */
  noteClosing(closing: Promise<void>): void {
    const closings = this.#closings ??= new Set();
    closings.add(closing);
    closing.then(() => closings.delete(closing));
  }

  /** Waits for what the host is about to close, so that it is closed for whoever comes after. */
  async closings(): Promise<void> {
    if (this.#closings !== undefined) await Promise.all(this.#closings);
  }

  /** The open ones, in the order in which they were opened. */
  [Symbol.iterator](): Iterator<Resource> {
    return [...this.#open ?? []].values();
  }

  /**
   * Closes all, also those that are opened meanwhile, each once.
   *
   * @param debug Whether to name them in a warning.
   * @param onError Takes what goes wrong.
   */
  async endAll(debug: boolean, onError: OnEndError): Promise<void> {
    while (this.size > 0) {
      const open = [...this];
      if (debug) warnOf(open);
      await Promise.all(open.map(async (resource) => {
        try {
          await resource._endWithLoop();
        } catch (error) {
          if (isInstance(error, CancelledError)) throw error;
          onError(error, resource);
        }
        this.delete(resource);
      }));
    }
  }

  /** Closes all at once. */
  abandonAll(debug: boolean, onError: OnEndError): void {
    const open = [...this];
    this.#open = undefined;
    if (debug) warnOf(open);
    for (const resource of open) {
      try {
        resource._abandon();
      } catch (error) {
        onError(error, resource);
      }
    }
  }
}

function warnOf(open: readonly Resource[]): void {
  for (const resource of open) {
    if (resource._isClosing) continue;
    warn(`Unclosed ${resource}: it was open at the end of the loop`);
  }
}
