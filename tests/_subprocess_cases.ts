/**
 * CPython's cases of subprocesses, by their ids in `cases.tsv`.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { pathToFileURL } from "node:url";
import {
  CancelledError,
  createSubprocessExec,
  createSubprocessShell,
  createTask,
  DEVNULL,
  ensureFuture,
  gather,
  getRunningLoop,
  PIPE,
  type Process,
  ProcessLookupError,
  sleep,
  STDOUT,
  type SubprocessOptions,
  timeout,
} from "../mod.ts";
import { failureOf, wait } from "./cpython/_program.ts";
import {
  blockUntilDead,
  bytes,
  type RealCases,
  sh,
  text,
} from "./_real_cases.ts";
import { survivors, uniqueMark } from "../bench/process_trees.ts";

const PIPES = { stdin: PIPE, stdout: PIPE, stderr: PIPE } as const;
const FOREVER = ["3600"];
const bad = (value: unknown) => value as never;

// `pause_reading` and its like wait for what nobody tells.
function* until(condition: () => boolean) {
  const loop = getRunningLoop();
  const end = loop.time() + 30;
  while (!condition()) {
    if (loop.time() > end) throw new Error(`Never: ${condition}`);
    yield* wait(sleep(0.005));
  }
}

function* invalidExec() {
  for (
    const [program, args] of [
      [undefined, []],
      [["ls", "-l"], []],
      [1, []],
      ["ls", [2]],
      ["ls", "-l"],
    ]
  ) {
    assert.throws(
      () => createSubprocessExec(bad(program), bad(args)),
      TypeError,
    );
  }
  for (const options of PYTHON_OPTIONS) {
    assert.throws(() => createSubprocessExec("ls", [], bad(options)), {
      name: "RangeError",
      message: /not supported/,
    });
  }
}

function* invalidShell() {
  for (const command of [123, ["ls", "-l"], undefined]) {
    assert.throws(() => createSubprocessShell(bad(command)), TypeError);
  }
  for (const options of PYTHON_OPTIONS) {
    assert.throws(() => createSubprocessShell("ls", bad(options)), {
      name: "RangeError",
      message: /not supported/,
    });
  }
}

const PYTHON_OPTIONS = [
  { universalNewlines: true },
  { bufsize: 4096 },
  { shell: true },
];

const TEXT_OPTIONS = [
  { text: true },
  { encoding: "utf8" },
  { errors: "strict" },
];

function* endsBy(
  signal: (process: Process) => void,
  returncode: number,
) {
  const process = yield* wait(createSubprocessExec("sleep", FOREVER));
  signal(process);
  assert.equal(yield* wait(process.wait()), returncode);
  assert.equal(process.returncode, returncode);
}

function* endsBySignalOf(signal: "SIGHUP") {
  const process = yield* wait(sh("echo sleeping; exec sleep 3600", {
    stdout: PIPE,
  }));
  assert.equal(text(yield* wait(process.stdout!.readline())), "sleeping\n");
  process.sendSignal(signal);
  assert.equal(yield* wait(process.wait()), -1);
}

function* cancelledStart(start: (mark: string) => ReturnType<typeof sh>) {
  const mark = uniqueMark();
  for (let i = 0; i < 3; i++) {
    const task = createTask(start(mark));
    getRunningLoop().callSoon(() => task.cancel());
    assert.ok((yield* failureOf(task)) instanceof CancelledError);
  }
  assert.deepEqual(survivors(mark), []);
}

function* outputOf(options: SubprocessOptions, input?: Uint8Array) {
  const process = yield* wait(sh("wc -c", { ...PIPES, ...options }));
  const [stdout, stderr] = yield* wait(process.communicate(input));
  return { count: Number(text(stdout)), stdout, stderr, process };
}

/** The cases. */
export const SUBPROCESS_CASES: RealCases = {
  "base_events.BaseEventLoopTests.subprocess_exec_invalid_args": invalidExec,
  "base_events.BaseEventLoopTests.subprocess_shell_invalid_args": invalidShell,
  "events.SubprocessTestsMixin.subprocess_exec_invalid_args": invalidExec,
  "events.SubprocessTestsMixin.subprocess_shell_invalid_args": invalidShell,

  *"events.SubprocessTestsMixin.subprocess_exec"() {
    const process = yield* wait(createSubprocessExec("cat", [], PIPES));
    yield* wait(process.stdin!.write(bytes("Python The Winner")));
    assert.equal(
      text(yield* wait(process.stdout!.readexactly(17))),
      "Python The Winner",
    );
    process.kill();
    assert.equal(yield* wait(process.wait()), -9);
  },

  *"events.SubprocessTestsMixin.subprocess_interactive"() {
    const process = yield* wait(createSubprocessExec("cat", [], PIPES));
    for (const word of ["Python ", "The Winner"]) {
      yield* wait(process.stdin!.write(bytes(word)));
      const echo = yield* wait(process.stdout!.readexactly(word.length));
      assert.equal(text(echo), word);
    }
    process.kill();
    assert.equal(yield* wait(process.wait()), -9);
  },

  *"events.SubprocessTestsMixin.subprocess_shell"() {
    const process = yield* wait(createSubprocessShell("echo Python", PIPES));
    process.stdin!.close();
    const [stdout, stderr] = yield* wait(process.communicate());
    assert.equal(process.returncode, 0);
    assert.equal(text(stdout), "Python\n");
    assert.equal(text(stderr), "");
    assert.ok(process.stdout!.atEof());
    yield* wait(process.stdin!.waitClosed());
  },

  *"events.SubprocessTestsMixin.subprocess_exitcode"() {
    const process = yield* wait(createSubprocessShell("exit 7", {
      stdin: DEVNULL,
      stdout: DEVNULL,
      stderr: DEVNULL,
    }));
    assert.equal(yield* wait(process.wait()), 7);
  },

  *"events.SubprocessTestsMixin.subprocess_close_after_finish"() {
    const process = yield* wait(createSubprocessShell("exit 7", {
      stdin: DEVNULL,
      stdout: DEVNULL,
      stderr: DEVNULL,
    }));
    assert.equal(process.stdin, undefined);
    assert.equal(process.stdout, undefined);
    assert.equal(process.stderr, undefined);
    assert.equal(yield* wait(process.wait()), 7);
    assert.equal(yield* wait(process.end()), "ended");
    assert.equal(yield* wait(process.end()), "ended");
  },

  *"events.SubprocessTestsMixin.subprocess_kill"() {
    yield* endsBy((process) => process.kill(), -9);
  },

  *"events.SubprocessTestsMixin.subprocess_terminate"() {
    yield* endsBy((process) => process.terminate(), -15);
  },

  *"events.SubprocessTestsMixin.subprocess_send_signal"() {
    yield* endsBy((process) => process.sendSignal("SIGHUP"), -1);
  },

  *"events.SubprocessTestsMixin.subprocess_stderr"() {
    const process = yield* wait(sh("cat; echo ERR:test >&2; echo OUT", PIPES));
    const [stdout, stderr] = yield* wait(process.communicate(bytes("test")));
    assert.equal(text(stdout), "testOUT\n");
    assert.equal(text(stderr), "ERR:test\n");
  },

  *"events.SubprocessTestsMixin.subprocess_stderr_redirect_to_stdout"() {
    const script = "echo OUT1; echo ERR1 >&2; echo OUT2; echo ERR2 >&2";
    for (
      const start of [
        sh(script, { stdout: PIPE, stderr: STDOUT }),
        createSubprocessShell(script, { stdout: PIPE, stderr: STDOUT }),
      ]
    ) {
      const process = yield* wait(start);
      assert.equal(process.stderr, undefined);
      const [stdout, stderr] = yield* wait(process.communicate());
      assert.equal(text(stdout), "OUT1\nERR1\nOUT2\nERR2\n");
      assert.equal(stderr, undefined);
    }
  },

  *"events.SubprocessTestsMixin.subprocess_wait_no_same_group"() {
    const process = yield* wait(sh("exit 7", { newSession: true }));
    assert.equal(yield* wait(process.wait()), 7);
  },

  *"subprocess.SubprocessMixin.stdin_stdout"() {
    const data = bytes("some data");
    const process = yield* wait(createSubprocessExec("cat", [], PIPES));
    process.stdin!.write(data);
    yield* wait(process.stdin!.drain());
    yield* wait(process.stdin!.close());
    const echo = yield* wait(process.stdout!.read());
    assert.equal(text(echo), "some data");
    assert.equal(yield* wait(process.wait()), 0);
  },

  *"subprocess.SubprocessMixin.communicate"() {
    const process = yield* wait(createSubprocessExec("cat", [], PIPES));
    const outputs = yield* wait(process.communicate(bytes("some data")));
    assert.deepEqual(outputs.map(text), ["some data", ""]);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.communicate_none_input"() {
    const process = yield* wait(createSubprocessExec("cat", [], PIPES));
    const outputs = yield* wait(process.communicate());
    assert.deepEqual(outputs.map(text), ["", ""]);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.shell"() {
    const process = yield* wait(createSubprocessShell("exit 7"));
    assert.equal(yield* wait(process.wait()), 7);
  },

  *"subprocess.SubprocessMixin.start_new_session"() {
    const script =
      "read -r _ _ _ _ group session _ < /proc/$$/stat; [ $group = $$ ] && [ $session = $$ ] && exit 8";
    const process = yield* wait(sh(script, { newSession: true }));
    assert.equal(yield* wait(process.wait()), 8);
    const without = yield* wait(sh(script, { newSession: false }));
    assert.equal(yield* wait(without.wait()), 1);
  },

  *"subprocess.SubprocessMixin.kill"() {
    yield* endsBy((process) => process.kill(), -9);
  },

  *"subprocess.SubprocessMixin.kill_issue43884"() {
    const process = yield* wait(
      createSubprocessShell("sleep 3600 & echo started; wait", {
        stdout: PIPE,
      }),
    );
    yield* wait(process.stdout!.readline());
    process.kill();
    assert.equal(yield* wait(process.wait()), -9);
    assert.ok(!process.stdout!.atEof());
    assert.equal(yield* wait(process.end()), "terminated");
    assert.ok(process.stdout!.atEof());
  },

  *"subprocess.SubprocessMixin.terminate"() {
    yield* endsBy((process) => process.terminate(), -15);
  },

  *"subprocess.SubprocessMixin.send_signal"() {
    yield* endsBySignalOf("SIGHUP");
  },

  *"subprocess.SubprocessMixin.subprocess_send_signal_race"() {
    for (let i = 0; i < 5; i++) {
      const process = yield* wait(createSubprocessExec("true"));
      blockUntilDead(process.pid);
      process.sendSignal("SIGTERM");
      assert.equal(yield* wait(process.wait()), 0);
      assert.throws(() => process.sendSignal("SIGTERM"), ProcessLookupError);
      assert.throws(() => process.terminate(), ProcessLookupError);
      assert.throws(() => process.kill(), ProcessLookupError);
    }
  },

  *"subprocess.SubprocessMixin.stdin_broken_pipe"() {
    const large = new Uint8Array(4 * 1024 * 1024);
    const process = yield* wait(sh("exec 0<&-; sleep 0.05", {
      stdin: PIPE,
    }));
    process.stdin!.write(large);
    const error = yield* failureOf(process.stdin!.drain());
    assert.match(
      `${(error as Error).name} ${(error as { code?: string }).code}`,
      /BrokenPipe|ConnectionReset|EPIPE|ECONNRESET/,
    );
    assert.equal(yield* wait(process.wait()), 0);
  },

  *"subprocess.SubprocessMixin.communicate_ignore_broken_pipe"() {
    const large = new Uint8Array(4 * 1024 * 1024);
    const process = yield* wait(createSubprocessExec("true", [], {
      stdin: PIPE,
    }));
    const outputs = yield* wait(process.communicate(large));
    assert.deepEqual(outputs, [undefined, undefined]);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.pause_reading"() {
    const limit = 10;
    const size = 2 * limit + 1;
    const process = yield* wait(sh(`head -c ${size} /dev/zero`, {
      stdout: PIPE,
      limit,
    }));
    const stdout = process.stdout!;
    yield* until(() => String(stdout).includes("paused"));
    assert.match(String(stdout), /21 bytes .*paused/);
    const read = yield* wait(stdout.read());
    assert.equal(read.length, size);
    assert.ok(!String(stdout).includes("paused"));
    assert.equal(yield* wait(process.wait()), 0);
  },

  *"subprocess.SubprocessMixin.stdin_not_inheritable"() {
    const { count, process } = yield* outputOf({}, bytes("abc"));
    assert.equal(count, 3);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.empty_input"() {
    const { count, process } = yield* outputOf({}, new Uint8Array());
    assert.equal(count, 0);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.devnull_input"() {
    const { count, process } = yield* outputOf({ stdin: DEVNULL });
    assert.equal(count, 0);
    assert.equal(process.stdin, undefined);
    assert.equal(process.returncode, 0);
  },

  *"subprocess.SubprocessMixin.devnull_output"() {
    const { stdout } = yield* outputOf({ stdout: DEVNULL }, bytes("abc"));
    assert.equal(stdout, undefined);
  },

  *"subprocess.SubprocessMixin.devnull_error"() {
    const { stderr } = yield* outputOf({ stderr: DEVNULL }, bytes("abc"));
    assert.equal(stderr, undefined);
  },

  *"subprocess.SubprocessMixin.devstdin_input"() {
    // Node and Bun give a process sockets for pipes, and nobody can open those.
    if (!("Deno" in globalThis)) return;
    const process = yield* wait(sh("wc -c < /proc/self/fd/0", PIPES));
    const [stdout] = yield* wait(process.communicate(bytes("abc")));
    assert.equal(Number(text(stdout)), 3);
  },

  *"subprocess.SubprocessMixin.cancel_process_wait"(fn) {
    const process = yield* wait(createSubprocessExec("sleep", FOREVER));
    const waiting = createTask(fn(function* () {
      yield* wait(process.wait());
    }));
    yield* wait(sleep(0.01));
    waiting.cancel();
    assert.ok((yield* failureOf(waiting)) instanceof CancelledError);
    assert.equal(process.returncode, undefined);
    process.kill();
    assert.equal(yield* wait(process.wait()), -9);
  },

  *"subprocess.SubprocessMixin.cancel_make_subprocess_transport_exec"() {
    yield* cancelledStart((mark) => createSubprocessExec("sleep", [mark]));
  },

  *"subprocess.SubprocessMixin.cancel_post_init"() {
    yield* cancelledStart((mark) => createSubprocessShell(`sleep ${mark}`));
  },

  *"subprocess.SubprocessMixin.close_kill_running"(fn) {
    const mark = uniqueMark();
    const process = yield* wait(createSubprocessExec("sleep", [mark]));
    assert.equal(yield* wait(process.end()), "terminated");
    assert.equal(process.returncode, -15);
    assert.deepEqual(survivors(mark), []);
    // At the end of its block.
    yield* wait(createTask(fn(function* () {
      const other = yield* wait(createSubprocessExec("sleep", [mark]));
      yield* wait(ensureFuture(other[Symbol.asyncDispose]()));
      assert.equal(other.returncode, -15);
    })));
    assert.deepEqual(survivors(mark), []);
  },

  *"subprocess.SubprocessMixin.close_dont_kill_finished"() {
    const process = yield* wait(sh("exit 3"));
    blockUntilDead(process.pid);
    yield* wait(process.end());
    assert.equal(process.returncode, 3);
    assert.equal(yield* wait(process.wait()), 3);
  },

  *"subprocess.SubprocessMixin.popen_error"() {
    for (const stderr of [PIPE, STDOUT] as const) {
      const error = yield* failureOf(
        createSubprocessExec("no-such-program", [], { stdout: PIPE, stderr }),
      );
      assert.match(String(error), /no-such-program/);
      const { name, code } = error as { name: string; code?: string };
      assert.match(`${name} ${code}`, /NotFound|ENOENT/);
    }
  },

  *"subprocess.SubprocessMixin.popen_error_with_stdin_pipe"() {
    const files = () => fs.readdirSync("/proc/self/fd").length;
    yield* failureOf(createSubprocessExec("no-such-program", [], PIPES));
    const before = files();
    const count = 100;
    for (let i = 0; i < count; i++) {
      yield* failureOf(createSubprocessExec("no-such-program", [], PIPES));
    }
    // Other tests of this process open files too, and the host may close some later.
    yield* until(() => files() < before + count);
  },

  *"subprocess.SubprocessMixin.read_stdout_after_process_exit"() {
    const size = 256 * 1024;
    const process = yield* wait(sh(`head -c ${size} /dev/zero`, {
      stdout: PIPE,
    }));
    let count = 0;
    for (;;) {
      const part = yield* wait(process.stdout!.read(16 * 1024));
      if (part.length === 0) break;
      count += part.length;
      yield* wait(sleep(0.001));
    }
    assert.equal(count, size);
    assert.equal(yield* wait(process.wait()), 0);
  },

  *"subprocess.SubprocessMixin.create_subprocess_exec_text_mode_fails"() {
    for (const options of TEXT_OPTIONS) {
      assert.throws(() => createSubprocessExec("ls", [], bad(options)), {
        name: "RangeError",
      });
    }
  },

  *"subprocess.SubprocessMixin.create_subprocess_shell_text_mode_fails"() {
    for (const options of TEXT_OPTIONS) {
      assert.throws(() => createSubprocessShell("ls", bad(options)), {
        name: "RangeError",
      });
    }
  },

  *"subprocess.SubprocessMixin.create_subprocess_exec_with_path"() {
    const program = pathToFileURL(fs.realpathSync("/bin/cat"));
    const argument = pathToFileURL("/proc/self/comm");
    const process = yield* wait(createSubprocessExec(program, [argument], {
      stdout: PIPE,
      cwd: pathToFileURL("/"),
    }));
    const [stdout] = yield* wait(process.communicate());
    assert.equal(text(stdout), "cat\n");
    assert.throws(
      () => createSubprocessExec(new URL("https://example.com/cat")),
      TypeError,
    );
  },

  *"subprocess.SubprocessMixin.create_subprocess_env_shell"() {
    const process = yield* wait(createSubprocessShell("echo $FOO$PATH", {
      stdout: PIPE,
      env: { FOO: "bar:" },
    }));
    const [stdout] = yield* wait(process.communicate());
    assert.match(text(stdout)!, /^bar:.+\n$/);
    assert.ok(process.wait().done());
    assert.equal(yield* wait(process.wait()), 0);
  },

  *"subprocess.SubprocessMixin.create_subprocess_env_exec"() {
    const process = yield* wait(createSubprocessExec("/usr/bin/env", [], {
      stdout: PIPE,
      env: { FOO: "bar" },
      clearEnv: true,
    }));
    const [stdout] = yield* wait(process.communicate());
    assert.equal(text(stdout), "FOO=bar\n");
  },

  *"subprocess.SubprocessMixin.subprocess_concurrent_wait"() {
    const process = yield* wait(createSubprocessExec("sleep", ["0.01"]));
    const codes = yield* wait(
      gather(Array.from({ length: 10 }, () => process.wait())),
    );
    assert.deepEqual(codes, Array(10).fill(0));
  },

  *"subprocess.SubprocessMixin.subprocess_communicate_stdout"(fn) {
    const outputs = yield* wait(gather(
      Array.from({ length: 10 }, (_, i) =>
        fn(function* () {
          const process = yield* wait(sh(`echo ${i}; echo done`, {
            stdout: PIPE,
          }));
          const [stdout] = yield* wait(
            timeout(60, () => process.communicate()),
          );
          return text(stdout as Uint8Array);
        })),
    ));
    assert.deepEqual(
      outputs,
      Array.from({ length: 10 }, (_, i) => `${i}\ndone\n`),
    );
  },

  *"subprocess.SubprocessTransportTests.subprocess_repr"() {
    const process = yield* wait(sh("read _; exit 6", { stdin: PIPE }));
    assert.equal(String(process), `<Process pid=${process.pid} running>`);
    process.stdin!.close();
    yield* wait(process.wait());
    assert.equal(String(process), `<Process pid=${process.pid} returncode=6>`);
  },
};
