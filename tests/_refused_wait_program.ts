/**
 * Whether the error of a wait that is refused has the frame of its caller, on any host and in
 * both styles. Prints a line for each.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import {
  type Coro,
  createTask,
  EventLoop,
  type Future,
  gather,
  Queue,
  run,
  sleep,
  StreamReader,
} from "../mod.ts";

/** Calls what is refused in a function that has a name. */
async function caller(refused: () => Promise<unknown>): Promise<void> {
  await refused();
}

async function show(what: string, outcome: () => Promise<unknown>) {
  try {
    await outcome();
    console.log(`${what}: no error`);
  } catch (error) {
    const { message, stack } = error as Error;
    const where = stack!.includes("caller") ? "its caller" : "no place";
    console.log(`${what}: ${message.split(":")[0]}: ${where}`);
  }
}

const refuse = (what: string, refused: () => Promise<unknown>) =>
  show(what, () => caller(refused));

await refuse("outside", async () => await sleep(1));
await refuse("outside, beside", async () => await Promise.all([sleep(1)]));

const other = new EventLoop();
const foreign: Future<void> = other.createFuture();

await run(async () => {
  await refuse("twice", async () => {
    const coroutine = sleep(0);
    await coroutine;
    await coroutine;
  });
  await refuse("foreign", async () => await foreign);
  await refuse("queue", async () => {
    const queue = new Queue<number>();
    queue.shutdown();
    await queue.get();
  });
  await refuse("reader", async () => {
    const reader = new StreamReader();
    const first = createTask(reader.read());
    await sleep(0);
    try {
      await reader.read();
    } finally {
      first.cancel();
      await gather([first], { returnExceptions: true });
    }
  });
});

/** Takes a place on the stack, as the async function of that name does. */
function inGenerator(refused: () => Coro<unknown>): () => Promise<unknown> {
  function* caller(): Coro<void> {
    yield* refused();
  }
  return () => run(caller);
}

await show(
  "twice",
  inGenerator(function* () {
    const coroutine = sleep(0);
    yield* coroutine;
    yield* coroutine;
  }),
);
await show(
  "foreign",
  inGenerator(() => foreign[Symbol.iterator]() as Coro<void>),
);
await show(
  "queue",
  inGenerator(function* () {
    const queue = new Queue<number>();
    queue.shutdown();
    yield* queue.get();
  }),
);
await show(
  "reader",
  inGenerator(function* () {
    const reader = new StreamReader();
    const first = createTask(reader.read());
    yield* sleep(0);
    try {
      yield* reader.read();
    } finally {
      first.cancel();
      yield* gather([first], { returnExceptions: true });
    }
  }),
);
foreign.cancel();
other.close();
