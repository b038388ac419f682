/**
 * A scope acts on its own body alone: not on what stands beside it, nor on what a callback
 * of the host has begun.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  CancelledError,
  ContextVar,
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";
import { collectGarbage } from "./cpython/_garbage.ts";
import { hostTurns } from "./_host_turns.ts";

type Work = () => Promise<unknown>;

/** Scopes that end their body after a second. */
const SCOPES: Readonly<Record<string, (work: Work) => PromiseLike<unknown>>> = {
  "timeout()": (work) => timeout(1, work),
  "timeout() of a generator": (work) =>
    timeout(1, function* () {
      return yield* waitFor(work, undefined);
    }),
  "timeoutAt()": (work) => timeoutAt(getRunningLoop().time() + 1, work),
  "waitFor()": (work) => waitFor(work, 1),
  "waitFor() of a plain function": (work) => waitFor(() => work(), 1),
  "taskGroup()": (work) =>
    taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(1);
        throw new Error("a task of the group");
      });
      await work();
    }),
  "taskGroup() that is cancelled": (work) =>
    taskGroup(async (group) => {
      getRunningLoop().callLater(1, () => group.cancel());
      await work();
    }),
  "the signal of waitFor()": (work) => {
    const controller = new AbortController();
    getRunningLoop().callLater(1, () => controller.abort());
    return waitFor(work, undefined, { signal: controller.signal });
  },
  "the signal of taskGroup()": (work) => {
    const controller = new AbortController();
    getRunningLoop().callLater(1, () => controller.abort());
    return taskGroup(work, { signal: controller.signal });
  },
};

for (const [name, enter] of Object.entries(SCOPES)) {
  Deno.test(`${name} leaves what stands beside it alone`, async () => {
    await runVirtual(async () => {
      const log: string[] = [];
      const slow = async (): Promise<void> => {
        try {
          await sleep(3);
        } finally {
          log.push(`left at ${getRunningLoop().time()}`);
        }
      };
      await Promise.allSettled([
        enter(slow),
        timeout(5, slow),
        (async () => {
          await sleep(2);
          await sleep(2);
          log.push("beside it");
        })(),
      ]);
      assertEquals(log, ["left at 1", "left at 3", "beside it"]);
      assertEquals(currentTask()!.cancelling(), 0);
      await sleep(1);
    });
  });

  Deno.test(`${name} in a callback of the host leaves main alone`, async () => {
    await run(async () => {
      let left = false;
      const body = async (): Promise<void> => {
        try {
          await sleep(20);
        } finally {
          left = true;
        }
      };
      const ended = new Promise<void>((resolve) =>
        setTimeout(() => {
          Promise.resolve(enter(body)).catch(() => {}).then(() => resolve());
        }, 1)
      );
      await sleep(1.2);
      await ended;
      assert(left);
    });
  });

  Deno.test(`${name} ends a body after a promise of the host`, async () => {
    await runVirtual(async () => {
      await Promise.resolve(enter(async () => {
        await hostTurns();
        await sleep(20);
      })).catch(() => {});
      assertEquals(getRunningLoop().time(), 1);
    });
  });
}

Deno.test("scopes that expire in the same turn each throw their TimeoutError", async () => {
  await runVirtual(async () => {
    const ends = await Promise.allSettled([
      timeout(1, async () => await sleep(9)),
      timeout(1, async () => await sleep(9)),
    ]);
    for (const end of ends) {
      assertInstanceOf((end as PromiseRejectedResult).reason, TimeoutError);
    }
  });
});

Deno.test("an outer scope ends all scopes inside of it, and alone throws", async () => {
  await runVirtual(async () => {
    const inner: unknown[] = [];
    const error = await Promise.resolve(timeout(1, async () => {
      await Promise.allSettled([
        timeout(5, async () => await sleep(9)),
        timeout(5, async () => await sleep(9)),
      ].map((scope) =>
        scope.then(undefined, (error) => {
          inner.push((error as Error).name);
          throw error;
        })
      ));
      await sleep(0);
    })).catch((error: unknown) => error);
    assertEquals(inner, ["CancelledError", "CancelledError"]);
    assertEquals(getRunningLoop().time(), 1);
    assert(error === undefined || error instanceof TimeoutError);
  });
});

