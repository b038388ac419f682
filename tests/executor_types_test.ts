/** What the compiler knows of jobs: their names, arguments, results and values. */
import { assertEquals } from "@std/assert";
import {
  type Coro,
  coroutine,
  type Future,
  gather,
  mapConcurrent,
  run,
  sleep,
} from "@asyncio/asyncio";
import type {
  Executor,
  Job,
  JobArgs,
  JobName,
  JobStream,
} from "@asyncio/asyncio/executor";
import { InlineExecutor } from "@asyncio/asyncio/inline-executor";
import { transfer } from "@asyncio/asyncio/worker";
import { WorkerExecutor } from "@asyncio/asyncio/worker-executor";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

function is<A, B>(_same: Same<A, B>): void {}

const JOBS = {
  plain: (x: number) => 2 * x,
  either: (x: number): number | Promise<number> => x,
  nothing: () => {},
  optional: (x: number, y?: string) => `${x}${y}`,
  rest: (...words: string[]) => words.length,
  async later(x: number) {
    await sleep(0);
    return `${x}`;
  },
  *generator(x: number): Coro<number> {
    yield* sleep(0);
    return x;
  },
  cold: coroutine(async (x: number) => {
    await sleep(0);
    return [x];
  }),
  async *stream(n: number): AsyncGenerator<number, string> {
    for (let i = 0; i < n; i++) yield i;
    return "end";
  },
  future: (): Future<number> => gatherOf(1) as unknown as Future<number>,
  fails(): never {
    throw new Error("No");
  },
  generic: <T>(value: T): T => value,
  Class: class {
    readonly x = 1;
  },
  value: 5,
};
type Jobs = typeof JOBS;

function gatherOf(x: number) {
  return gather([sleep(0, x)]);
}

Deno.test("executors know the names of jobs, and what is none", () => {
  is<
    JobName<Jobs>,
    | "plain"
    | "either"
    | "nothing"
    | "optional"
    | "rest"
    | "later"
    | "generator"
    | "cold"
    | "stream"
    | "future"
    | "fails"
    | "generic"
  >(true);
  is<JobArgs<Jobs, "optional">, [x: number, y?: string | undefined]>(true);
  // Compiled, and never called.
  ((executor: Executor<Jobs>) => {
    // @ts-expect-error There is no such job.
    executor.submit("nope", []);
    // @ts-expect-error A value is no job.
    executor.submit("value", []);
    // @ts-expect-error A class is no job.
    executor.submit("Class", []);
    // @ts-expect-error It is an array of arguments.
    executor.submit("plain", 1);
    // @ts-expect-error One is missing.
    executor.submit("plain", []);
    // @ts-expect-error One is too many.
    executor.submit("plain", [1, 2]);
    // @ts-expect-error It is of the wrong type.
    executor.submit("plain", ["1"]);
    // @ts-expect-error A job knows its result.
    const result: Job<string> = executor.submit("plain", [1]);
    // @ts-expect-error So does a stream.
    const stream: JobStream<string, string> = executor.stream("stream", [1]);
    // @ts-expect-error An executor of these jobs is none of others.
    const other: Executor<{ other(): void }> = executor;
    return [result, stream, other];
  });
});

Deno.test("executors know what each kind of job gives", () =>
  run(async () => {
    await using executor = new InlineExecutor(JOBS);
    const plain = executor.submit("plain", [1]);
    is<typeof plain, Job<number>>(true);
    const either = executor.submit("either", [1]);
    is<typeof either, Job<number>>(true);
    const nothing = executor.submit("nothing", []);
    is<typeof nothing, Job<void>>(true);
    const later = executor.submit("later", [1]);
    is<typeof later, Job<string>>(true);
    const generator = executor.submit("generator", [1]);
    is<typeof generator, Job<number>>(true);
    const cold = executor.submit("cold", [1]);
    is<typeof cold, Job<number[]>>(true);
    const end = executor.submit("stream", [1]);
    is<typeof end, Job<string>>(true);
    const future = executor.submit("future", []);
    is<typeof future, Job<number>>(true);
    const optional = executor.submit("optional", [1]);
    const rest = executor.submit("rest", ["a", "b"]);
    const all = await gather([plain, either, generator, rest]);
    is<typeof all, [number, number, number, number]>(true);
    const [one, two] = await gather(plain, later);
    is<[typeof one, typeof two], [number, string]>(true);
    assertEquals([all, one, two], [[2, 1, 1, 2], 2, "1"]);
    assertEquals([await nothing, await cold, await end, await optional], [
      undefined,
      [1],
      "end",
      "1undefined",
    ]);
    await future;
    const mapped = await mapConcurrent(
      [1, 2],
      (x) => executor.submit("later", [x]),
      { limit: 1 },
    ).collect();
    is<typeof mapped, string[]>(true);
    const stream = executor.stream("stream", [2]);
    is<typeof stream, JobStream<number, string>>(true);
    const got: number[] = [];
    for await (const value of stream) got.push(value);
    assertEquals([mapped, got, await stream.job], [["1", "2"], [0, 1], "end"]);
  }));

Deno.test("executors and transfer() take what can be moved, and no view of it", () => {
  const bytes = new Uint8Array(1);
  const { port1, port2 } = new MessageChannel();
  transfer(bytes, [bytes.buffer, port1, new ReadableStream()] as const);
  // @ts-expect-error A view is copied: its buffer is what can be moved.
  transfer(bytes, [bytes]);
  // @ts-expect-error A number is no object.
  transfer(bytes, [1]);
  const executor = new InlineExecutor(JOBS);
  const submit = () => {
    executor.submit("plain", [1], { transfer: [bytes.buffer, port2] });
    // @ts-expect-error A view is copied.
    executor.submit("plain", [1], { transfer: [bytes] });
  };
  assertEquals(typeof submit, "function");
  port1.close();
});

Deno.test("WorkerExecutor takes what makes a web worker, and no thread", () => {
  const url = new URL("data:text/javascript,");
  new WorkerExecutor<typeof JOBS>(() => new Worker(url, { type: "module" }));
  class Thread {
    postMessage(_message: unknown): void {}
    terminate(): void {}
  }
  // @ts-expect-error A thread of Node has no events of the web.
  new WorkerExecutor<typeof JOBS>(() => new Thread());
});
