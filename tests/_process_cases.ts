/**
 * What processes promise beside CPython's cases: the same on Deno, Node and Bun.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import {
  CancelledError,
  createSubprocessExec,
  createSubprocessShell,
  createTask,
  ensureFuture,
  getRunningLoop,
  PIPE,
  ProcessError,
  type ProcessResult,
  runProcess,
  RuntimeError,
  sleep,
  STDOUT,
  type Timeout,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { survivors, uniqueMark } from "../bench/process_trees.ts";
import { failureOf, type Program, wait } from "./cpython/_program.ts";
import { bytes, type RealCases, sh, stateOf, text } from "./_real_cases.ts";

const bad = (value: unknown) => value as never;
const MIB = 1024 * 1024;

/** The class of the host's error, and its code. */
function kindOf(error: unknown): string {
  return `${(error as Error).name} ${(error as { code?: string }).code}`;
}

function killAll(mark: string) {
  for (const survivor of survivors(mark)) {
    process.kill(Number.parseInt(survivor), "SIGKILL");
  }
}

/** Waits for the program itself: the shell, or `setsid`, is about to become it. */
function* sleeps(mark: string): Program<void> {
  while (!survivors(mark).some((line) => line.includes(": sleep "))) {
    yield* wait(sleep(0.01));
  }
}

