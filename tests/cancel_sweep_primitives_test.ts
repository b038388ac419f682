/**
 * Cancels tasks in every primitive and scope, everywhere: no permit, item, notification
 * or wake-up gets lost, no cancel is swallowed, nothing hangs.
 *
 * @module
 */
import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  asCompleted,
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coro,
  type Coroutine,
  createTask,
  Event,
  firstSuccess,
  fromSignal,
  gather,
  getRunningLoop,
  LifoQueue,
  Lock,
  mapConcurrent,
  PriorityQueue,
  Queue,
  QueueShutDown,
  race,
  Semaphore,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import type { Probe } from "./_cancel_sweep.ts";
import { sweepTest } from "./_sweep_case.ts";

interface Permits {
  acquire(): Coroutine<Disposable>;
  release(): void;
  locked(): boolean;
}

const PERMITS: readonly [string, () => Permits][] = [
  ["Lock", () => new Lock()],
  ["Semaphore", () => new Semaphore(1)],
  ["BoundedSemaphore", () => new BoundedSemaphore(1)],
  ["Condition's lock", () => new Condition()],
];

for (const [name, make] of PERMITS) {
  sweepTest(`${name}.acquire() under await`, (probe) => {
    const permits = make();
    let inside = 0;
    async function work() {
      using _ = await permits.acquire();
      using _section = probe.enter("inside");
      assertEquals(++inside, 1);
      try {
        await sleep(0);
        await sleep(1);
      } finally {
        inside--;
      }
    }
    return {
      tasks: { first: work, second: work, third: work },
      check: () => assertFalse(permits.locked()),
    };
  });

  sweepTest(`${name}.acquire() under yield*`, (probe) => {
    const permits = make();
    let inside = 0;
    function* work(): Coro<void> {
      using _ = yield* permits.acquire();
      using _section = probe.enter("inside");
      assertEquals(++inside, 1);
      try {
        yield* sleep(0);
        yield* sleep(1);
      } finally {
        inside--;
      }
    }
    return {
      tasks: { first: work, second: work, third: work },
      check: () => assertFalse(permits.locked()),
    };
  });

  sweepTest(`${name}.release() by hand`, () => {
    const permits = make();
    async function work() {
      await permits.acquire();
      try {
        await sleep(0);
      } finally {
        permits.release();
      }
    }
    return {
      tasks: { first: work, second: work, third: work },
      check: () => assertFalse(permits.locked()),
    };
  });
}

sweepTest("Semaphore(2)", () => {
  const permits = new Semaphore(2);
  async function work() {
    using _ = await permits.acquire();
    await sleep(1);
  }
  return {
    tasks: { a: work, b: work, c: work, d: work },
    async check() {
      using _one = await permits.acquire();
      using _two = await permits.acquire();
      assert(permits.locked());
    },
  };
});

sweepTest("Event.wait()", () => {
  const event = new Event();
  let woken = 0;
  return {
    tasks: {
      async first() {
        await event.wait();
        woken++;
      },
      *second() {
        yield* event.wait();
        woken++;
      },
      async setter() {
        await sleep(1);
        event.set();
      },
    },
    victims: ["first", "second"],
    check: () => assert(event.isSet() && woken >= 1),
  };
});

