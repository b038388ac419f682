/**
 * Jobs and their streams as an executor of a user's own handles them.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  RuntimeError,
  sleep,
  TimeoutError,
  WorkerLostError,
} from "@asyncio/asyncio";
import { Job, type JobOwner, JobStream } from "@asyncio/asyncio/executor";
import { runTest } from "@asyncio/asyncio/testing";

/** An executor that notes what it is asked for. */
class Owner implements JobOwner {
  readonly asked: (string | undefined)[] = [];
  readonly begun = new Set<Job<unknown>>();

  cancelJob(_job: Job<unknown>, message: string | undefined): void {
    this.asked.push(message);
  }

  hasBegun(job: Job<unknown>): boolean {
    return this.begun.has(job);
  }
}

Deno.test("Job goes from pending to running, cancelling and done, and its owner is asked once", () =>
  runTest(async () => {
    const owner = new Owner();
    const job = new Job<number>(owner, "double", 7, { timeout: 1 });
    assertEquals([job.id, job.jobName], [7, "double"]);
    assertEquals([job.state(), job.hasBegun()], ["pending", false]);
    job.markBegun();
    assertEquals([job.state(), job.hasBegun()], ["running", true]);
    assert(job.cancel("first"));
    assert(job.cancel("second"));
    assert(job.isCancelRequested());
    await sleep(2);
    assertEquals(owner.asked, ["first"]);
    assertEquals([job.state(), job.done()], ["cancelling", false]);
    job.finishCancelled();
    assertEquals(job.state(), "done");
    const error = await assertRejects(async () => await job, CancelledError);
    assertEquals(error.message, "first");
    // Whatever comes later is too late.
    job.finish(1);
    job.fail(new Error("late"));
    job.finishExpired();
    assert(job.cancelled());
    assert(!job.cancel());
    assertEquals(owner.asked, ["first"]);
  }));

Deno.test("Job.hasBegun() asks the owner where only that can tell", () =>
  runTest(async () => {
    const owner = new Owner();
    const job = new Job<number>(owner, "double", 1);
    assertEquals([job.state(), job.hasBegun()], ["pending", false]);
    owner.begun.add(job as Job<unknown>);
    assertEquals([job.state(), job.hasBegun()], ["running", true]);
    job.finish(42);
    assertEquals(await job, 42);
  }));

Deno.test("Job with a timeout asks its owner to end it, and fails with a TimeoutError", () =>
  runTest(async () => {
    const owner = new Owner();
    const job = new Job<number>(owner, "double", 1, { timeout: 1 });
    await sleep(2);
    assertEquals(owner.asked, ['Timed out after 1 s: job "double"']);
    job.finishCancelled();
    const error = await assertRejects(async () => await job, TimeoutError);
    assertEquals(error.message, 'Timed out after 1 s: job "double"');
    assertInstanceOf(error.cause, CancelledError);
  }));

Deno.test("Job that is cancelled after its time was over is cancelled", () =>
  runTest(async () => {
    const owner = new Owner();
    const job = new Job<number>(owner, "double", 1, { timeout: 1 });
    await sleep(2);
    assert(job.cancel("by hand"));
    job.finishCancelled();
    const error = await assertRejects(async () => await job, CancelledError);
    assertEquals(error.message, "by hand");
    assertEquals(owner.asked.length, 1);
  }));

Deno.test("Job whose time is over at once, or whose signal is aborted, is done and asks nobody", () =>
  runTest(async () => {
    const owner = new Owner();
    const reason = new Error("why");
    const late = new Job<number>(owner, "double", 1, { timeout: 0 });
    const aborted = new Job<number>(owner, "double", 2, {
      signal: AbortSignal.abort(reason),
      timeout: 1,
    });
    assertEquals([late.state(), aborted.state()], ["done", "done"]);
    await assertRejects(async () => await late, TimeoutError);
    const error = await assertRejects(
      async () => await aborted,
      CancelledError,
    );
    assertStrictEquals(error.cause, reason);
    assertEquals(owner.asked, []);
  }));

Deno.test("Job.finishExpired() fails with a TimeoutError if it had a timeout, else with a cancel", () =>
  runTest(async () => {
    const owner = new Owner();
    const timed = new Job<number>(owner, "double", 1, { timeout: 5 });
    timed.finishExpired();
    await assertRejects(async () => await timed, TimeoutError);
    const untimed = new Job<number>(owner, "double", 2);
    untimed.finishExpired();
    await assertRejects(async () => await untimed, CancelledError);
    assertEquals(owner.asked, []);
  }));

Deno.test("Job.finishCancelled() tells what was lost behind the cancel, and why it was cancelled behind that", () =>
  runTest(async () => {
    const owner = new Owner();
    const reason = new Error("why");
    for (const lost of [new WorkerLostError("gone"), undefined]) {
      const job = new Job<number>(owner, "double", 1);
      job.cancel("enough", { cause: reason });
      job.finishCancelled(lost);
      const error = await assertRejects(async () => await job, CancelledError);
      assertEquals(error.message, "enough");
      assertStrictEquals(error.cause, lost ?? reason);
      if (lost !== undefined) assertStrictEquals(lost.cause, reason);
    }
  }));

Deno.test("Job.fail() makes an error of what is none", () =>
  runTest(async () => {
    const job = new Job<number>(new Owner(), "double", 1);
    job.fail("a text");
    const error = await assertRejects(async () => await job, RuntimeError);
    assertEquals(error.message, 'Job failed: "a text" was thrown');
    assertEquals(error.cause, "a text");
  }));

Deno.test("JobStream grants as many values as are taken, and gives those that came before the end", () =>
  runTest(async () => {
    const job = new Job<string>(new Owner(), "count", 1);
    const granted: number[] = [];
    const stream = new JobStream<number, string>(
      job,
      4,
      (count) => granted.push(count),
    );
    for (const value of [1, 2, 3]) stream.push(value);
    job.finish("end");
    const steps = [];
    for (let n = 0; n < 5; n++) steps.push(await stream.next());
    assertEquals(steps, [
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: false, value: 3 },
      { done: true, value: "end" },
      { done: true, value: undefined as never },
    ]);
    assertEquals(granted, [2]);
  }));

Deno.test("JobStream that is left cancels its job, waits for its end and takes no more", () =>
  runTest(async () => {
    const owner = new Owner();
    const job = new Job<string>(owner, "count", 1);
    const stream = new JobStream<number, string>(job, 1, () => {});
    const left = createTask(async () => {
      await using _ = stream;
    });
    const waiting = createTask(async () => await stream.next());
    await sleep(1);
    assertEquals(owner.asked, ["The stream was left"]);
    assert(!left.done());
    stream.push(1);
    // Its own error is nobody's: it was left on purpose.
    job.fail(new Error("in its clean-up"));
    await left;
    assertEquals((await waiting).done, true);
    assertEquals((await stream.next()).done, true);
  }));
