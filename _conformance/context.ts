/**
 * What the checks are run with: the executor to be checked, and logs of its jobs.
 *
 * @module
 */
import {
  BOOLEAN,
  check,
  checkOptions,
  copyList,
  DELAY,
  FUNCTION,
  integer,
  type Kind,
  OBJECT,
  type OptionKinds,
  STRING,
} from "../_base/arguments.ts";
import { guarded } from "../_base/repr.ts";
import type { Delay } from "../clock.ts";
import type { Executor } from "../executor.ts";
import { sleep } from "../sleep.ts";
import { builtin } from "../_host/environment.ts";
import type * as jobs from "./jobs.ts";

/** An executor of the kit's jobs. */
export type CheckedExecutor = Executor<typeof jobs>;

/** What not every executor can do; a check says what it needs. */
export type Ability =
  /** Values of every kind that can be cloned arrive, circles too. */
  | "structured clone"
  /** Values can be moved. */
  | "transfer"
  /** `checkCancelled()` sees a cancel in a loop that never waits. */
  | "check"
  /** An endless loop is ended by force. */
  | "kill"
  /** A job that ignores its cancel is given up after the grace. */
  | "give up"
  /** A worker can be lost without the executor. */
  | "crash"
  /** What a lost worker had not begun is known, and is run elsewhere. */
  | "run elsewhere"
  /** `maxWorkers`, `concurrency` and `maxQueue` count. */
  | "limits"
  /** A stream waits for whoever reads it. */
  | "back-pressure"
  /** A job knows its deadline. */
  | "deadline"
  /** The host tells apart which task's async function runs. */
  | "async context"
  /** Jobs have keys. */
  | "durable";

/** How an executor is to be made. */
export interface CheckedExecutorOptions {
  /** How many workers there are at most. */
  readonly maxWorkers?: number;
  /** How many jobs a worker runs at once. */
  readonly concurrency?: number;
  /** How long a cancelled job has, in seconds. */
  readonly grace?: Delay;
  /** How many jobs may wait. */
  readonly maxQueue?: number;
}

/** Options of {@linkcode Context}. */
export interface ContextOptions {
  /** Makes an executor of the kit's jobs. */
  readonly make: (
    options: CheckedExecutorOptions,
  ) => CheckedExecutor | Promise<CheckedExecutor>;
  /** Makes an executor whose module of jobs cannot be loaded. */
  readonly makeBroken?: () => CheckedExecutor | Promise<CheckedExecutor>;
  /** What the executor can do. */
  readonly abilities: readonly Ability[];
  /**
   * Whether checks share executors that are made alike, which saves starts of workers.
   * Then {@linkcode Context.shutdown} ends them.
   *
   * @default {false}
   */
  readonly reuse?: boolean;
}

// What logs begin with in browsers; elsewhere they are files.
const CHANNEL = "channel:";
// How long no line may come before a log in a browser is complete, in seconds.
const QUIET = 0.05;

const CONTEXT_OPTIONS: OptionKinds<ContextOptions> = {
  make: FUNCTION,
  makeBroken: FUNCTION,
  abilities: { words: "an array", copy: copyList, fits: Array.isArray },
  reuse: BOOLEAN,
};

const EXECUTOR_OPTIONS: OptionKinds<CheckedExecutorOptions> = {
  maxWorkers: integer(1),
  concurrency: integer(1),
  grace: DELAY,
  maxQueue: integer(0),
};

const CHECK: Kind = {
  words: "a check of the kit",
  fits: (value) =>
    guarded(() => Array.isArray((value as { needs: unknown }).needs), false),
};

interface Files {
  mkdtempSync(prefix: string): string;
  existsSync(path: string): boolean;
  readFileSync(path: string, encoding: "utf8"): string;
  rmSync(path: string, options: { recursive: boolean; force: boolean }): void;
}

/**
 * What checks are run with.
 *
 * @example Check an executor
 * ```ts
 * import { run } from "@asyncio/asyncio";
 * import { checks, Context, jobs } from "@asyncio/asyncio/executor-testing";
 * import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
 *
 * using context = new Context({
 *   make: (options) => new InlineExecutor(jobs, options),
 *   abilities: ["limits"],
 * });
 * const check = checks.find(({ name }) => name === "no result is undefined")!;
 * if (context.can(check)) await run(() => check.run(context));
 * ```
 */
export class Context implements Disposable {
  readonly #options: ContextOptions;
  readonly #abilities: ReadonlySet<Ability>;
  // In browsers, the lines of logs.
  readonly #lines = new Map<string, string[]>();
  #channel: BroadcastChannel | undefined;
  // Whether it has heard anything.
  #isHeard = false;
  readonly #shared = new Map<string, CheckedExecutor>();
  #folder: string | undefined;
  #logs = 0;

  /**
   * Makes a context; dispose of it, as it may have files.
   *
   * @param options How to make the executor, and what it can do.
   * @throws {TypeError} If an option is of a wrong type.
   */
  constructor(options: ContextOptions) {
    check("make a context", "options", options, OBJECT);
    options = checkOptions("make a context", options, CONTEXT_OPTIONS);
    check("make a context", "make", options.make, FUNCTION);
    check(
      "make a context",
      "abilities",
      options.abilities,
      CONTEXT_OPTIONS.abilities,
    );
    this.#options = options;
    this.#abilities = new Set(options.abilities);
  }