sweepTest("Condition.wait()", (probe) => {
  const condition = new Condition();
  const tokens = { left: 0, taken: 0 };
  async function take() {
    using _ = await condition.acquire();
    using _section = probe.enter("inside");
    try {
      await timeout(100, async () => {
        while (tokens.left === 0) await condition.wait();
        tokens.left--;
        tokens.taken++;
      });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
  return {
    tasks: {
      first: take,
      second: take,
      async giver() {
        await sleep(1);
        using _ = await condition.acquire();
        tokens.left++;
        condition.notify();
        await sleep(0);
      },
    },
    victims: ["first", "second"],
    check() {
      // Whoever was cancelled, the other one took it.
      assertEquals(tokens, { left: 0, taken: 1 });
      assertFalse(condition.locked());
    },
  };
});

sweepTest("Condition.waitFor() in generators", (probe) => {
  const condition = new Condition();
  const tokens = { left: 0, taken: 0 };
  function* take(): Coro<void> {
    using _ = yield* condition.acquire();
    using _section = probe.enter("inside");
    try {
      yield* timeout(100, function* () {
        yield* condition.waitFor(() => tokens.left > 0);
        tokens.left--;
        tokens.taken++;
      });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
  return {
    tasks: {
      first: take,
      second: take,
      *giver() {
        yield* sleep(1);
        using _ = yield* condition.acquire();
        tokens.left++;
        condition.notify();
        yield* sleep(0);
      },
    },
    victims: ["first", "second"],
    check() {
      assertEquals(tokens, { left: 0, taken: 1 });
      assertFalse(condition.locked());
    },
  };
});

sweepTest("Barrier.wait()", () => {
  const barrier = new Barrier(2);
  let through = 0;
  async function pass() {
    await barrier.wait();
    through++;
  }
  return {
    tasks: {
      first: pass,
      second: pass,
      // Stands in for whoever was cancelled.
      async filler() {
        await sleep(1);
        try {
          await waitFor(barrier.wait(), 100);
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
      },
    },
    victims: ["first", "second"],
    async check() {
      assert(through >= 1);
      assertFalse(barrier.broken);
      assertEquals(barrier.nWaiting, 0);
      const places = await gather(barrier.wait(), barrier.wait());
      assertEquals(new Set(places), new Set([0, 1]));
    },
  };
});

const QUEUES: readonly [string, (maxsize: number) => Queue<number>][] = [
  ["Queue", (maxsize) => new Queue(maxsize)],
  ["LifoQueue", (maxsize) => new LifoQueue(maxsize)],
  ["PriorityQueue", (maxsize) => new PriorityQueue(maxsize)],
];

for (const [name, make] of QUEUES) {
  sweepTest(`${name}.get()`, () => {
    const queue = make(0);
    const got: number[] = [];
    async function take() {
      try {
        got.push(await waitFor(queue.get(), 100));
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    }
    return {
      tasks: {
        first: take,
        second: take,
        async giver() {
          await sleep(1);
          queue.putNowait(7);
        },
      },
      victims: ["first", "second"],
      check() {
        assertEquals(got, [7]);
        assertEquals(queue.qsize(), 0);
      },
    };
  });

  sweepTest(`${name}.get() in generators`, () => {
    const queue = make(0);
    const got: number[] = [];
    function* take(): Coro<void> {
      got.push(yield* queue.get());
    }
    return {
      tasks: {
        first: take,
        second: take,
        *giver() {
          yield* sleep(1);
          queue.putNowait(1);
          queue.putNowait(2);
        },
      },
      victims: ["first", "second"],
      check() {
        const left: number[] = [];
        while (!queue.empty()) left.push(queue.getNowait());
        assertEquals([...got, ...left].sort(), [1, 2]);
        assert(left.length <= 1);
      },
    };
  });

  sweepTest(`${name}.put() into a full queue`, () => {
    const queue = make(1);
    const put: number[] = [];
    const got: number[] = [];
    const give = (items: number[]) => async () => {
      for (const item of items) {
        await queue.put(item);
        put.push(item);
      }
    };
    return {
      tasks: {
        first: give([1, 2]),
        second: give([3, 4]),
        async taker() {
          for (;;) {
            try {
              got.push(await waitFor(queue.get(), 100));
            } catch (error) {
              if (error instanceof TimeoutError) return;
              throw error;
            }
          }
        },
      },
      victims: ["first", "second"],
      check: () => assertEquals(got.sort(), put.sort()),
    };
  });

  sweepTest(`${name}.join()`, () => {
    const queue = make(0);
    queue.putNowait(1);
    queue.putNowait(2);
    let joined = 0;
    async function join() {
      await queue.join();
      joined++;
    }
    return {
      tasks: {
        first: join,
        second: join,
        async worker() {
          for (let i = 0; i < 2; i++) {
            await queue.get();
            await sleep(1);
            queue.taskDone();
          }
        },
      },
      victims: ["first", "second"],
      check: () => assert(joined >= 1),
    };
  });

  sweepTest(`${name}, iterated until its shutdown,`, () => {
    const queue = make(1);
    const put: number[] = [];
    const got: number[] = [];
    async function take() {
      for await (const item of queue) {
        got.push(item);
        await sleep(1);
      }
    }
    return {
      tasks: {
        first: take,
        second: take,
        async giver() {
          for (const item of [1, 2, 3]) {
            await queue.put(item);
            put.push(item);
          }
          queue.shutdown();
        },
      },
      victims: ["first", "second"],
      check: () => assertEquals(got.sort(), put.sort()),
    };
  });
}

sweepTest("Queue.shutdown() with waiters", () => {
  const queue = new Queue<number>(1);
  async function expectShutdown(work: () => Coroutine<unknown>) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
    }
  }
  return {
    tasks: {
      first: () => expectShutdown(() => queue.get()),
      second: () => expectShutdown(() => queue.get()),
      async closer() {
        await sleep(1);
        queue.shutdown();
      },
    },
    victims: ["first", "second"],
  };
});

sweepTest("timeout() that is in time", (probe) => ({
  tasks: {
    async victim() {
      await timeout(100, async () => {
        using _ = probe.enter("body");
        await sleep(1);
      });
    },
    *victim2() {
      yield* timeout(100, function* () {
        using _ = probe.enter("body");
        yield* sleep(1);
      });
    },
  },
}));

sweepTest("timeout() that expires", (probe) => ({
  tasks: {
    async victim() {
      try {
        await timeout(1, async () => {
          using _ = probe.enter("body");
          try {
            await sleep(100);
          } finally {
            await sleep(1);
          }
        });
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
      await sleep(1);
    },
    *victim2() {
      try {
        yield* timeout(1, function* () {
          using _ = probe.enter("body");
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(1);
          }
        });
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
      yield* sleep(1);
    },
  },
}));

for (const limit of [undefined, 1]) {
  sweepTest(`taskGroup() with limit ${limit}`, (probe) => {
    let running = 0;
    async function child() {
      using _ = probe.enter("child");
      running++;
      try {
        await sleep(1);
      } finally {
        await sleep(0);
        running--;
      }
    }
    return {
      tasks: {
        async victim() {
          await taskGroup(async (group) => {
            using _ = probe.enter("body");
            group.createTask(child);
            group.createTask(child);
            await sleep(2);
          }, { limit });
        },
      },
      // A second cancel may cut the clean-up short, but never leave one behind.
      check: () => void running,
    };
  });

  sweepTest(`taskGroup() with limit ${limit} in generators`, (probe) => ({
    tasks: {
      *victim() {
        yield* taskGroup(function* (group) {
          using _ = probe.enter("body");
          for (let i = 0; i < 2; i++) {
            group.createTask(function* () {
              using _ = probe.enter("child");
              yield* sleep(1);
            });
          }
          yield* sleep(0);
        }, { limit });
      },
    },
  }));
}

sweepTest("taskGroup() that is ended by cancel()", (probe) => ({
  tasks: {
    async victim() {
      await taskGroup(async (group) => {
        group.createTask(async () => {
          using _ = probe.enter("child");
          await sleep(100);
        });
        await sleep(1);
        group.cancel();
        await sleep(100);
      });
      await sleep(1);
    },
  },
}));

sweepTest("gather()", (probe) => {
  async function child() {
    using _ = probe.enter("child");
    await sleep(1);
  }
  return {
    tasks: {
      async victim() {
        await gather(child, child);
      },
      *victim2() {
        yield* gather(child, child);
      },
    },
  };
});

sweepTest("wait()", () => ({
  tasks: {
    async victim() {
      const tasks = [createTask(sleep(1)), createTask(sleep(2))];
      await wait(tasks, { timeout: 1.5 });
      await wait(tasks);
    },
    *victim2() {
      const tasks = [createTask(sleep(1)), createTask(sleep(2))];
      yield* wait(tasks, { timeout: 1.5 });
      yield* wait(tasks);
    },
  },
}));

sweepTest("waitFor() that is in time", (probe) => {
  async function child() {
    using _ = probe.enter("child");
    await sleep(1);
  }
  return {
    tasks: {
      async victim() {
        await waitFor(child, 100);
        await waitFor(createTask(child), 100);
      },
      *victim2() {
        yield* waitFor(child, 100);
        yield* waitFor(createTask(child), 100);
      },
    },
  };
});

sweepTest("shield()", (probe) => {
  let ended = 0;
  async function child() {
    using _ = probe.enter("child");
    await sleep(1);
    ended++;
  }
  return {
    tasks: {
      async victim() {
        const task = createTask(child);
        try {
          await shield(task);
        } finally {
          // Shielded, it goes on.
          if (!task.done()) await shield(task);
        }
      },
    },
    async check() {
      await sleep(10);
      assert(ended <= 1);
    },
  };
});

sweepTest("asCompleted()", () => ({
  tasks: {
    async victim() {
      const tasks = [createTask(sleep(2)), createTask(sleep(1))];
      for await (const task of asCompleted(tasks)) task.result();
    },
    *victim2() {
      const tasks = [createTask(sleep(2)), createTask(sleep(1))];
      for (const next of asCompleted(tasks)) yield* next;
    },
  },
}));

/** Jobs that note how many run, and leave their section. */
function jobs(probe: Probe) {
  let running = 0;
  return {
    async work(seconds: number) {
      using _ = probe.enter(`job ${seconds}`);
      running++;
      try {
        await sleep(seconds);
        return seconds;
      } finally {
        running--;
      }
    },
    check: () => assertEquals(running, 0),
  };
}

sweepTest("gather() with a limit", (probe) => {
  const { work, check } = jobs(probe);
  return {
    tasks: {
      async victim() {
        const list = [1, 2, 3].map((seconds) => () => work(seconds));
        await gather(list, { limit: 2 });
      },
    },
    check,
  };
});

for (const ordered of [true, false]) {
  sweepTest(`mapConcurrent() with ordered ${ordered}`, (probe) => {
    const { work, check } = jobs(probe);
    function* source() {
      using _ = probe.enter("source");
      yield* [2, 1, 3];
    }
    return {
      tasks: {
        async victim() {
          const results: number[] = [];
          const options = { limit: 2, ordered };
          for await (const result of mapConcurrent(source(), work, options)) {
            results.push(result);
            await sleep(1);
          }
          assertEquals(results.length, 3);
        },
      },
      check,
    };
  });
}

for (const [name, combine] of Object.entries({ race, firstSuccess })) {
  sweepTest(`${name}()`, (probe) => {
    const { work, check } = jobs(probe);
    return {
      tasks: {
        async victim() {
          const first = await combine([() => work(2), () => work(1)]);
          assertEquals(first, 1);
        },
        *victim2() {
          const first = yield* combine([() => work(2), () => work(1)]);
          assertEquals(first, 1);
        },
      },
      check,
    };
  });
}

sweepTest("staggeredRace()", (probe) => {
  const { work, check } = jobs(probe);
  return {
    tasks: {
      async victim() {
        await staggeredRace([() => work(5), () => work(1)], 2);
      },
    },
    check,
  };
});

sweepTest("fromSignal()", (probe) => {
  const listeners = new Set<unknown>();
  function answer(signal: AbortSignal) {
    const section = probe.enter("request");
    return new Promise<string>((resolve, reject) => {
      listeners.add(signal);
      const end = () => {
        listeners.delete(signal);
        section[Symbol.dispose]();
      };
      const timer = getRunningLoop().callLater(1, () => {
        end();
        resolve("answer");
      });
      signal.addEventListener("abort", () => {
        timer.cancel();
        end();
        reject(signal.reason);
      }, { once: true });
    });
  }
  return {
    tasks: {
      async victim() {
        assertEquals(await fromSignal(answer), "answer");
      },
      *victim2() {
        assertEquals(yield* fromSignal(answer), "answer");
      },
    },
    check: () => assertEquals(listeners.size, 0),
    // An answer that came in spite of the cancel is handed on.
    mayEnd: (task) => !task.cancelled() && task.exception() === undefined,
  };
});
