/**
 * Waits that an async function still has, or is about to begin, when main has ended.
 *
 * @module
 */
import {
  asCompleted,
  Condition,
  type Coro,
  coroutine,
  createTask,
  currentTask,
  every,
  firstSuccess,
  fromSignal,
  Future,
  gather,
  interruptible,
  iterate,
  Lock,
  mapConcurrent,
  Queue,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  StreamReader,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../mod.ts";
import { TestLoop } from "../testing.ts";

const LONG = 3600;
const long = async () => await sleep(LONG);

async function goOver(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

const WAITS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  "sleep()": () => sleep(LONG),
  "a future": () => new Future(),
  "a second put()": async () => {
    const queue = new Queue<number>(1);
    await queue.put(1);
    await queue.put(2);
  },
  "a lock that it holds": async () => {
    const lock = new Lock();
    await lock.acquire();
    await lock.acquire();
  },
  "a condition": async () => {
    const condition = new Condition();
    using _ = await condition.acquire();
    await condition.wait();
  },
  "a task": () => createTask(long),
  "gather()": () => gather(long, sleep(LONG)),
  "race()": () => race([sleep(LONG), long]),
  "firstSuccess()": () => firstSuccess([long]),
  "staggeredRace()": () => staggeredRace([long], 1),
  "shield()": () => shield(long),
  "wait()": () => wait([createTask(long)]),
  "waitFor() of a function": () => waitFor(long, LONG),
  "waitFor() of a promise": () => waitFor(new Promise(() => {}), LONG),
  "timeout()": () => timeout(LONG, long),
  "timeout() in timeout()": () => timeout(LONG, () => timeout(LONG, long)),
  "the body of taskGroup()": () => taskGroup(long),
  "a task of taskGroup()": () =>
    taskGroup((group) => {
      group.createTask(long);
      return Promise.resolve();
    }),
  "coroutine() of an async function": () => coroutine(long)(),
  "coroutine() of a generator": () =>
    coroutine(function* () {
      yield* sleep(LONG);
    })(),
  "fromSignal()": () =>
    fromSignal((signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      })
    ),
  "interruptible()": () => interruptible(new Promise(() => {})),
  "asCompleted()": () => goOver(asCompleted([sleep(LONG)])),
  "mapConcurrent()": () => goOver(mapConcurrent([1], long, { limit: 1 })),
  "mapConcurrent().collect()": () =>
    mapConcurrent([1], long, { limit: 1 }).collect(),
  "every()": () => goOver(every(LONG)),
  "iterate()": () =>
    goOver(iterate((async function* () {
      await sleep(LONG);
      yield 1;
    })())),
  "StreamReader.lines()": () => goOver(new StreamReader().lines()),
  "Promise.all()": () => Promise.all([sleep(LONG), long()]),
  "functions in functions": async () => {
    await (async () => await (async () => await long())())();
  },
};

type Body = () => Promise<void>;

const ENDS: Readonly<Record<string, () => Promise<void>>> = {
  "returns at once": async () => {},
  "throws at once": () => Promise.reject(new RangeError("main")),
  "returns after a turn": async () => await sleep(0),
  "is cancelled": async () => {
    currentTask()!.cancel();
    await sleep(LONG);
  },
};

const MAINS: Readonly<
  Record<string, (body: Body) => () => Promise<void> | Coro<void>>
> = {
  "an async function": (body) => body,
  "a generator": (body) =>
    function* () {
      yield* coroutine(body)();
    },
  "an async function in a task": (body) => async () => await createTask(body),
};

/** A program whose main ends while a function that nobody awaits waits. */
export interface Forgotten {
  readonly name: string;
  /** Runs it; says what is wrong, nothing if nothing is. */
  check(): Promise<string>;
}

/** All of them. */
export const FORGOTTEN: readonly Forgotten[] = [...cases()];

function* cases(): Generator<Forgotten, void> {
  for (const [main, mainOf] of Object.entries(MAINS)) {
    for (const [how, end] of Object.entries(ENDS)) {
      // A cancel of main that goes by a coroutine may reach clean-ups that are under way.
      if (main === "a generator" && how === "is cancelled") continue;
      for (const [name, waitAt] of Object.entries(WAITS)) {
        yield {
          name: `${main} ${how}: ${name}`,
          check: async () =>
            await leave(waitAt, mainOf, end, true) +
            await leave(waitAt, mainOf, end, false),
        };
      }
    }
  }
}

async function leave(
  waitAt: () => PromiseLike<unknown>,
  mainOf: (body: Body) => () => Promise<void> | Coro<void>,
  end: () => Promise<void>,
  isTimed: boolean,
): Promise<string> {
  const log: string[] = [];
  const forgotten = async () => {
    try {
      await waitAt();
    } finally {
      log.push("left");
      await sleep(0.001);
      await sleep(0);
      log.push("clean");
    }
  };
  const loop = new TestLoop();
  const options = isTimed ? { loopFactory: () => loop } : {};
  await run(
    mainOf(async () => {
      forgotten().catch(() => {});
      await end();
    }),
    options,
  ).catch(() => {});
  const text = log.join(", ");
  const reports = loop.reports.map(({ message }) => message).join("\n");
  return text === "left, clean" && reports === ""
    ? ""
    : `timed by the test: ${isTimed}: "${text}"\n${reports}\n`;
}
