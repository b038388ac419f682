// deno-lint-ignore-file no-console -- a command for the terminal
/**
 * Breaks the library in small ways and sees whether the differential test finds
 * each within the given seeds: the judge's own exam.
 *
 * ```sh
 * deno run -A tests/differential/mutants.ts [--seeds 0..5000] [part of a name]
 * ```
 *
 * Each mutant is a copy of the library with one text replaced. The text must
 * stand there exactly once, or the run fails: then the library has changed, and
 * the mutant must follow.
 *
 * @module
 */

/** A way to break the library. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The ways. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "gather takes a hop too many",
    file: "gather.ts",
    find: "this.#collect(this.#ended[this.#collected++]!);",
    replace: "const child = this.#ended[this.#collected++]!;" +
      "this.scheduler.callSoon(() => this.#collect(child));",
  },
  {
    name: "lock lets newcomers barge in",
    file: "lock.ts",
    find: "this.guard !== undefined || this.waiters.hasLive()",
    replace: "this.guard !== undefined",
  },
  {
    name: "uncancel is swallowed",
    file: "task.ts",
    find: "takeRequestsBack(asked, 1);",
    replace: "",
  },
  {
    name: "callbacks run in reversed order",
    file: "_future/waiters.ts",
    find: "for (const waiter of all) waiter._wake(future, all);",
    replace:
      "for (const waiter of [...all].reverse()) waiter._wake(future, all);",
  },
  {
    name: "a lock's wake-up is lost when the woken is cancelled",
    file: "lock.ts",
    find: "if (this.guard === undefined) this.wakeFirst();",
    replace: "",
  },
  {
    name: "a condition's notification is lost with a cancelled waiter",
    file: "condition.ts",
    find: "this.#wake(1);",
    replace: "",
  },
  {
    name: "timeout takes a cancel from outside for its own",
    file: "timeout.ts",
    find: "if (line.leave() || !isCancellation) return error;",
    replace: "line.leave(); if (!isCancellation) return error;",
  },
  {
    name: "a scope leaves its cancel request behind",
    file: "_task/body_line.ts",
    find: "if (this.#made > 0) takeRequestsBack(this, this.#made);",
    replace: "",
  },
  {
    name: "queue loses an item when its getter is cancelled",
    file: "_sync/queue_core.ts",
    find: "if (this.#core.items.size > this.#promised) this.wakeNext();",
    replace: "this.#core.items.pop();",
  },
  {
    name: "a reader's wait stays behind when it is cancelled",
    file: "_io/receive_buffer.ts",
    find: "if (this.#waiter === waiter) this.#waiter = undefined;",
    replace: "",
  },
  {
    name: "a cancelled read to the end loses what came",
    file: "_io/reads.ts",
    find: "this.#buffer.giveUp(waiter);\n    this.#putBack();",
    replace: "this.#buffer.giveUp(waiter);",
  },
  {
    name: "an error takes the place of the bytes that have woken a read",
    file: "_io/reads.ts",
    find: "this.isWoken = waiter.exception() === undefined;",
    replace: "this.isWoken = false;",
  },
  {
    name: "wait counts a cancelled future as failed",
    file: "wait.ts",
    find: "FIRST_EXCEPTION && future._failure() !== undefined",
    replace: "FIRST_EXCEPTION && (future.cancelled() || " +
      "future._failure() !== undefined)",
  },
  {
    name: "shield hands a cancel on",
    file: "shield.ts",
    find: "unwatch(inner, follow);",
    replace: "unwatch(inner, follow); if (this.cancelled()) inner.cancel();",
  },
  {
    name: "timers due together run last in, first out",
    file: "_loop/timer_heap.ts",
    find: "if (this.#times[parent]! <= when) break;",
    replace: "if (this.#times[parent]! < when) break;",
  },
  {
    name: "contexts are shared, not copied",
    file: "context.ts",
    find: "return currentContext().copy();",
    replace: "return currentContext();",
  },
  {
    name: "what the last turn of a run has called for is dropped",
    file: "_run/end_loop.ts",
    find: "turn < LAST_TURNS && loop._hasReady()",
    replace: "turn < 0",
  },
  {
    name: "a race ends its losers a turn late",
    file: "race.ts",
    find: "cancelApart(endLosers);",
    replace: "loop.callSoon(endLosers);",
  },
  {
    name: "a gathering with a limit begins one too many",
    file: "gather.ts",
    find: "this.#running < this.#limit",
    replace: "this.#running <= this.#limit",
  },
  {
    name: "a cancel ends but one of several waits",
    file: "_line/cancel_line.ts",
    find: "if (wait._cancelWait(reason, lines)) noteTold(request, wait);",
    replace:
      "if (wait._cancelWait(reason, lines)) noteTold(request, wait); break;",
  },
  {
    name: "a cancel that is kept and thrown elsewhere is an error",
    file: "_line/cancellation.ts",
    find: "return owner === undefined || requestsOf(line) > 0 ||",
    replace: "return requestsOf(line) > 0 ||",
  },
  {
    name: "what was to begin is not listed",
    file: "current_task.ts",
    find: "filter((task) => !task.done())",
    replace: "filter((task) => !task.done() && task._waitingOn !== undefined)",
  },
];

const ROOT = new URL("../../", import.meta.url);

if (import.meta.main) {
  const found = await main(Deno.args);
  Deno.exit(found ? 0 : 1);
}

/** Runs all mutants whose names contain what is asked for. */
async function main(args: readonly string[]): Promise<boolean> {
  const rest = [...args];
  const at = rest.indexOf("--seeds");
  const [, seeds] = at < 0 ? [] : rest.splice(at, 2);
  const mutants = MUTANTS.filter(({ name }) => name.includes(rest.join(" ")));
  if (mutants.length === 0) {
    console.error(`No mutant is called ${rest.join(" ")}`);
    return false;
  }
  let survivors = 0;
  for (const mutant of mutants) {
    const seed = await exam(mutant, seeds ?? "0..5000");
    if (seed === undefined) survivors++;
    const verdict = seed === undefined
      ? "SURVIVED"
      : `found after ${seed} programs`;
    console.log(`${mutant.name}: ${verdict}`);
  }
  console.log(`${mutants.length - survivors} found, ${survivors} survived`);
  return survivors === 0;
}

