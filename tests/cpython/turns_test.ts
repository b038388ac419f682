/**
 * How many loop turns lie between a cause and its effect: what the order of
 * interleaved tasks rests on. Measured in CPython 3.13.0 and 3.14.2, which agree.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  asCompleted,
  Barrier,
  Condition,
  type Coro,
  createTask,
  Event,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  Semaphore,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../../mod.ts";
import { runVirtual } from "./_both.ts";

/** Counts turns from the cause on; `effect` may be passed as a callback. */
class Stopwatch {
  #turn = 0;
  #cause = 0;
  turns: number | undefined;

  readonly tick = (): void => {
    this.#turn++;
    if (this.turns === undefined) getRunningLoop().callSoon(this.tick);
  };

  readonly cause = (): void => {
    this.#cause = this.#turn;
  };

  readonly effect = (): void => {
    this.turns = this.#turn - this.#cause;
  };
}

type Program = (watch: Stopwatch) => Coro<unknown>;

function done<T>(value: T): Future<T> {
  const future = new Future<T>();
  future.setResult(value);
  return future;
}

/** A task that ends with the cause, two turns from now. */
function ending(watch: Stopwatch): Task<void> {
  return createTask(function* () {
    yield* sleep(0);
    watch.cause();
  });
}

function failing(watch: Stopwatch): () => Coro<void> {
  return function* () {
    yield* sleep(0);
    watch.cause();
    throw new Error("a child failed");
  };
}

/** Notes the effect after `awaitable`, be it a result or an error. */
function* effectAfter(
  watch: Stopwatch,
  awaitable: Iterable<unknown>,
): Coro<void> {
  try {
    yield* awaitable as Coro<unknown>;
  } catch {
    // Its time is all that counts here.
  }
  watch.effect();
}

/** Lets a new task wait by `waitOn`, then makes it go on by `wake`. */
function* wakeOne(
  watch: Stopwatch,
  waitOn: Coro<unknown>,
  wake: () => void,
): Coro<void> {
  const waiter = createTask(effectAfter(watch, waitOn));
  yield* sleep(0);
  watch.cause();
  wake();
  yield* waiter;
}

