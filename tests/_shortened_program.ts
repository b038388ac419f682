// deno-lint-ignore-file no-console -- a program: the console is its output
/**
 * A program of `bundle_test.ts`: what the library's texts call its own things when a bundler
 * has shortened their names.
 *
 * @module
 */
import { inspect } from "node:util";
import { InlineExecutor } from "../inline_executor.ts";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  createTask,
  Event,
  EventLoop,
  Future,
  InvalidStateError,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  QueueShutDown,
  run,
  Semaphore,
  sleep,
  TimeoutError,
  VirtualClock,
  wait,
  waitFor,
} from "../mod.ts";
import { WorkerExecutor } from "../worker_executor.ts";

const PRIMITIVES = [
  Lock,
  Event,
  Condition,
  Semaphore,
  BoundedSemaphore,
  Queue,
  LifoQueue,
  PriorityQueue,
];

function messageOf(call: () => unknown): string {
  try {
    call();
    return "nothing thrown";
  } catch (error) {
    return (error as Error).message;
  }
}

async function main(): Promise<void> {
  for (const Primitive of PRIMITIVES) console.log(String(new Primitive()));
  console.log(String(new Barrier(2)));
  console.log(String(new (class extends Lock {})()));
  console.log(
    String(new Future()),
    String(createTask(sleep(0), { name: "t" })),
  );
  const waiting = wait([createTask(sleep(0))]);
  console.log(`${waiting} ${waitFor(waiting, 1)}`);
  console.log(messageOf(() => new LifoQueue(NaN)));
  for (const Class of [InvalidStateError, TimeoutError, QueueShutDown]) {
    const error = new Class("m");
    const fail = () => {
      throw error;
    };
    // As over a process: the error is made anew.
    await using executor = new InlineExecutor({ fail });
    await executor.submit("fail", []).catch((sent: unknown) =>
      console.log(inspect(error).split("\n")[0], sent instanceof Class)
    );
  }
}

async function all(): Promise<void> {
  const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
  await run(main, { loopFactory });
  const stuck = async () => await new Queue().get();
  await run(stuck, { loopFactory }).catch((error) =>
    console.log(error.message)
  );
  await run(async () => {
    await using executor = new WorkerExecutor<{ f(): void }>(
      "data:text/javascript,",
    );
    await executor.submit("f", []).catch((error) =>
      console.log((error as Error).message)
    );
  });
}

all();
