/**
 * Cancels at every moment of processes: no byte that they write or are sent is lost, and
 * what was cancelled can be called again.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  createSubprocessExec,
  createSubprocessShell,
  PIPE,
  type Process,
  STDOUT,
} from "../mod.ts";
import { survivors, uniqueMark } from "../bench/process_trees.ts";
import { blockUntilDead, bytes, sh, text } from "./_real_cases.ts";
import { type RealVictim, sweepReal } from "./_real_sweep.ts";

/** Makes a victim: what it starts has the mark in its command line. */
type Make = (mark: string) => RealVictim;

const TEXT = "first\nsecond|third\nrest";
// It comes in pieces.
const SAYS =
  "printf 'first\\nsec'; sleep 0.002; printf 'ond|third\\n'; sleep 0.002; printf rest";
const INPUT = bytes("x".repeat(200_000));

const VICTIMS: Readonly<Record<string, Make>> = {
  "the reads of a process under await": () => {
    let child: Process | undefined;
    let got = "";
    return {
      async work() {
        child = await sh(SAYS, { stdout: PIPE });
        const stdout = child.stdout!;
        got += text(await stdout.readline());
        got += text(await stdout.readuntil(bytes("|")));
        got += text(await stdout.readexactly(3));
        got += text(await stdout.read(2));
        got += text(await stdout.read());
      },
      async settled() {
        if (child === undefined) return;
        assert.equal(got + text(await child.stdout!.read()), TEXT);
        assert.equal(await child.wait(), 0);
      },
    };
  },
  "the reads of a process under yield*": () => {
    let child: Process | undefined;
    let got = "";
    return {
      *work() {
        child = yield* createSubprocessShell(SAYS, {
          stdout: PIPE,
          stderr: STDOUT,
        });
        const stdout = child.stdout!;
        got += text(yield* stdout.readline());
        got += text(yield* stdout.readuntil(bytes("|")));
        got += text(yield* stdout.readexactly(3));
        got += text(yield* stdout.read(2));
        got += text(yield* stdout.read());
      },
      async settled() {
        if (child === undefined) return;
        assert.equal(got + text(await child.stdout!.read()), TEXT);
        assert.equal(await child.wait(), 0);
      },
    };
  },
  "communicate() with much input, called again": () => {
    let child: Process | undefined;
    return {
      async work() {
        child = await createSubprocessExec("sh", ["-c", `cat; ${SAYS}`], {
          stdin: PIPE,
          stdout: PIPE,
          stderr: STDOUT,
        });
        await child.communicate(INPUT);
      },
      async settled() {
        if (child === undefined) return;
        const [stdout, stderr] = await child.communicate();
        const said = text(stdout)!;
        assert.ok(said.endsWith(TEXT));
        // All of the input, or, cancelled before it was begun, nothing.
        const sent = said.length - TEXT.length;
        assert.ok(sent === 0 || sent === INPUT.length, `${sent} bytes`);
        assert.equal(stderr, undefined);
        assert.equal(await child.wait(), 0);
        assert.deepEqual(await child.communicate(), [stdout, undefined]);
      },
    };
  },
  "the writes to a process": () => {
    let child: Process | undefined;
    let written = 0;
    return {
      async work() {
        child = await sh("wc -c", { stdin: PIPE, stdout: PIPE });
        for (const size of [10, 150_000, 1, 150_000]) {
          const wait = child.stdin!.write(new Uint8Array(size));
          written += size;
          await wait;
        }
        await child.stdin!.drain();
      },
      async settled() {
        if (child === undefined) return;
        const [stdout] = await child.communicate();
        assert.equal(Number(text(stdout)), written);
      },
    };
  },
  "wait() in the turn of the end": () => {
    let child: Process | undefined;
    return {
      async work() {
        child = await sh("exit 7");
        blockUntilDead(child.pid);
        await child.wait();
      },
      async settled() {
        if (child !== undefined) assert.equal(await child.wait(), 7);
      },
    };
  },
  "end() under yield*": (mark) => {
    let child: Process | undefined;
    return {
      *work() {
        child = yield* sh(`sleep ${mark} & sleep ${mark}`);
        yield* child.end();
      },
      async settled() {
        if (child === undefined) return;
        assert.match(await child.end(), /^(ended|terminated)$/);
        assert.equal(child.returncode, -15);
        assert.deepEqual(survivors(mark), []);
      },
    };
  },
  "a process at the end of a block": (mark) => {
    let child: Process | undefined;
    return {
      async work() {
        const own = await sh(`sleep ${mark} & echo; wait`, { stdout: PIPE });
        // No `await using`: Node 22 does not have it.
        try {
          await own.stdout!.readline();
        } finally {
          await own[Symbol.asyncDispose]();
        }
        child = own;
      },
      // deno-lint-ignore require-await
      async settled() {
        if (child !== undefined) assert.equal(child.returncode, -15);
      },
    };
  },
};

/** The sweeps by name. */
export const PROCESS_SWEEPS: Readonly<Record<string, () => Promise<void>>> =
  Object.fromEntries(
    Object.entries(VICTIMS).map(([name, make]) => [
      `a cancel before each step of ${name} loses nothing`,
      async () => {
        await sweepReal(() => {
          const mark = uniqueMark();
          return {
            ...make(mark),
            over: () => assert.deepEqual(survivors(mark), []),
          };
        });
      },
    ]),
  );