const TURNS: [what: string, turns: number, program: Program][] = [
  ["callSoon(callback) -> callback", 1, function* (watch) {
    watch.cause();
    getRunningLoop().callSoon(watch.effect);
    yield* sleep(0);
  }],
  ["callLater(0, callback) -> callback", 1, function* (watch) {
    watch.cause();
    getRunningLoop().callLater(0, watch.effect);
    yield* sleep(0);
  }],
  ["sleep(0) -> continues", 1, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, sleep(0));
  }],
  ["wait for a done future -> continues", 0, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, done(1));
  }],
  ["wait for a done task -> continues", 0, function* (watch) {
    const task = createTask(sleep(0));
    yield* task;
    watch.cause();
    yield* effectAfter(watch, task);
  }],
  ["addDoneCallback() on a done future -> callback", 1, function* (watch) {
    watch.cause();
    done(1).addDoneCallback(watch.effect);
    yield* sleep(0);
  }],
  ["setResult() -> waiting task continues", 1, function* (watch) {
    const future = new Future<void>();
    yield* wakeOne(watch, future as never, () => future.setResult());
  }],
  ["createTask() -> first step", 1, function* (watch) {
    watch.cause();
    yield* createTask(function* () {
      watch.effect();
    });
  }],
  ["task ends -> its awaiter continues", 1, function* (watch) {
    yield* effectAfter(watch, ending(watch));
  }],
  ["last child ends -> awaiter of gather()", 2, function* (watch) {
    yield* effectAfter(watch, gather(done(1), ending(watch)));
  }],
  ["last child ends -> awaiter of wait()", 2, function* (watch) {
    yield* effectAfter(watch, wait([ending(watch)]));
  }],
  ["child ends -> awaiter of shield()", 2, function* (watch) {
    yield* effectAfter(watch, shield(ending(watch)));
  }],
  ["last child ends -> after a taskGroup()", 2, function* (watch) {
    yield* taskGroup(function* (group): Coro<void> {
      group.createTask(function* () {
        yield* sleep(0);
        watch.cause();
      });
    });
    watch.effect();
  }],
  ["child ends -> awaiter of an asCompleted() item", 2, function* (watch) {
    for (const item of asCompleted([ending(watch)])) {
      yield* effectAfter(watch, item);
    }
  }],
  ["gather() of done futures -> continues", 0, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, gather(done(1), done(2)));
  }],
  ["wait() for a done future -> continues", 2, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, wait([done(1)]));
  }],
  ["shield() of a done future -> continues", 0, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, shield(done(1)));
  }],
  ["waitFor(coroutine, 10), which ends -> continues", 0, function* (watch) {
    yield* waitFor(function* (): Coro<void> {
      yield* sleep(0);
      watch.cause();
    }, 10);
    watch.effect();
  }],
  ["waitFor(task, 10), which ends -> continues", 1, function* (watch) {
    yield* effectAfter(watch, waitFor(ending(watch), 10));
  }],
  ["child throws -> the handler after a taskGroup()", 2, function* (watch) {
    yield* effectAfter(
      watch,
      taskGroup(function* (group): Coro<void> {
        group.createTask(failing(watch));
        yield* sleep(10);
      }),
    );
  }],
  ["empty taskGroup() -> continues", 0, function* (watch) {
    watch.cause();
    yield* effectAfter(watch, taskGroup(function* () {}));
  }],
  ["cancel() of a task in sleep() -> it sees it", 1, function* (watch) {
    const task = createTask(effectAfter(watch, sleep(10)));
    yield* sleep(0);
    watch.cause();
    task.cancel();
    yield* task;
  }],
  ["cancel() of a task at a future -> it sees it", 1, function* (watch) {
    const task = createTask(effectAfter(watch, new Future()));
    yield* sleep(0);
    watch.cause();
    task.cancel();
    yield* task;
  }],
  ["cancel() of a task in sleep() -> its awaiter", 2, function* (watch) {
    const task = createTask(sleep(10));
    const awaiter = createTask(effectAfter(watch, task));
    yield* sleep(0);
    watch.cause();
    task.cancel();
    yield* awaiter;
  }],
  ["cancel() before the first step -> its awaiter", 2, function* (watch) {
    watch.cause();
    const task = createTask(sleep(10));
    task.cancel();
    yield* effectAfter(watch, task);
  }],
  ["outer.cancel() -> the inner task sees it", 1, function* (watch) {
    const inner = createTask(effectAfter(watch, new Future()));
    yield* cancelOuter(watch, inner, () => {});
  }],
  ["outer.cancel() -> the outer task sees it", 2, function* (watch) {
    const inner = createTask(function* () {
      yield* new Future();
    });
    yield* cancelOuter(watch, inner, watch.effect);
  }],
  ["outer.cancel() -> the outer task's awaiter", 3, function* (watch) {
    const inner = createTask(function* () {
      yield* new Future();
    });
    yield* cancelOuter(watch, inner, () => {}, watch.effect);
  }],
  ["Lock.release() -> waiter continues", 1, function* (watch) {
    const lock = new Lock();
    yield* lock.acquire();
    yield* wakeOne(watch, lock.acquire() as never, () => lock.release());
  }],
  ["Semaphore.release() -> waiter continues", 1, function* (watch) {
    const semaphore = new Semaphore(0);
    const acquired = semaphore.acquire() as never;
    yield* wakeOne(watch, acquired, () => semaphore.release());
  }],
  ["Event.set() -> waiter continues", 1, function* (watch) {
    const event = new Event();
    yield* wakeOne(watch, event.wait() as never, () => event.set());
  }],
  ["Condition.notify() and release -> waiter", 1, function* (watch) {
    const condition = new Condition();
    const waiter = createTask(function* () {
      using _ = yield* condition.acquire();
      yield* condition.wait();
      watch.effect();
    });
    yield* sleep(0);
    yield* condition.acquire();
    watch.cause();
    condition.notify();
    condition.release();
    yield* waiter;
  }],
  ["Queue.putNowait() -> waiter continues", 1, function* (watch) {
    const queue = new Queue<number>();
    yield* wakeOne(watch, queue.get() as never, () => queue.putNowait(1));
  }],
  ["last Barrier.wait() -> itself", 0, function* (watch) {
    const barrier = new Barrier(2);
    const other = createTask(barrier.wait());
    yield* sleep(0);
    watch.cause();
    yield* effectAfter(watch, barrier.wait());
    yield* other;
  }],
  ["last Barrier.wait() -> another waiter", 1, function* (watch) {
    const barrier = new Barrier(2);
    const other = createTask(effectAfter(watch, barrier.wait()));
    yield* sleep(0);
    watch.cause();
    yield* barrier.wait();
    yield* other;
  }],
  ["timeout(0) round a long wait -> the error outside", 2, function* (watch) {
    watch.cause();
    yield* effectAfter(
      watch,
      timeout(0, function* () {
        yield* sleep(10);
      }),
    );
  }],
];

/** Cancels a task that waits for `inner`, and waits for its end. */
function* cancelOuter(
  watch: Stopwatch,
  inner: Task<unknown>,
  onSeen: () => void,
  onEnd: () => void = () => {},
): Coro<void> {
  const outer = createTask(function* () {
    try {
      yield* inner;
    } finally {
      onSeen();
    }
  });
  const awaiter = createTask(function* () {
    try {
      yield* outer;
    } catch {
      // Cancelled, or the inner task's result: either way it has ended.
    }
    onEnd();
  });
  yield* sleep(0);
  watch.cause();
  outer.cancel();
  yield* awaiter;
}

for (const [what, turns, program] of TURNS) {
  Deno.test(`loop turns: ${what}`, async () => {
    const watch = new Stopwatch();
    await runVirtual(function* () {
      getRunningLoop().callSoon(watch.tick);
      yield* sleep(0);
      yield* createTask(program(watch));
    });
    assertEquals(watch.turns, turns);
  });
}