Deno.test("task.cancel() ends all that its async functions have begun", async () => {
  await runVirtual(async () => {
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      try {
        await sleep(9);
      } finally {
        log.push(name);
      }
    };
    const task = createTask(async () => {
      void work("a helper")().catch(() => {});
      await Promise.all([
        timeout(5, work("a scope")),
        work("a branch")(),
      ]);
    });
    await sleep(1);
    task.cancel();
    await wait([task]);
    assert(task.cancelled());
    assertEquals(log.sort(), ["a branch", "a helper", "a scope"]);
    assertEquals(getRunningLoop().time(), 1);
  });
});

Deno.test("a callback of the host may wait for the task that has set it up", async () => {
  const result = await run(async () => {
    const task = createTask(async () => {
      const self = currentTask()!;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      setTimeout(async () => resolve(await self), 1);
      await sleep(0.02);
      return [promise];
    });
    const [promise] = await task;
    return (await promise) === task.result();
  });
  assert(result);
});

Deno.test("scope.signal aborts with the scope, and with those round it", async () => {
  await runVirtual(async () => {
    const signals: AbortSignal[] = [];
    await Promise.resolve(timeout(2, async (outer) => {
      await Promise.resolve(timeout(1, async (inner) => {
        signals.push(outer.signal, inner.signal);
        await sleep(9);
      })).catch(() => {});
      assertEquals(signals.map((signal) => signal.aborted), [false, true]);
      await taskGroup(async (group) => {
        signals.push(group.signal);
        await sleep(9);
      });
    })).catch(() => {});
    assertEquals(signals.map((signal) => signal.aborted), [true, true, true]);
    assert(!currentTask()!.signal.aborted);
  });
});

Deno.test("what nobody awaits ends with its task, whose end waits for its clean-up", async () => {
  await runVirtual(async () => {
    const log: string[] = [];
    const task = createTask(async () => {
      void (async () => {
        try {
          await sleep(9);
        } finally {
          await sleep(1);
          log.push("cleaned up");
        }
      })().catch(() => {});
      await sleep(1);
      return "result";
    });
    assertEquals(await task, "result");
    assertEquals([log, getRunningLoop().time()], [["cleaned up"], 2]);
  });
});

Deno.test("what waits on after its task has ended is cancelled at the end of run()", async () => {
  const log: string[] = [];
  await run(async () => {
    await createTask(async () => {
      await sleep(0);
      setTimeout(async () => {
        try {
          await sleep(60);
        } catch {
          await sleep(0.001);
          log.push("cleaned up");
        }
      }, 1);
    });
    await sleep(0.01);
  });
  assertEquals(log, ["cleaned up"]);
});

Deno.test("what a task leaves running keeps its context variables, its name and its loop, and not its result", async () => {
  const variable = new ContextVar<string>("request");
  const seen: unknown[] = [];
  let goOn!: () => void;
  const host = new Promise<void>((resolve) => goOn = resolve);
  await run(async () => {
    const loop = getRunningLoop();
    let result: WeakRef<object>;
    await (async () => {
      const task = createTask(() => {
        variable.set("seven");
        void (async () => {
          await host;
          seen.push(variable.get(), currentTask()?.getName());
          seen.push(currentTask()?.done(), getRunningLoop() === loop);
          await sleep(0);
          seen.push(
            variable.get(),
            await createTask(() => Promise.resolve(variable.get())),
          );
        })();
        return Promise.resolve({ large: "result" });
      }, { name: "handler" });
      result = new WeakRef(await task);
    })();
    await collectGarbage();
    assertEquals(result!.deref(), undefined);
    goOn();
    await sleep(0.01);
  });
  assertEquals(seen, ["seven", "handler", true, true, "seven", "seven"]);
});

for (const [name, scope] of Object.entries(SCOPES)) {
  Deno.test(`what a body leaves at the host belongs to what is round its scope: ${name}`, async () => {
    let helper: Promise<unknown> = Promise.resolve();
    await runVirtual(async () => {
      const outer = createTask(async () => {
        let goOn!: () => void;
        const host = new Promise<void>((resolve) => goOn = resolve);
        await Promise.resolve(scope(() => {
          helper = (async () => {
            await host;
            await sleep(100);
          })();
          return Promise.resolve();
        })).catch(() => {});
        goOn();
        await sleep(5);
      });
      await wait([outer], { timeout: 3 });
      outer.cancel();
      await wait([outer]);
    });
    await assertRejects(() => helper, CancelledError);
  });
}
