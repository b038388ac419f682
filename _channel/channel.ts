/**
 * A way to a worker, whatever it is: a thread, a process, a web worker, or this loop.
 *
 * @module
 */
import type { Post, WorkerStart } from "../_executor/wire.ts";
import type { PoolMarks } from "../_worker/marks.ts";

/** What a pool is told of a worker. */
export interface ChannelEvents {
  /** Takes what the worker has sent. */
  message(data: unknown): void;
  /** The worker is gone, once; the error says why, if anything is known. */
  exit(error: Error | undefined): void;
}

/** A worker, as its pool knows it. */
export interface Channel {
  /** Where it is seen which jobs the worker has begun, if that can be. */
  readonly marks: PoolMarks | undefined;
  /** Sends a message; throws if it cannot be sent. */
  readonly post: Post;
  /** Ends a worker that has nothing left to do. `exit` follows. */
  end(): void;
  /** Ends the worker by force, as far as the host can. `exit` follows. */
  kill(): void;
  /** Makes the worker keep the program alive. */
  ref(): void;
  /** Lets the program end though the worker is there. */
  unref(): void;
}

/** Makes workers of one kind. */
export interface ChannelFactory {
  /** Whether a worker in an endless loop can be ended. */
  readonly kills: boolean;
  /** Whether real time passes in the workers; else it is the loop's. */
  readonly isReal: boolean;
  /** Whether arguments are copied, so that functions cannot be sent. */
  readonly copies: boolean;
  /** Whether what is to be moved is; else it is copied. */
  readonly moves: boolean;
  /** Starts a worker; throws if it cannot. */
  open(start: WorkerStart, events: ChannelEvents): Channel;
}