/** The programs about `createSubprocessExec()`, `createSubprocessShell()` and `Process`. */
export const PROCESS_CASES: RealCases = {
  *"stdout.toReadableStream() fails if the process is ended here, and ends if it does"() {
    const whole = yield* wait(sh("echo all", { stdout: PIPE }));
    const all = new Response(whole.stdout!.toReadableStream()).text();
    assert.equal(yield* wait(ensureFuture(all)), "all\n");
    yield* wait(whole.end());
    const cut = yield* wait(sh("echo part; sleep 600", { stdout: PIPE }));
    const stream = cut.stdout!.toReadableStream().getReader();
    const { value } = yield* wait(ensureFuture(stream.read()));
    assert.equal(text(value!), "part\n");
    const rest = stream.read();
    rest.catch(() => {});
    yield* wait(cut.end());
    const error = yield* failureOf(ensureFuture(rest));
    assert(error instanceof RuntimeError);
    assert.match(error.message, /closed here before/);
  },

  *"communicate() gives all after a cancel, and its input goes on"(fn) {
    const mark = uniqueMark();
    const input = new Uint8Array(MIB).fill(120);
    const cat = yield* wait(
      sh(
        `trap 'go=1' USR1; head -c 1000; sleep ${mark} > /dev/null & while [ -z "$go" ]; do sleep 0.01; done; cat; echo end`,
        { stdin: PIPE, stdout: PIPE },
      ),
    );
    for (let i = 0; i < 2; i++) {
      const task = createTask(fn(function* () {
        yield* wait(cat.communicate(i === 0 ? input : undefined));
      }));
      yield* sleeps(mark);
      task.cancel();
      assert.ok((yield* failureOf(task)) instanceof CancelledError);
    }
    cat.sendSignal("SIGUSR1");
    const again = yield* failureOf(cat.communicate(input));
    assert.ok(again instanceof RangeError, String(again));
    assert.match(again.message, /called before/);
    const [stdout, stderr] = yield* wait(cat.communicate());
    assert.equal(stdout!.length, MIB + 4);
    assert.equal(text(stdout!.subarray(MIB)), "end\n");
    assert.equal(stderr, undefined);
    assert.deepEqual(yield* wait(cat.communicate()), [stdout, stderr]);
  },

  *"communicate() refuses input that can't be sent"() {
    const child = yield* wait(sh("exit 0", { stdin: "null" }));
    const error = yield* failureOf(child.communicate(bytes("x")));
    assert.ok(error instanceof RangeError);
    assert.match(error.message, /stdin is not piped/);
    assert.throws(() => child.communicate(bad("text")), {
      name: "TypeError",
      message: /input must be a Uint8Array.*got "text"/,
    });
    yield* wait(child.wait());
  },

  *"end() says whether it ended, was terminated or was killed"() {
    const ended = yield* wait(sh("exit 0"));
    yield* wait(ended.wait());
    assert.equal(yield* wait(ended.end()), "ended");
    const mark = uniqueMark();
    const terminated = yield* wait(sh(`sleep ${mark} & sleep ${mark}`));
    assert.equal(yield* wait(terminated.end()), "terminated");
    const killed = yield* wait(sh(
      `trap '' TERM; echo set; sleep ${mark}; sleep ${mark}`,
      { stdout: PIPE, grace: 0.05 },
    ));
    yield* wait(killed.stdout!.readline());
    assert.equal(yield* wait(killed.end()), "killed");
    assert.equal(killed.returncode, -9);
    assert.deepEqual(survivors(mark), []);
  },

  *"end() goes on through two cancels, and hands the cancel on"(fn) {
    const mark = uniqueMark();
    const child = yield* wait(sh(
      `trap '' TERM; echo set; sleep ${mark}; sleep ${mark}`,
      { stdout: PIPE },
    ));
    yield* wait(child.stdout!.readline());
    const task = createTask(fn(function* () {
      yield* wait(child.end({ grace: 3600 }));
    }));
    yield* wait(sleep(0.01));
    task.cancel("first");
    yield* wait(sleep(0.01));
    task.cancel("second");
    yield* wait(sleep(0.01));
    assert.ok(!task.done());
    assert.equal(child.returncode, undefined);
    yield* wait(child.end({ grace: 0 }));
    const error = yield* failureOf(task);
    assert.ok(error instanceof CancelledError);
    assert.equal(error.message, "first");
    assert.equal(child.returncode, -9);
    assert.deepEqual(survivors(mark), []);
  },

  *"end() with a shorter grace hurries the one under way"(fn) {
    const child = yield* wait(sh(
      "trap '' TERM; echo set; sleep 3600; sleep 3600",
      { stdout: PIPE, grace: 3600 },
    ));
    yield* wait(child.stdout!.readline());
    const first = createTask(fn(function* () {
      return yield* wait(child.end());
    }));
    yield* wait(sleep(0.01));
    assert.equal(yield* wait(child.end({ grace: 0 })), "killed");
    assert.equal(yield* wait(first), "killed");
  },

  *"end() ends the process alone with newSession: false"() {
    const mark = uniqueMark();
    const child = yield* wait(sh(`sleep ${mark} & echo ready; wait`, {
      stdout: PIPE,
      newSession: false,
    }));
    yield* sleeps(mark);
    assert.equal(yield* wait(child.end()), "terminated");
    assert.equal(survivors(mark).length, 1);
    killAll(mark);
  },

  *"end() closes a pipe that is held by what has left the group"() {
    const mark = uniqueMark();
    const child = yield* wait(sh(
      `setsid sleep ${mark} & echo ready; wait`,
      { stdout: PIPE },
    ));
    // "setsid sleep" is still in the group, and may be there before the shell writes.
    yield* sleeps(mark);
    while (!String(child.stdout).includes("6 bytes")) yield* wait(sleep(0.01));
    assert.equal(yield* wait(child.end()), "terminated");
    const [stdout] = yield* wait(child.communicate());
    assert.equal(text(stdout), "ready\n");
    assert.equal(survivors(mark).length, 1);
    killAll(mark);
  },

  *"end() keeps the output that nobody has read"() {
    const child = yield* wait(sh(
      `head -c ${8 * MIB} /dev/zero; sleep 3600`,
      { stdout: PIPE, limit: 1000 },
    ));
    while (!String(child.stdout).includes("paused")) yield* wait(sleep(0.01));
    const before = Number(
      /\d+ bytes/.exec(String(child.stdout))![0].split(" ")[0],
    );
    // How large its pieces are is the host's business.
    assert.ok(before < MIB, `${before}`);
    assert.equal(yield* wait(child.end()), "terminated");
    const output = yield* wait(child.stdout!.read());
    assert.ok(output.length >= before && output.length < 8 * MIB);
  },

  *"a process that nobody reads waits, and little of its output is read ahead"() {
    const child = yield* wait(sh(`head -c ${8 * MIB} /dev/zero`, {
      stdout: PIPE,
      limit: 65_536,
    }));
    while (!String(child.stdout).includes("paused")) yield* wait(sleep(0.01));
    yield* wait(sleep(0.05));
    const held = Number(/(\d+) bytes/.exec(String(child.stdout))![1]);
    // Twice the limit, and what the host had read: Bun reads all that the kernel holds.
    assert.ok(held < MIB, `${held} bytes were read ahead`);
    assert.equal(child.returncode, undefined);
    const [output] = yield* wait(child.communicate());
    assert.equal(output!.length, 8 * MIB);
  },

  *"a cancelled read of a process loses no byte"(fn) {
    const child = yield* wait(sh("printf 12; read -r _; printf 34", {
      stdin: PIPE,
      stdout: PIPE,
    }));
    const reading = createTask(fn(function* () {
      return yield* wait(child.stdout!.readexactly(4));
    }));
    while (!String(child.stdout).includes("2 bytes")) yield* wait(sleep(0.01));
    reading.cancel();
    yield* failureOf(reading);
    child.stdin!.write(bytes("\n"));
    assert.equal(text(yield* wait(child.stdout!.readexactly(4))), "1234");
  },

  *"a second reader of a process is refused"(fn) {
    const child = yield* wait(createSubprocessExec("sleep", ["3600"], {
      stdout: PIPE,
    }));
    const first = createTask(fn(function* () {
      yield* wait(child.stdout!.read());
    }));
    yield* wait(sleep(0.01));
    const error = yield* failureOf(child.communicate());
    assert.ok(error instanceof RuntimeError, String(error));
    first.cancel();
    yield* failureOf(first);
  },

  *"stdin has back-pressure, and is lost when the process ends"() {
    const child = yield* wait(sh("sleep 0.05", { stdin: PIPE }));
    const stdin = child.stdin!;
    const full = stdin.write(new Uint8Array(MIB));
    assert.ok(!full.done());
    assert.equal(yield* wait(child.wait()), 0);
    const late = stdin.write(bytes("late"));
    // The same error on each host, as in CPython, also if it is the exit that comes first.
    for (const lost of [full, late, stdin.waitClosed(), stdin.close()]) {
      const { name, code } = (yield* failureOf(lost)) as Error & {
        code?: string;
      };
      assert.match(`${name} ${code}`, /BrokenPipe|EPIPE/);
    }
  },

  *"stdin that is aborted takes back what is in no pipe yet"() {
    // One that reads at once may take what it is given while it is given.
    const child = yield* wait(
      sh(
        'trap "go=1" USR1; echo ready; while [ -z "$go" ]; do sleep 0.01; done; wc -c',
        { stdin: PIPE, stdout: PIPE },
      ),
    );
    assert.equal(text(yield* wait(child.stdout!.readline())), "ready\n");
    const stdin = child.stdin!;
    const full = stdin.write(new Uint8Array(8 * MIB));
    stdin.write(new Uint8Array(8 * MIB));
    stdin.abort();
    yield* failureOf(full);
    child.sendSignal("SIGUSR1");
    const count = Number(text(yield* wait(child.stdout!.read())));
    assert.ok(count < MIB, `${count}`);
    assert.equal(yield* wait(child.wait()), 0);
  },

  *"stdin takes pieces of any size while it is full, in order, and its end after them"() {
    const sizes = [1, 70_000, 3, 65_536, 65_537, 10, 300_000, 0, 7];
    const size = sizes.reduce((sum, count) => sum + count);
    const all = new Uint8Array(size).map((_, i) => i * 31 + (i >> 8));
    const child = yield* wait(createSubprocessExec("cat", [], {
      stdin: PIPE,
      stdout: PIPE,
    }));
    const stdin = child.stdin!;
    let at = 0;
    for (const count of sizes) stdin.write(all.subarray(at, at += count));
    stdin.writeEof();
    assert.deepEqual(yield* wait(child.stdout!.read()), all);
    yield* wait(stdin.waitClosed());
    assert.equal(yield* wait(child.wait()), 0);
  },

  *"stdin that is aborted fails who waits, and ends for the process when it reads"() {
    const child = yield* wait(
      sh(
        'trap "go=1" USR1; echo ready; while [ -z "$go" ]; do sleep 0.01; done; cat > /dev/null; echo end',
        { stdin: PIPE, stdout: PIPE },
      ),
    );
    assert.equal(text(yield* wait(child.stdout!.readline())), "ready\n");
    const stdin = child.stdin!;
    const full = stdin.write(new Uint8Array(MIB));
    assert.ok(!full.done());
    stdin.abort();
    assert.ok(stdin.isClosing());
    assert.match(String(yield* failureOf(full)), /stdin of .* was closed here/);
    yield* wait(stdin.waitClosed());
    child.sendSignal("SIGUSR1");
    assert.equal(text(yield* wait(child.stdout!.readline())), "end\n");
    assert.equal(yield* wait(child.wait()), 0);
  },

  *"writeEof() ends the input of a process"() {
    const child = yield* wait(createSubprocessExec("cat", [], {
      stdin: PIPE,
      stdout: PIPE,
    }));
    assert.ok(child.stdin!.canWriteEof());
    child.stdin!.writelines([bytes("a"), bytes("b")]);
    child.stdin!.writeEof();
    assert.equal(text(yield* wait(child.stdout!.read())), "ab");
    assert.equal(yield* wait(child.wait()), 0);
  },

  *"sendSignal() refuses what is no signal"() {
    const child = yield* wait(createSubprocessExec("sleep", ["3600"]));
    for (const signal of ["SIGFOO", "TERM", 15, undefined]) {
      assert.throws(() => child.sendSignal(bad(signal)), {
        name: "RangeError",
        message: /a name such as "SIGTERM" was expected, got/,
      });
    }
    child.sendSignal("SIGSTOP");
    while (stateOf(child.pid) !== "T") yield* wait(sleep(0.01));
    child.sendSignal("SIGCONT");
    child.sendSignal("SIGINT");
    assert.equal(yield* wait(child.wait()), -2);
  },

  *"createSubprocessExec() refuses bad options at once"() {
    const wrong: [object, string, RegExp][] = [
      [
        { stdin: "pipe" },
        "RangeError",
        /stdin must be one of piped.*got "pipe"/,
      ],
      [{ stdout: 1 }, "TypeError", /stdout.*got 1/],
      [{ stdout: "stdout" }, "RangeError", /stdout.*got "stdout"/],
      [{ stderr: "stdin" }, "RangeError", /stderr.*got "stdin"/],
      [{ limit: 0 }, "RangeError", /limit.*got 0/],
      [{ limit: "1" }, "TypeError", /limit.*got "1"/],
      [{ grace: -1 }, "RangeError", /grace.*-1/],
      [{ grace: "1" }, "TypeError", /grace.*"1"/],
      [{ env: { A: 1 } }, "TypeError", /env must be an object of strings/],
      [{ env: ["A"] }, "TypeError", /env/],
      [{ env: { "A=B": "" } }, "RangeError", /env.*names without =/],
      [{ env: { "": "x" } }, "RangeError", /env/],
      [{ env: { A: "x\0y" } }, "RangeError", /env.*null characters/],
      [{ cwd: 1 }, "TypeError", /cwd.*got 1/],
      [{ newSession: "yes" }, "TypeError", /newSession/],
      [{ clearEnv: 1 }, "TypeError", /clearEnv/],
      [{ detached: true }, "TypeError", /unknown option "detached"/],
    ];
    for (const [options, name, message] of wrong) {
      assert.throws(() => createSubprocessExec("true", [], bad(options)), {
        name,
        message,
      });
      assert.throws(() => createSubprocessShell("true", bad(options)), {
        name,
        message,
      });
    }
    assert.throws(() => createSubprocessExec(""), RangeError);
    const child = yield* wait(sh("exit 0"));
    assert.throws(() => child.end({ grace: -1 }), RangeError);
    assert.throws(() => child.end(bad({ seconds: 1 })), TypeError);
    assert.throws(() => child.end(bad(1)), TypeError);
    yield* wait(child.wait());
  },

  *"createSubprocessExec(), createSubprocessShell() and runProcess() give the host's error for a folder that is not there"() {
    const options = { cwd: "/no/such/folder" };
    for (
      const start of [
        createSubprocessExec("true", [], options),
        createSubprocessShell("true", options),
        runProcess("true", [], options),
      ]
    ) {
      const error = yield* failureOf(start);
      assert.match(kindOf(error), /NotFound|ENOENT/);
      const text = String(error);
      assert.match(text, /: Cannot start true in \/no\/such\/folder: /);
    }
  },

  *"createSubprocessExec() and runProcess() say where the arguments of a whole command line go"() {
    const output = { stdout: PIPE, stderr: STDOUT } as const;
    for (
      const start of [
        createSubprocessExec("ls -l", []),
        createSubprocessExec("ls -l", [], output),
        runProcess("ls -l"),
      ]
    ) {
      const error = yield* failureOf(start);
      assert.match(kindOf(error), /NotFound|ENOENT/);
      assert.match(
        String(error),
        /: Cannot start ls -l, whose arguments have to stand in a list of their own, /,
      );
    }
    // What has arguments, and a file of such a name, are none.
    for (
      const start of [
        createSubprocessExec("no such", ["-l"]),
        createSubprocessExec("/no/such program", []),
      ]
    ) {
      const error = yield* failureOf(start);
      assert.match(String(error), /: Cannot start [^,]*: /);
    }
  },

  *"createSubprocessExec() gives the host's error for what can't be run, also where a shell joins the outputs"() {
    const folder = fs.mkdtempSync(`${tmpdir()}/asyncio-`);
    const file = `${folder}/it's a file`;
    try {
      for (const stderr of [PIPE, STDOUT] as const) {
        const options = { stdout: PIPE, stderr } as const;
        const start = (program: string) =>
          createSubprocessExec(program, ["a b", "$HOME"], options);
        fs.writeFileSync(file, '#!/bin/sh\necho "$1" >&2; echo "$2"');
        fs.chmodSync(file, 0o644);
        for (
          const [program, kind] of [
            [file, /PermissionDenied|EACCES/],
            [folder, /PermissionDenied|EACCES/],
            [`${folder}/missing`, /NotFound|ENOENT/],
            // A command of the shell alone.
            ["unset", /NotFound|ENOENT/],
          ] as const
        ) {
          const error = yield* failureOf(start(program));
          assert.match(kindOf(error), kind, `${program}, ${stderr}`);
          const text = String(error);
          assert.ok(text.includes(`: Cannot start ${program}: `), text);
        }
        fs.chmodSync(file, 0o755);
        const child = yield* wait(start(file));
        const [stdout, said] = yield* wait(child.communicate());
        assert.equal(text(said ?? stdout)!.split("\n")[0], "a b");
        assert.match(text(stdout)!, /\$HOME\n$/);
      }
      // One of the shell's own that is a program too.
      const echo = yield* wait(createSubprocessExec("echo", ["-"], {
        stdout: PIPE,
        stderr: STDOUT,
      }));
      assert.equal(text((yield* wait(echo.communicate()))[0]), "-\n");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },

  *"createSubprocessExec() refuses null characters at once"() {
    for (
      const start of [
        () => createSubprocessExec("a\0b"),
        () => createSubprocessExec("true", ["a\0b"]),
        () => createSubprocessExec("true", [], { cwd: "/\0" }),
        () => createSubprocessShell("true\0"),
        () => runProcess("true", ["\0"]),
      ]
    ) {
      assert.throws(start, {
        name: "RangeError",
        message: /without null characters.*got "/,
      });
    }
    yield* wait(sleep(0));
  },

  *"feedEof() on the output of a process that runs: what still comes is dropped"() {
    const child = yield* wait(sh("read -r _; echo late; echo late >&2", {
      stdin: PIPE,
      stdout: PIPE,
      stderr: PIPE,
    }));
    child.stdout!.feedEof();
    yield* wait(child.stdin!.write(bytes("go on\n")));
    assert.equal(yield* wait(child.wait()), 0);
    assert.equal(text(yield* wait(child.stderr!.read())), "late\n");
    assert.equal(text(yield* wait(child.stdout!.read())), "");
  },

  *"a tree under a task that is cancelled twice is dead when the task is done"(
    fn,
  ) {
    const mark = uniqueMark();
    const task = createTask(fn(function* () {
      const child = yield* wait(sh(
        `trap '' TERM; sleep ${mark} & sleep ${mark}; sleep ${mark}`,
        { grace: 0.05 },
      ));
      try {
        yield* wait(child.wait());
      } finally {
        yield* wait(child.end());
      }
    }));
    yield* wait(sleep(0.05));
    task.cancel();
    yield* wait(sleep(0.01));
    task.cancel();
    yield* failureOf(task);
    assert.ok(task.cancelled());
    assert.deepEqual(survivors(mark), []);
  },

  *"a timeout ends a wait for a process, and leaves the process alone"(fn) {
    const child = yield* wait(createSubprocessExec("sleep", ["3600"]));
    const error = yield* failureOf(timeout(
      0.01,
      fn(function* () {
        yield* wait(child.wait());
      }),
    ));
    assert.ok(error instanceof TimeoutError);
    assert.equal(child.returncode, undefined);
    assert.equal(yield* wait(child.end()), "terminated");
  },
};

const resultOf = (error: unknown) =>
  (error as { result: ProcessResult }).result;

/** The programs about `runProcess()`. */
export const RUN_PROCESS_CASES: RealCases = {
  *"runProcess() gives what was written, and how it ended"() {
    const result = yield* wait(runProcess("sh", [
      "-c",
      "echo out; echo err >&2",
    ]));
    assert.equal(result.code, 0);
    assert.equal(result.signal, null);
    assert.equal(text(result.stdout), "out\n");
    assert.equal(text(result.stderr), "err\n");
  },

  *"runProcess() sends text and bytes"() {
    for (const input of ["hé", bytes("hé")]) {
      const { stdout } = yield* wait(runProcess("cat", [], { input }));
      assert.equal(text(stdout), "hé");
    }
    assert.equal((yield* wait(runProcess("cat"))).stdout.length, 0);
  },

  *"runProcess() passes on where it runs and its environment"() {
    const { stdout } = yield* wait(runProcess("sh", ["-c", "pwd; echo $FOO"], {
      cwd: "/",
      env: { FOO: "bar" },
    }));
    assert.equal(text(stdout), "/\nbar\n");
  },

  *"runProcess() throws a ProcessError for another code than 0"() {
    const failing = ["-c", "echo out; echo problem >&2; exit 3"];
    const error = yield* failureOf(runProcess("sh", failing));
    assert.ok(error instanceof ProcessError);
    assert.equal(error.message, "Process sh ended with code 3: problem");
    assert.equal(error.result.code, 3);
    assert.equal(text(error.result.stdout), "out\n");
    const result = yield* wait(runProcess("sh", failing, { check: false }));
    assert.equal(result.code, 3);
  },

  *"runProcess() throws a ProcessError for an end by a signal"() {
    const dying = ["-c", "kill -9 $$"];
    const error = yield* failureOf(runProcess("sh", dying));
    assert.ok(error instanceof ProcessError);
    assert.equal(error.message, "Process sh ended by SIGKILL");
    assert.equal(error.result.code, null);
    assert.equal(error.result.signal, "SIGKILL");
    const result = yield* wait(runProcess("sh", dying, { check: false }));
    assert.equal(result.signal, "SIGKILL");
  },

  *"runProcess() shows the end of what was said, if that is long"() {
    const error = yield* failureOf(runProcess("sh", [
      "-c",
      "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1",
    ]));
    assert.equal(
      (error as Error).message,
      `Process sh ended with code 1: …${"x".repeat(500)}`,
    );
  },

  *"runProcess() reads both outputs at once"() {
    const both =
      `head -c ${MIB} /dev/zero >&2; head -c ${MIB} /dev/zero; head -c ${MIB} /dev/zero >&2`;
    const result = yield* wait(runProcess("sh", ["-c", both]));
    assert.equal(result.stdout.length, MIB);
    assert.equal(result.stderr.length, 2 * MIB);
  },

  *"runProcess() leaves what was written on the cancel, and nothing running"(
    fn,
  ) {
    for (const again of [false, true]) {
      const mark = uniqueMark();
      const task = createTask(fn(function* () {
        return yield* wait(runProcess("sh", [
          "-c",
          `trap 'echo last; exit 0' TERM; echo so far; sleep ${mark} & wait`,
        ]));
      }));
      yield* sleeps(mark);
      task.cancel("enough");
      if (again) {
        yield* wait(sleep(0));
        yield* wait(sleep(0));
        task.cancel("again");
      }
      const error = yield* failureOf(task);
      assert.ok(error instanceof CancelledError);
      assert.ok(task.cancelled());
      assert.equal(text(resultOf(error).stdout), "so far\nlast\n");
      assert.equal(resultOf(error).code, 0);
      assert.deepEqual(survivors(mark), []);
    }
  },

  *"runProcess() leaves what was written on the cause of a TimeoutError"(fn) {
    const mark = uniqueMark();
    let scope: Timeout | undefined;
    const task = createTask(timeout(
      3600,
      fn(function* (own: Timeout) {
        scope = own;
        yield* wait(runProcess("sh", ["-c", `echo so far; sleep ${mark}`]));
      }),
    ));
    while (survivors(`sleep\0${mark}`).length === 0) yield* wait(sleep(0.01));
    scope!.reschedule(getRunningLoop().time());
    const error = yield* failureOf(task);
    assert.ok(error instanceof TimeoutError);
    assert.equal(text(resultOf(error.cause).stdout), "so far\n");
    assert.equal(resultOf(error.cause).signal, "SIGTERM");
    assert.deepEqual(survivors(mark), []);
  },

  *"runProcess() ends what a program has left in its group"() {
    const mark = uniqueMark();
    const result = yield* wait(runProcess("sh", [
      "-c",
      `sleep ${mark} > /dev/null 2>&1 & echo done`,
    ]));
    assert.equal(text(result.stdout), "done\n");
    assert.deepEqual(survivors(mark), []);
  },

  *"runProcess() refuses bad input at once"() {
    assert.throws(() => runProcess(bad(1)), TypeError);
    assert.throws(() => runProcess("cat", [], { input: bad(1) }), {
      name: "TypeError",
      message: /input must be text or a Uint8Array, got 1/,
    });
    assert.throws(() => runProcess("cat", [], { check: bad("no") }), TypeError);
    assert.throws(() => runProcess("cat", [], { grace: NaN }), RangeError);
    assert.throws(() => runProcess("cat", [], bad({ stdin: "piped" })), {
      name: "TypeError",
      message: /unknown option "stdin"/,
    });
    const error = yield* failureOf(runProcess("no-such-program"));
    assert.match(String(error), /no-such-program/);
    assert.equal(getRunningLoop().isRunning(), true);
  },
};