  /**
   * Says whether the executor can do what a check needs.
   *
   * @param wanted The check.
   * @returns Whether it may be run.
   * @throws {TypeError} If `wanted` is no check.
   */
  can(
    wanted: {
      readonly needs: readonly Ability[];
      readonly needsBroken: boolean;
    },
  ): boolean {
    check("look for abilities", "check", wanted, CHECK);
    return wanted.needs.every((ability) => this.#abilities.has(ability)) &&
      (!wanted.needsBroken || this.#options.makeBroken !== undefined);
  }

  /**
   * Makes an executor of the kit's jobs.
   *
   * @param options How it is to be made.
   * @returns A promise of it.
   * @throws {TypeError} If an option is of a wrong type.
   * @throws {RangeError} If a count is no whole number, or the grace NaN.
   */
  async make(options: CheckedExecutorOptions = {}): Promise<CheckedExecutor> {
    return await this.#options.make(
      checkOptions("make an executor", options, EXECUTOR_OPTIONS),
    );
  }

  /**
   * Lets a check have an executor. It is shut down after, unless it is shared.
   *
   * @param options How it is to be made.
   * @param body The check.
   * @returns A promise that settles when the check has ended.
   * @throws {TypeError} If `body` is no function, or an option is of a wrong type.
   * @throws {RangeError} If a count is no whole number, or the grace NaN.
   */
  async use(
    options: CheckedExecutorOptions,
    body: (executor: CheckedExecutor) => Promise<void>,
  ): Promise<void> {
    options = checkOptions("use an executor", options, EXECUTOR_OPTIONS);
    check("use an executor", "body", body, FUNCTION);
    // In browsers an await of what has nothing to wait for would be one of the host.
    if (!this.#isHeard && builtin<Files>("node:fs") === undefined) {
      await this.#listen();
    }
    const key = JSON.stringify(options);
    const executor = this.#shared.get(key) ?? await this.make(options);
    if (this.#options.reuse) {
      this.#shared.set(key, executor);
      return await body(executor);
    }
    try {
      await body(executor);
    } finally {
      await executor.shutdown({ cancelFutures: true });
    }
  }

  /**
   * Shuts down the executors that checks have shared.
   *
   * @returns A promise that settles when they are gone.
   */
  async shutdown(): Promise<void> {
    const executors = [...this.#shared.values()];
    this.#shared.clear();
    for (const executor of executors) {
      await executor.shutdown({ cancelFutures: true });
    }
  }

  /**
   * Makes an executor whose module cannot be loaded.
   *
   * @returns A promise of it.
   */
  async makeBroken(): Promise<CheckedExecutor> {
    return await this.#options.makeBroken!();
  }

  /**
   * Opens a log for jobs.
   *
   * @returns What jobs know it by.
   */
  newLog(): string {
    const files = builtin<Files>("node:fs");
    if (files === undefined) return this.#newLine();
    this.#folder ??= files.mkdtempSync(
      builtin<{ tmpdir(): string }>("node:os")!.tmpdir() + "/asyncio-",
    );
    return `${this.#folder}/${++this.#logs}`;
  }

  /**
   * Reads a log. In browsers lines come on a way of their own, so it waits until none has
   * come for a while.
   *
   * @param log What {@linkcode Context.newLog} gave.
   * @returns A promise of its lines.
   * @throws {TypeError} If `log` is no string.
   */
  async lines(log: string): Promise<string[]> {
    check("read a log", "log", log, STRING);
    const known = this.#lines.get(log);
    if (known === undefined) return this.#read(log);
    for (let count = -1; count < known.length;) {
      count = known.length;
      await sleep(QUIET);
    }
    return [...known];
  }

  /**
   * Waits until a job has logged something.
   *
   * @param log The log.
   * @param line What it is to have logged.
   * @param count How often.
   * @returns A promise that settles when it has.
   * @throws {TypeError} If `log` or `line` is no string.
   * @throws {RangeError} If `count` is no whole number.
   */
  async until(log: string, line: string, count = 1): Promise<void> {
    check("wait for a log", "log", log, STRING);
    check("wait for a log", "line", line, STRING);
    check("wait for a log", "count", count, integer(0));
    while (this.#read(log).filter((known) => known === line).length < count) {
      await sleep(0.002);
    }
  }

  /** Deletes the logs, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#channel?.close();
    if (this.#folder === undefined) return;
    builtin<Files>("node:fs")!.rmSync(this.#folder, {
      recursive: true,
      force: true,
    });
  }

  #read(log: string): string[] {
    const known = this.#lines.get(log);
    if (known !== undefined) return known;
    const files = builtin<Files>("node:fs")!;
    if (!files.existsSync(log)) return [];
    const text = files.readFileSync(log, "utf8");
    return text.split("\n").filter((line) => line !== "");
  }

  // A channel hears only some time after it was made: what is said before that is lost.
  async #listen(): Promise<void> {
    const greeter = new BroadcastChannel(this.#openChannel().name);
    try {
      while (!this.#isHeard) {
        greeter.postMessage([]);
        await sleep(0.001);
      }
    } finally {
      greeter.close();
    }
  }

  // One for all logs.
  #openChannel(): BroadcastChannel {
    if (this.#channel === undefined) {
      this.#channel = new BroadcastChannel(CHANNEL + crypto.randomUUID());
      this.#channel.onmessage = ({ data: [log, line] }): void => {
        this.#isHeard = true;
        this.#lines.get(log)?.push(line);
      };
    }
    return this.#channel;
  }

  #newLine(): string {
    const log = `${this.#openChannel().name}/${++this.#logs}`;
    this.#lines.set(log, []);
    return log;
  }
}