/** Says after how many programs a mutant is found, if it is. */
async function exam(
  mutant: Mutant,
  seeds: string,
): Promise<number | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "mutant-" });
  try {
    await copyLibrary(folder);
    await mutate(`${folder}/${mutant.file}`, mutant);
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "tests/differential/differential.ts"],
        ...["--seeds", seeds, "--first", "--show", "0"],
      ],
      cwd: folder,
    });
    const { code, stdout, stderr } = await command.output();
    if (code === 0) return undefined;
    const text = new TextDecoder().decode(stdout);
    const [, passed] = /(\d+) passed, 1 failed/.exec(text) ?? [];
    if (passed !== undefined) return Number(passed) + 1;
    throw new Error(
      `Cannot examine "${mutant.name}": ${new TextDecoder().decode(stderr)}`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copyLibrary(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/tests/differential`, { recursive: true });
  const internal = [...Deno.readDirSync(ROOT)]
    .filter(({ name, isDirectory }) => isDirectory && /^_(?!tools)/.test(name))
    .map(({ name }) => `${name}/`);
  for (const path of ["", "tests/differential/", ...internal]) {
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
    for await (const { name, isFile } of Deno.readDir(new URL(path, ROOT))) {
      if (!isFile || !/\.(ts|py)$/.test(name)) continue;
      await Deno.copyFile(
        new URL(path + name, ROOT),
        `${folder}/${path}${name}`,
      );
    }
  }
}

async function mutate(path: string, mutant: Mutant): Promise<void> {
  const text = await Deno.readTextFile(path);
  const places = text.split(mutant.find).length - 1;
  if (places !== 1) {
    throw new Error(
      `Cannot make the mutant "${mutant.name}": ${mutant.file} has its text ${places} times, wanted once`,
    );
  }
  // Not as a pattern: the text may have dollars in it.
  await Deno.writeTextFile(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
}
