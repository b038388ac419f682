/**
 * Words of the random async functions: those that call one or two others, in the task itself.
 *
 * @module
 */
import {
  coroutine,
  fromSignal,
  getRunningLoop,
  interruptible,
  iterate,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  waitFor,
} from "../mod.ts";
import { setImmediate } from "node:timers";
import { guarded } from "./_cancel_words_cleanups.ts";
import { ignore, LONG, type Words } from "./_cancel_words.ts";
import { deep } from "./_microtasks.ts";

/** Functions that call one other. */
export const AROUND_ONE: Words = {
  timeout: (_probe, first) => timeout(LONG, first),
  timeoutAt: (_probe, first) =>
    timeoutAt(getRunningLoop().time() + LONG, first),
  rescheduling: (_probe, first) =>
    timeout(0, async (scope) => {
      scope.reschedule(undefined);
      await first();
      scope.reschedule(getRunningLoop().time() + LONG);
      await sleep(0);
    }),
  group: (_probe, first) => taskGroup(first),
  groupSignal: (_probe, first) =>
    taskGroup(async (group) => {
      void group.signal;
      await first();
    }),
  scopeSignal: (_probe, first) =>
    timeout(LONG, async (scope) => {
      void scope.signal;
      await first();
    }),
  abortable: (_probe, first) =>
    taskGroup(first, { signal: new AbortController().signal }),
  waitFor: (_probe, first) => waitFor(first, LONG),
  waitForSignal: (_probe, first) =>
    waitFor(first, LONG, { signal: new AbortController().signal }),
  fromSignal: (_probe, first) => fromSignal(first),
  coroutine: (_probe, first) =>
    coroutine(function* () {
      yield* sleep(0);
      yield* coroutine(first)();
    })(),
  abandon: (_probe, first) => timeout(LONG, first, { abandon: true }),
  chain: (_probe, first) => first().then(() => sleep(0)).then(() => sleep(0)),
  thenFinally: (_probe, first) => first().finally(() => sleep(1)),
  async disposal(_probe, first) {
    await using _ = {
      async [Symbol.asyncDispose]() {
        await sleep(0);
        await sleep(1);
      },
    };
    await first();
  },
  async stack(_probe, first) {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => sleep(1));
    stack.defer(() => deep(3, () => sleep(0)));
    await first();
  },
  async source(_probe, first) {
    for await (const _ of delegated(first));
  },
  async leftSource(_probe, first) {
    for await (const _ of delegated(first)) break;
  },
  async inLoop(_probe, first) {
    for await (const _ of ticks()) await first();
  },
  async iterated(_probe, first) {
    for await (const _ of iterate(delegated(first)));
  },
  backAndForth: (_probe, first) =>
    coroutine(async () => {
      await coroutine(function* () {
        yield* coroutine(async () => {
          await coroutine(function* () {
            yield* coroutine(first)();
          })();
        })();
      })();
    })(),
  helper: (_probe, first) => ignore(first()),
  deep: (_probe, first) => deep(6, first),
  branch: (_probe, first) =>
    new Promise<void>((resolve, reject) =>
      setImmediate(() => first().then(resolve, reject))
    ),
  microtaskBranch: (_probe, first) =>
    new Promise<void>((resolve, reject) =>
      queueMicrotask(() => first().then(resolve, reject))
    ),
  thenHost: (probe, first) => probe.host().then(first),
  ensured: (_probe, first) => interruptible(first()),
  generatorScopes: (_probe, first) =>
    coroutine(function* () {
      yield* timeout(LONG, function* () {
        yield* taskGroup(function* () {
          yield* coroutine(first)();
        });
      });
    })(),
};

/** Functions that call two others. */
export const AROUND_TWO: Words = {
  async sequence(_probe, first, second) {
    await first();
    await second();
  },
  all: (_probe, first, second) => Promise.all([first(), second()]),
  race: (_probe, first, second) => Promise.race([first(), second()]),
  any: (_probe, first, second) => Promise.any([first(), second()]),
  async allSettled(_probe, first, second) {
    for (const end of await Promise.allSettled([first(), second()])) {
      if (end.status === "rejected") throw end.reason;
    }
  },
  async early(_probe, first, second) {
    const begun = first();
    await second();
    await begun;
  },
  async finally(_probe, first, second) {
    try {
      await first();
    } finally {
      // A clean-up that begins with the host may be cancelled once more.
      await sleep(0);
      await second();
    }
  },
  async inTurn(_probe, first, second) {
    for await (const _ of [first(), second()]);
  },
  scopes: (_probe, first, second) =>
    Promise.all([timeout(LONG, first), taskGroup(second)]),
  guardedHelper: (probe, first, second) =>
    ignore(guarded(probe, first, second)),
};

/**
 * What goes on after its task has ended. The end of a task is a cancel too: in a task that
 * ends by itself, the sweep's own may be the second one.
 */
export const LEFT_BEHIND: ReadonlySet<string> = new Set([
  "helper",
  "guardedHelper",
  "early",
  "inTurn",
]);

async function* delegated(work: () => Promise<void>): AsyncGenerator<void> {
  yield* inner();
  await sleep(0);

  async function* inner(): AsyncGenerator<void> {
    try {
      yield await work();
    } finally {
      await sleep(0);
    }
  }
}

async function* ticks(): AsyncGenerator<void> {
  try {
    yield;
    await sleep(1);
    yield;
  } finally {
    await sleep(0);
    await sleep(1);
  }
}
