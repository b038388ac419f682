/**
 * What ends a process in an endless loop whose program is gone. It would stay for ever: it
 * never hears that its channel is closed, and no host ends it.
 *
 * So a shell waits beside it for the end of a pipe that only the program holds. It needs
 * nothing of the process, as that may have no permissions, and costs less than a thread.
 *
 * @module
 */
import { builtin, isGranted, isWindows } from "../_host/environment.ts";

// Those of the terminal are for the program. What hears that it is gone ends by itself first.
const WAIT_AND_KILL =
  `trap "" INT TERM HUP QUIT; read -r _; sleep 1; kill -9 "$0"`;

interface Shell {
  readonly pid?: number;
  readonly stdin: {
    on(event: "error", listener: () => void): void;
    unref?(): void;
  };
  on(event: "exit" | "error", listener: () => void): void;
  kill(signal: "SIGKILL"): boolean;
  ref(): void;
  unref(): void;
}

interface ChildProcess {
  spawn(path: string, args: readonly string[], options: object): Shell;
}

/** Watches over a process. */
export class ProcessGuard {
  readonly #shell: Shell;
  #isGone: boolean;
  #onGone: (() => void) | undefined;

  private constructor(shell: Shell) {
    this.#shell = shell;
    // There may be no shell.
    this.#isGone = shell.pid === undefined;
    const gone = (): void => {
      this.#isGone = true;
      this.#onGone?.();
    };
    shell.on("exit", gone);
    shell.on("error", gone);
    shell.stdin.on("error", () => {});
    shell.stdin.unref?.();
    shell.unref();
  }

  /** Begins to watch over a process; gives nothing where that cannot be. */
  static over(pid: number): ProcessGuard | undefined {
    if (isWindows() || !isGranted({ name: "run", command: "sh" })) {
      return undefined;
    }
    const { spawn } = builtin<ChildProcess>("node:child_process")!;
    try {
      return new ProcessGuard(
        spawn("sh", ["-c", WAIT_AND_KILL, String(pid)], {
          stdio: ["pipe", "ignore", "ignore"],
        }),
      );
    } catch {
      // No room for another process; the jobs can do without.
      return undefined;
    }
  }

  /**
   * Ends the watch, as the process is gone.
   *
   * @param done Is called once nothing is left of it.
   */
  end(done: () => void): void {
    if (this.#isGone) return done();
    this.#onGone = done;
    this.#shell.ref();
    this.#shell.kill("SIGKILL");
  }
}
