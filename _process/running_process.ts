/**
 * The process over a child of the host.
 *
 * @module
 */
import { CancelledError, ProcessLookupError } from "../errors.ts";
import type { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import { isSignalName, type SignalName } from "../_host/signals.ts";
import { check, type Kind } from "../_base/arguments.ts";
import { describeKind, isBytes, isInstance } from "../_base/repr.ts";
import { IoWaits } from "../_io/io_wait.ts";
import { TransportWriter } from "../_io/writer.ts";
import { type Resource, resourcesOf } from "../_loop/resources.ts";
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { begunShutdown } from "../_run/shutdown.ts";
import { StreamReader } from "../stream_reader.ts";
import type { StreamWriter } from "../stream_writer.ts";
import type { Coro, Coroutine } from "../_coroutine/coroutine.ts";
import { MethodCoroutine } from "../_task/function_coroutine.ts";
import type { Child, Exit, OutputPipe } from "./child.ts";
import { ProcessGroup, seesTheDead } from "./group.ts";
import { type EndOutcome, type EndTarget, GroupEnd } from "./group_end.ts";
import { graceOf } from "./options.ts";
import { type EndOptions, noteCutOff, type Process } from "./process.ts";

/** How a process is looked after. */
export interface ProcessPlan {
  /** The loop of whoever has started it. */
  readonly loop: Scheduler;
  /** The limit of its readers. */
  readonly limit: number;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  /** Whether it leads a session and a group of its own. */
  readonly newSession: boolean;
  /** Names it in the report of a shutdown. */
  readonly name: string;
}

/** What {@linkcode Process.communicate} gives. */
export type Outputs = [
  stdout: Uint8Array | undefined,
  stderr: Uint8Array | undefined,
];

const BYTES: Kind = {
  words: "a Uint8Array, which a TextEncoder makes of text",
  fits: isBytes,
};

// How long pipes may stay open when all is ended, in seconds: only what has left the group
// can hold them.
const LINGER = 0.1;

/** A process, its pipes and its end. */
export class RunningProcess implements Process, Resource, EndTarget {
  readonly pid: number;
  readonly stdin: StreamWriter | undefined;
  readonly stdout: StreamReader | undefined;
  readonly stderr: StreamReader | undefined;
  readonly loop: Scheduler;
  readonly #child: Child;
  readonly #plan: ProcessPlan;
  readonly #group: ProcessGroup;
  readonly #exits: IoWaits<number>;
  readonly #ends: IoWaits<EndOutcome>;
  readonly #outputs: readonly OutputPipe[];
  readonly #collected: Partial<Record<"stdout" | "stderr", Uint8Array>> = {};
  #exit: Exit | undefined;
  #openOutputs = 0;
  #onPipesClosed: (() => void) | undefined;
  #hasCommunicated = false;
  #end: GroupEnd | undefined;
  #endAt: number | undefined;
  // How the end came about, when nothing runs any more and the pipes are closed.
  #ended: { readonly outcome: EndOutcome; readonly error: unknown } | undefined;
  #abandoned = false;

  constructor(child: Child, plan: ProcessPlan) {
    const { loop } = plan;
    this.#child = child;
    this.#plan = plan;
    this.loop = loop;
    this.pid = child.pid;
    this.#group = new ProcessGroup(child.pid, plan.newSession);
    this.#exits = new IoWaits(loop, `the end of process ${child.pid}`, true);
    this.#ends = new IoWaits(loop, `the end of process ${child.pid}`, true);
    const outputs: OutputPipe[] = [];
    this.stdin = this.#openInput();
    this.stdout = this.#openOutput(child.stdout, outputs);
    this.stderr = this.#openOutput(child.stderr, outputs);
    this.#outputs = outputs;
    resourcesOf(loop)?.add(this);
    child.onExit((exit) => this.#exited(exit));
  }

  get returncode(): number | undefined {
    return this.#exit?.returncode;
  }

  /** How it has ended, if it has. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  wait(): Future<number> {
    const wait = this.#exits.wait();
    if (this.#exit !== undefined) this.#exits.release(this.#exit.returncode);
    return wait;
  }

  communicate(input?: Uint8Array): Coroutine<Outputs> {
    if (input !== undefined) check("send input", "input", input, BYTES);
    return new MethodCoroutine("communicate", () => this.#communicate(input));
  }

  sendSignal(signal: SignalName): void {
    if (!isSignalName(signal)) {
      throw new RangeError(
        `Cannot send a signal: a name such as "SIGTERM" was expected, got ${
          describeKind(signal)
        }`,
      );
    }
    if (this.#exit !== undefined) {
      throw new ProcessLookupError(
        `Cannot send ${signal}: process ${this.pid} has ended with ${this.#exit.returncode}`,
      );
    }
    this.#child.kill(signal);
  }

  terminate(): void {
    this.sendSignal("SIGTERM");
  }

  kill(): void {
    this.sendSignal("SIGKILL");
  }

  end(options: EndOptions = {}): Coroutine<EndOutcome> {
    const grace = graceOf(options, this.#plan.grace);
    return new MethodCoroutine("end", () => this.#endIt(grace));
  }

  // A plain promise: a cancel that comes meanwhile is thrown after the block, and not here,
  // where it would make a SuppressedError of the one that has ended the block.
  [Symbol.asyncDispose](): Promise<void> {
    this.#beginEnd(this.#plan.grace);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        const error = this.#ended!.error;
        if (error === undefined) resolve();
        else reject(error);
      };
      if (this.#ended !== undefined) settle();
      else this.#ends.wait().addDoneCallback(settle, NO_CONTEXT);
    });
  }

  toString(): string {
    const state = this.#exit === undefined
      ? "running"
      : `returncode=${this.#exit.returncode}`;
    return `<Process pid=${this.pid} ${state}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What has come so far, whoever reads it or has read it by `communicate()`. */
  outputSoFar(name: "stdout" | "stderr"): Uint8Array {
    const { bytes } = this[name]!._buffer;
    return this.#collected[name] ?? bytes.take(bytes.size);
  }

  /** Forgets it, if it has ended and nobody of its group is left by now. */
  forgetIfGone(): void {
    if (this.#end !== undefined || this.#openOutputs > 0) return;
    if (this.#exit === undefined || this.#group.lives()) return;
    this.#forget("ended");
  }

  hasExited(): boolean {
    return this.#exit !== undefined;
  }

  lives(): boolean {
    return this.#exit === undefined || this.#group.lives();
  }

  seesTheDead(): boolean {
    return seesTheDead();
  }

  signal(signal: SignalName): void {
    if (this.#group.signal(signal)) return;
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  ended(outcome: EndOutcome, error?: unknown): void {
    if (this.#group.outOfReach) this.#reportOutOfReach();
    const finish = (): void => {
      if (this.#ended !== undefined) return;
      timer?.cancel();
      this.#ended = { outcome, error };
      this.#forget(error === undefined ? outcome : undefined);
      if (error === undefined) this.#ends.release(outcome);
      else this.#ends.fail(error);
    };
    // Nobody writes any more: what is left in the pipes fits, and is kept.
    for (const pipe of this.#outputs) pipe.collect();
    const timer = this.#openOutputs === 0
      ? undefined
      : this.loop.callLater(LINGER, () => this.#closePipes(), NO_CONTEXT);
    this.#onPipesClosed = finish;
    if (this.#openOutputs === 0) finish();
  }

  _endWithLoop(): PromiseLike<EndOutcome> {
    return this.end();
  }

  get _isClosing(): boolean {
    return this.#end !== undefined;
  }

  _abandon(): void {
    noteCutOff(this);
    this.#abandoned = true;
    this.#end?.abandon();
    try {
      if (!this.lives()) return;
      this.signal("SIGKILL");
      this.#tellShutdown("killed");
    } finally {
      this.#closePipes();
    }
  }

  *#communicate(input: Uint8Array | undefined): Coro<Outputs> {
    this.#sendInput(input);
    for (const pipe of this.#outputs) pipe.collect();
    yield* this.#collect("stdout");
    yield* this.#collect("stderr");
    yield* this.wait();
    return [this.#collected.stdout, this.#collected.stderr];
  }

  #sendInput(input: Uint8Array | undefined): void {
    const { stdin } = this;
    if (input !== undefined && stdin === undefined) {
      throw new RangeError(
        'Cannot send input: stdin is not piped, start the process with stdin: "piped"',
      );
    }
    if (input !== undefined && this.#hasCommunicated) {
      throw new RangeError(
        "Cannot send input: communicate() was called before, leave the input out and it goes on",
      );
    }
    // It may have ended, or closed its input: CPython ignores that, too.
    if (input !== undefined && !stdin!.isClosing()) stdin!.write(input);
    this.#hasCommunicated = true;
    stdin?.close();
  }

  *#collect(name: "stdout" | "stderr"): Coro<void> {
    const reader = this[name];
    if (reader === undefined || this.#collected[name] !== undefined) return;
    // Bytes stay in the reader until all have come, so a cancel loses none.
    this.#collected[name] = yield* reader.read();
  }

  *#endIt(grace: number): Coro<EndOutcome> {
    let cancelled: CancelledError | undefined;
    this.#beginEnd(grace);
    while (this.#ended === undefined) {
      try {
        yield* this.#ends.wait();
      } catch (error) {
        // Handed on when all is over.
        if (isInstance(error, CancelledError)) cancelled ??= error;
      }
    }
    if (cancelled !== undefined) throw cancelled;
    if (this.#ended.error !== undefined) throw this.#ended.error;
    return this.#ended.outcome;
  }

  #beginEnd(grace: number): void {
    if (this.#ended !== undefined) return;
    if (this.#end !== undefined) return this.#end.hurry(grace);
    noteCutOff(this);
    this.#end = new GroupEnd(this);
    this.#endAt = this.loop.time();
    this.#end.start(grace);
  }

  #forget(outcome: EndOutcome | undefined): void {
    const wasKnown = resourcesOf(this.loop)?.delete(this);
    if (wasKnown && outcome !== undefined) this.#tellShutdown(outcome);
  }

  #tellShutdown(outcome: EndOutcome): void {
    const { pid } = this;
    const { name, loop } = this.#plan;
    begunShutdown(loop)?.addProcess({ pid, name, outcome }, this.#endAt);
  }

  #exited(exit: Exit): void {
    this.#exit = exit;
    // Nobody reads it any more, but for what it has left behind.
    this.#child.stdin?.readerEnded();
    if (this.#abandoned) {
      // From here on its id may become another's: the group notes whether that is so.
      this.#group.lives();
      return;
    }
    this.#exits.release(exit.returncode);
    this.#end?.look();
    this.forgetIfGone();
  }

  #openInput(): StreamWriter | undefined {
    const transport = this.#child.stdin;
    if (transport === undefined) return undefined;
    const writer = new TransportWriter({ transport, loop: this.loop });
    transport.own(writer);
    return writer;
  }

  #openOutput(
    pipe: OutputPipe | undefined,
    outputs: OutputPipe[],
  ): StreamReader | undefined {
    if (pipe === undefined) return undefined;
    const reader = new StreamReader({
      limit: this.#plan.limit,
      loop: this.loop,
    });
    outputs.push(pipe);
    this.#openOutputs++;
    pipe.start(reader._buffer, () => {
      this.#openOutputs--;
      if (this.#openOutputs > 0 || this.#abandoned) return;
      this.#onPipesClosed?.();
      this.forgetIfGone();
    });
    return reader;
  }

  #closePipes(): void {
    this.#child.stdin?.abort();
    for (const pipe of this.#outputs) pipe.close();
  }

  #reportOutOfReach(): void {
    this.loop.callExceptionHandler({
      message:
        `Cannot end what process ${this.pid} has started: it was ended alone, since Deno lets a program signal process groups only if it has --allow-run without a list`,
    });
  }
}
