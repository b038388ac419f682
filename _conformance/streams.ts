/**
 * Checks of streams.
 *
 * @module
 */
import { createTask } from "../create_task.ts";
import { CancelledError } from "../errors.ts";
import { sleep } from "../sleep.ts";
import { type Check, check, equal, errorOf, isA, numbers } from "./check.ts";

/** Checks of streams. */
export const streamChecks: readonly Check[] = [
  check("a stream gives its values in order, then the result", {}, async (
    executor,
  ) => {
    const stream = executor.stream("count", [50]);
    const got: number[] = [];
    for await (const value of stream) got.push(value);
    equal([got, await stream.job], [numbers(50), "end"]);
    const { done, value } = await stream.next();
    equal([done, value], [true, undefined]);
  }),
  check("next() gives the result at the end", {}, async (executor) => {
    const stream = executor.stream("count", [1]);
    const steps = [await stream.next(), await stream.next()];
    equal(steps.map(({ value }) => value), [0, "end"]);
  }),
  check(
    "submit() of a stream drops its values and gives the result",
    {},
    async (
      executor,
    ) => {
      equal(await executor.submit("count", [500]), "end");
    },
  ),
  check("stream() of a job that does not yield gives its result", {}, async (
    executor,
  ) => {
    const stream = executor.stream("double", [1] as never);
    const { done } = await stream.next();
    equal([done, await stream.job], [true, 2]);
  }),
  check("a stream is no further ahead than its high water mark", {
    needs: ["back-pressure"],
  }, async (executor, context) => {
    const log = context.newLog();
    const options = { highWaterMark: 4 };
    let read = 0;
    for await (const _ of executor.stream("count", [100, log], options)) {
      if (++read === 10) break;
    }
    const yielded = (await context.lines(log)).filter((line) =>
      line !== "finally"
    );
    equal(yielded.length >= 10 && yielded.length <= 10 + 4 + 1, true);
  }),
  check("to leave a stream waits for its job's finally", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const stream = executor.stream("count", [1e6, log], { highWaterMark: 4 });
    for await (const value of stream) if (value === 5) break;
    equal((await context.lines(log)).at(-1), "finally");
    equal(stream.job.cancelled(), true);
  }),
  check("to leave a stream that waits ends its wait", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    for await (const _ of executor.stream("waitingStream", [log])) break;
    equal(await context.lines(log), ["finally"]);
  }),
  check("the reader of a stream is cancelled: so is its job", {}, async (
    executor,
    context,
  ) => {
    const log = context.newLog();
    const stream = executor.stream("waitingStream", [log]);
    equal((await stream.next()).value, 1);
    const reader = createTask(async () => await stream.next());
    // It has begun to wait.
    await sleep(0);
    reader.cancel();
    isA(await errorOf(reader), CancelledError);
    equal([stream.job.done(), await context.lines(log)], [true, ["finally"]]);
  }),
  check("a stream that catches its cancel yields on", {
    needs: ["async context"],
  }, async (executor, context) => {
    const log = context.newLog();
    const stream = executor.stream("refusingStream", [log]);
    await context.until(log, "start");
    stream.job.cancel();
    const got: string[] = [];
    for await (const value of stream) got.push(value);
    equal([...got, await stream.job], ["the rest", "end"]);
  }),
  check("an error comes after the values", {}, async (executor) => {
    const got: number[] = [];
    const error = await errorOf((async () => {
      for await (const value of executor.stream("failing", [3])) {
        got.push(value);
      }
    })());
    isA(error, RangeError);
    equal(got, [0, 1, 2]);
  }),
  check("a value that cannot be sent ends its stream, with its finally", {
    needs: ["structured clone"],
  }, async (executor, context) => {
    const log = context.newLog();
    const stream = executor.stream("uncloneableValues", [log]);
    equal((await stream.next()).value, 1);
    isA(await errorOf(stream.next()), TypeError);
    equal(await context.lines(log), ["finally"]);
  }),
  check("values of a stream can be moved", { needs: ["transfer"] }, async (
    executor,
  ) => {
    const got: number[] = [];
    for await (const bytes of executor.stream("chunks", [3, 1 << 16])) {
      got.push(bytes.length, bytes[0]!);
    }
    equal(got, [1 << 16, 0, 1 << 16, 1, 1 << 16, 2]);
  }),
];
