/**
 * What the end of `run()` and a cancel at every moment leave of processes: nothing. The
 * same on Deno, Node and Bun.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type CoroutineFunction,
  createSubprocessExec,
  createTask,
  EventLoop,
  PIPE,
  type Process,
  run,
  runProcess,
  sleep,
} from "../mod.ts";
import {
  cancelTrees,
  openFiles,
  soak,
  survivors,
  uniqueMark,
} from "../bench/process_trees.ts";
import { PROCESS_SWEEPS } from "./_process_sweeps.ts";
import { sh } from "./_real_cases.ts";
import { sweepReal } from "./_real_sweep.ts";

/** Tests that begin runs of their own. */
export type RealRuns = Readonly<Record<string, () => Promise<void>>>;

/** A victim: what it starts has the mark in its command line. */
type Victim = (mark: string) => CoroutineFunction<unknown>;

const VICTIMS: Readonly<Record<string, Victim>> = {
  "runProcess() in an async function": (mark) => async () =>
    await runProcess("sh", [
      "-c",
      `sleep ${mark} >/dev/null 2>&1 & echo; sleep 0.01`,
    ]),
  "runProcess() in a generator": (mark) =>
    function* () {
      return yield* runProcess("sh", ["-c", `echo ${mark}; exit 0`], {
        input: mark,
      });
    },
  "a process in a block": (mark) => async () => {
    const child = await sh(`sleep ${mark} > /dev/null & echo; cat; exit`, {
      stdin: PIPE,
      stdout: PIPE,
    });
    try {
      await child.stdout!.readline();
      await child.stdin!.write(new Uint8Array(10));
      await sleep(0.001);
      child.stdin!.close();
      await child.wait();
      await child.communicate();
    } finally {
      await child.end();
    }
  },
  "a process in a generator": (mark) =>
    function* () {
      const child = yield* createSubprocessExec("cat", [`/dev/${mark}`, "-"], {
        stdin: PIPE,
        stdout: PIPE,
        stderr: "stdout",
      });
      try {
        yield* child.communicate(new Uint8Array(100_000));
      } finally {
        yield* child.end();
      }
    },
};

/** Cancels a victim before each step of the loop, and again a few steps later. */
async function sweep(victim: Victim): Promise<void> {
  await sweepReal(() => {
    const mark = uniqueMark();
    return {
      work: victim(mark),
      over: () => assert.deepEqual(survivors(mark), []),
    };
  });
}

/** It counts the files of the whole process, so it wants one to itself. */
export const ALONE = "many processes leave no file open";

/** The tests by name. */
export const PROCESS_RUNS: RealRuns = {
  ...Object.fromEntries(
    Object.entries(VICTIMS).map(([name, victim]) => [
      `a cancel before each step of ${name} leaves nothing`,
      () => sweep(victim),
    ]),
  ),

  ...PROCESS_SWEEPS,

  async "run() ends the processes that its program has left"() {
    const mark = uniqueMark();
    let child: Process | undefined;
    await run(async () => {
      child = await sh(
        `(sleep ${mark} & sleep ${mark}) & echo; sleep ${mark}`,
        { stdout: PIPE },
      );
      await sh("exit 0", { stdin: PIPE, stdout: PIPE, stderr: PIPE });
      await child.stdout!.readline();
    });
    assert.equal(child!.returncode, -15);
    assert.deepEqual(survivors(mark), []);
  },

  async "run() ends the group of a process that has ended itself"() {
    const mark = uniqueMark();
    await run(async () => {
      const child = await sh(`sleep ${mark} > /dev/null & exit 5`);
      assert.equal(await child.wait(), 5);
      // The one that is left has no command line while its exec is under way: it may be
      // seen, as the copy of its shell, and a moment later not.
      const end = Date.now() + 30_000;
      let left = survivors(mark);
      while (left.length === 0 && Date.now() < end) {
        await sleep(0.005);
        left = survivors(mark);
      }
      assert.equal(left.length, 1);
    });
    assert.deepEqual(survivors(mark), []);
  },

  async "run() ends a process whose start was cancelled by the end of the program"() {
    const mark = uniqueMark();
    await run(async () => {
      createTask(() => createSubprocessExec("sleep", [mark]));
      await sleep(0);
    });
    assert.deepEqual(survivors(mark), []);
  },

  async "run() ends a process that ignores SIGTERM after its grace"() {
    const mark = uniqueMark();
    let child: Process | undefined;
    await run(async () => {
      child = await sh(
        `trap '' TERM; echo; sleep ${mark}; sleep ${mark}`,
        { stdout: PIPE, grace: 0.05 },
      );
      await child.stdout!.readline();
    });
    assert.equal(child!.returncode, -9);
    assert.deepEqual(survivors(mark), []);
  },

  async "EventLoop.close() kills what is left"() {
    const mark = uniqueMark();
    const loop = new EventLoop();
    const child = await loop.runUntilComplete(() =>
      sh(`sleep ${mark} & sleep ${mark}`, { stdout: PIPE })
    );
    loop.close();
    const end = Date.now() + 30_000;
    while (survivors(mark).length > 0 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(survivors(mark), []);
    // The host tells it later, and nobody is there to be told.
    while (child.returncode === undefined && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(child.returncode, -9);
  },

  async "trees that are cancelled at random moments leave nothing"() {
    const { left, tries } = await cancelTrees(20);
    assert.equal(tries, 20);
    assert.deepEqual(left, []);
  },

  async [ALONE]() {
    await soak(20);
    const before = openFiles();
    await soak(100);
    const end = Date.now() + 30_000;
    // The host may close them a little later.
    while (openFiles() > before && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(openFiles() <= before, `${before} files, now ${openFiles()}`);
  },
};
