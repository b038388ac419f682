/**
 * Process groups: signals to all of one, and whether one of it still runs.
 *
 * @module
 */
import { running } from "../_base/running.ts";
import { builtin, isGranted, isWindows } from "../_host/environment.ts";
import type { SignalName } from "../_host/signals.ts";

interface FileSystem {
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: "latin1"): string;
}

interface Host {
  readonly process: {
    kill(pid: number, signal: SignalName | 0): unknown;
  };
}

// What `--allow-all` grants: Deno shows `/proc` to nobody else.
const ALL_PERMISSIONS = ["read", "write", "net", "env", "run", "sys", "ffi"];

/** A process's group, once that process has ended or is to be ended. */
export class ProcessGroup {
  /** Whether a signal that was meant for all could be sent to the process alone. */
  outOfReach = false;
  readonly #id: number;
  readonly #isOwn: boolean;
  #isGone = false;

  /**
   * Makes it.
   *
   * @param pid The process.
   * @param newSession Whether it was to lead a session, and so a group, of its own.
   */
  constructor(pid: number, newSession: boolean) {
    this.#id = pid;
    this.#isOwn = newSession && hasGroups();
    running.noteProcess?.(pid, this.#isOwn, true);
  }

  /**
   * Whether one of it runs, as far as that may be known; not to be asked before the end of
   * the process. Once none does the id may become another's, so it is not used again.
   */
  lives(): boolean {
    if (this.#isGone) return false;
    this.#isGone = !(this.#isOwn && maySignalGroups() && groupLives(this.#id));
    if (this.#isGone) running.noteProcess?.(this.#id, this.#isOwn, false);
    return !this.#isGone;
  }

  /**
   * Sends a signal to all of it.
   *
   * @returns Whether that was done: else the process alone is to be sent it.
   * @throws The host's error, if none of them may be signalled.
   */
  signal(signal: SignalName): boolean {
    if (!this.#isOwn || this.#isGone) return false;
    if (maySignalGroups()) {
      signalGroup(this.#id, signal);
      return true;
    }
    this.outOfReach = true;
    return false;
  }
}

/**
 * Ends a process of a worker that is gone, with all of its group.
 *
 * @param pid The process.
 * @param leadsGroup Whether it leads a group.
 */
export function killProcess(pid: number, leadsGroup: boolean): void {
  try {
    if (leadsGroup && maySignalGroups()) signalGroup(pid, "SIGKILL");
    else (globalThis as unknown as Host).process.kill(pid, "SIGKILL");
  } catch {
    // It is gone, or belongs to somebody else by now.
  }
}

/** Whether the system has process groups. */
export function hasGroups(): boolean {
  return !isWindows();
}

/** Whether groups may be signalled, without asking: in Deno not by `--allow-run=sh`. */
function maySignalGroups(): boolean {
  return isGranted({ name: "run" });
}

/**
 * Sends a signal to all of a group.
 *
 * @param group The id of the group: the pid of its leader.
 * @param signal The signal; 0 only looks.
 * @returns Whether there was somebody.
 * @throws The host's error, if none of them may be signalled.
 */
function signalGroup(group: number, signal: SignalName | 0): boolean {
  try {
    (globalThis as unknown as Host).process.kill(-group, signal);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ESRCH") return false;
    throw error;
  }
}

/**
 * Says whether one of a group runs, as far as that may be known. The dead stay in their
 * group until their parent looks after them, and a slow PID 1 takes seconds to do so.
 *
 * @param group The id of the group.
 */
function groupLives(group: number): boolean {
  try {
    if (!signalGroup(group, 0)) return false;
  } catch {
    // They are somebody else's, or, on macOS, all dead.
    return false;
  }
  return livesByProc(group) ?? true;
}

/** Whether `/proc` may be looked at; else the dead of a group can't be told. */
export function seesTheDead(): boolean {
  return livesByProc(0) !== undefined;
}

function livesByProc(group: number): boolean | undefined {
  if (!ALL_PERMISSIONS.every((name) => isGranted({ name }))) return undefined;
  const fs = builtin<FileSystem>("node:fs")!;
  let names: string[];
  try {
    names = fs.readdirSync("/proc");
  } catch {
    // A system without it.
    return undefined;
  }
  return names.some((name) =>
    name > "0" && name < ":" && runsIn(fs, name, group)
  );
}

function runsIn(fs: FileSystem, pid: string, group: number): boolean {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    // It has ended meanwhile.
    return false;
  }
  // The name before may have anything in it: "(a) S 1 2)".
  const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(itsGroup) === group && state !== "Z" && state !== "X";
}
