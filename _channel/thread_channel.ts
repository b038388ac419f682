/**
 * Threads of `node:worker_threads`, in Deno, Node and Bun.
 *
 * Jobs go over a port of their own: on the worker's own channel Deno 2.9 takes 170 ms for
 * a megabyte of bytes, on a port 2 ms.
 *
 * @module
 */
import { builtin } from "../_host/environment.ts";
import {
  bootstrap,
  dataUrl,
  hostName,
  listenToPort,
  postToPort,
} from "../_executor/host.ts";
import type { Hello, WorkerStart } from "../_executor/wire.ts";
import { hostTurn } from "../_host/turn.ts";
import { checkReadable } from "../_worker/readable.ts";
import { SharedMarks } from "../_worker/marks.ts";
import type { Channel, ChannelEvents, ChannelFactory } from "./channel.ts";
import type { Movable } from "../_executor/job_types.ts";

interface Thread {
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  terminate(): Promise<number>;
  ref(): void;
  unref(): void;
}

interface ThreadModule {
  readonly Worker: new (url: URL, options: { name: string }) => Thread;
}

type Port = MessagePort & { ref?(): void; unref?(): void };

/** Makes threads. */
export class ThreadFactory implements ChannelFactory {
  readonly kills: boolean = hostName() !== "Deno";
  readonly isReal = true;
  readonly copies = true;
  readonly moves = true;

  open(start: WorkerStart, events: ChannelEvents): Channel {
    return new ThreadChannel(start, events, this.kills);
  }
}

class ThreadChannel implements Channel {
  readonly marks: SharedMarks;
  readonly #events: ChannelEvents;
  readonly #thread: Thread;
  readonly #port: Port;
  readonly #kills: boolean;
  #error: Error | undefined;
  #isGone = false;

  constructor(start: WorkerStart, events: ChannelEvents, kills: boolean) {
    this.#events = events;
    this.#kills = kills;
    this.marks = SharedMarks.make(start.slots, true);
    const hello: Hello = { ...start, marks: this.marks.memory };
    const { Worker } = builtin<ThreadModule>("node:worker_threads")!;
    const url = new URL(dataUrl(bootstrap("startThread")));
    const thread = this.#thread = new Worker(url, { name: start.name });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    listenToPort(port1, (data) => {
      if (!this.#isGone) events.message(data);
    });
    thread.on("error", (error) => this.#error = error);
    thread.on("exit", (code) => {
      this.#error ??= code === 0 ? undefined : new Error(`Exit code ${code}`);
      // What it has said last is still under way.
      hostTurn().then(hostTurn).then(() => this.#leave());
    });
    thread.postMessage({ ...hello, port: port2 }, [port2]);
  }

  post(message: unknown, transfer: readonly Movable[]): void {
    checkReadable(message, false);
    postToPort(this.#port, message, transfer);
  }

  end(): void {
    this.kill();
  }

  kill(): void {
    void this.#thread.terminate();
    // Deno tells nothing of a thread that goes on in a loop, and never stops it.
    if (!this.#kills) this.#leave();
  }

  ref(): void {
    this.#thread.ref();
    this.#port.ref?.();
  }

  unref(): void {
    this.#thread.unref();
    this.#port.unref?.();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#port.close();
    this.#events.exit(this.#error);
  }
}
