/**
 * What became of everything at a shutdown, for programs and as text.
 *
 * @module
 */
import { Lines } from "../_base/lines.ts";
import { shorten } from "../_base/repr.ts";
import type { SignalName } from "../_host/signals.ts";

/** What became of one service, as `onClosing()` names it. */
export interface ServiceEnd {
  /** Its name. */
  readonly name: string;
  /** Whether it stopped, failed to, or had not stopped when the run ended. */
  readonly outcome: "stopped" | "failed" | "too late";
  /** Seconds from the signal. */
  readonly seconds: number;
}

/** What became of one task. */
export interface TaskEnd {
  /** Its name. */
  readonly name: string;
  /**
   * How it ended: by itself, with an error, by the cancel; or that it ignored the cancel
   * and was still there when the run ended.
   */
  readonly outcome: "finished" | "failed" | "cancelled" | "ignored";
  /** Whether it ended in the grace, before anything was cancelled. */
  readonly inGrace: boolean;
  /** Seconds from the signal if it ended in the grace, else from the cancel. */
  readonly seconds: number;
  /** What one that ignored the cancel waited for. */
  readonly waitsFor: readonly string[];
}

/** What became of one process, with all that it had started. */
export interface ProcessEnd {
  /** Its number. */
  readonly pid: number;
  /** The program. */
  readonly name: string;
  /** Whether it ended by itself, by SIGTERM, or had to be killed. */
  readonly outcome: "ended" | "terminated" | "killed";
  /** Seconds from when it was asked to end; from the signal if it was not. */
  readonly seconds: number;
}

/**
 * What became of everything at a shutdown. As a string it is a line for each service,
 * task and process, what did not go well first.
 */
export interface ShutdownReport {
  /** The signal that began it; `undefined` if the run has ended by itself, or was aborted. */
  readonly signal: SignalName | undefined;
  /** Seconds from the signal to the cancel, or to the end if there was no cancel. */
  readonly softSeconds: number;
  /** Seconds from the cancel to the end. */
  readonly hardSeconds: number;
  /** What `onClosing()` was given. */
  readonly services: readonly ServiceEnd[];
  /** The tasks that were there at the signal, and those that were there at the cancel. */
  readonly tasks: readonly TaskEnd[];
  /** The processes that were there at the signal, or came later. */
  readonly processes: readonly ProcessEnd[];
  /** Returns the report as text. */
  toString(): string;
}

/** The report. */
export class Report implements ShutdownReport {
  readonly signal: SignalName | undefined;
  readonly softSeconds: number;
  readonly hardSeconds: number;
  readonly services: readonly ServiceEnd[];
  readonly tasks: readonly TaskEnd[];
  readonly processes: readonly ProcessEnd[];
  readonly #hasGrace: boolean;

  /**
   * Makes it.
   *
   * @param parts What there is to tell.
   * @param hasGrace Whether anything had time to end before the cancel.
   */
  constructor(parts: Omit<ShutdownReport, "toString">, hasGrace: boolean) {
    this.#hasGrace = hasGrace;
    this.signal = parts.signal;
    this.softSeconds = parts.softSeconds;
    this.hardSeconds = parts.hardSeconds;
    this.services = parts.services;
    this.tasks = parts.tasks;
    this.processes = parts.processes;
  }

  /** Whether all has ended as it should. */
  get isClean(): boolean {
    return this.services.every(({ outcome }) =>
      outcome === "stopped" || (outcome === "too late" && !this.#hasGrace)
    ) &&
      this.tasks.every(({ outcome }) => outcome !== "ignored") &&
      this.processes.every(({ outcome }) => outcome !== "killed");
  }

  toString(): string {
    const lines = new Lines();
    const hard = `${inSeconds(this.hardSeconds)} to clean up`;
    const soft = `${inSeconds(this.softSeconds)} of grace`;
    lines.add(
      this.signal === undefined
        ? `Shutdown without a signal: ${hard}`
        : `Shutdown by ${this.signal}: ${soft}, ${hard}`,
    );
    const parts = [
      ...this.services.map(describeService),
      ...this.tasks.map(describeTask),
      ...this.processes.map(describeProcess),
    ].sort((a, b) => a.rank - b.rank);
    for (const { text } of parts) {
      if (lines.isFull) lines.leaveOut();
      else lines.add(text.replaceAll("\n", " "), "  ");
    }
    return lines.text("lines");
  }

  /** Returns {@linkcode Report.toString}, in the inspectors of Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

interface Line {
  readonly text: string;
  /** What went worst comes first. */
  readonly rank: number;
}

function describeService({ name, outcome, seconds }: ServiceEnd): Line {
  const after = `after ${inSeconds(seconds)}`;
  switch (outcome) {
    case "stopped":
      return { text: `service ${name}: stopped ${after}`, rank: 3 };
    case "failed":
      return { text: `service ${name}: failed to stop, ${after}`, rank: 1 };
    case "too late":
      return { text: `service ${name}: had not stopped ${after}`, rank: 0 };
  }
}

function describeTask(task: TaskEnd): Line {
  const { name, outcome, seconds, waitsFor, inGrace } = task;
  const after = `after ${inSeconds(seconds)}`;
  switch (outcome) {
    case "ignored": {
      const waits = waitsFor.length === 0
        ? ""
        : `, waits for ${waitsFor.join(" and ")}`;
      return {
        text: `task ${name}: ignored the cancel, ${after}${waits}`,
        rank: 0,
      };
    }
    case "failed":
      return { text: `task ${name}: failed ${after}`, rank: 1 };
    case "cancelled":
      return { text: `task ${name}: cancelled ${after}`, rank: 4 };
    case "finished":
      return {
        text: `task ${name}: finished ${after}${inGrace ? " of grace" : ""}`,
        rank: 5,
      };
  }
}

function describeProcess({ pid, name, outcome, seconds }: ProcessEnd): Line {
  return {
    text: `process ${pid} (${shorten(name)}): ${outcome} after ${
      inSeconds(seconds)
    }`,
    rank: { killed: 2, terminated: 4, ended: 5 }[outcome],
  };
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
