import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Coro,
  coroutine,
  type CoroutineFunction,
  createTask,
  EventLoop,
  type ExceptionContext,
  gather,
  interruptible,
  Lock,
  mapConcurrent,
  Queue,
  run,
  sleep,
  timeout,
  VirtualClock,
} from "../mod.ts";
import { captureErrors } from "./cpython/_both.ts";
import { collectGarbage } from "./cpython/_garbage.ts";

/** Runs `main` in debug mode and virtual time, and gives what was printed as slow. */
async function slowOf(
  main: (busy: (seconds: number) => void) => CoroutineFunction<unknown>,
  debug = true,
): Promise<string[]> {
  const clock = new VirtualClock();
  const program = main((seconds) => clock.advance(seconds));
  const printed = await captureErrors(async () => {
    await run(program, { loopFactory: () => new EventLoop({ clock, debug }) });
  });
  return printed.filter((text) => text.includes("Slow:"));
}

/** The task's name and how long it took, of each report. */
function inShort(texts: string[]): string[] {
  return texts.map((text) => {
    const [, name, seconds] = /name="(\w+)".* took (\S+) seconds$/.exec(text) ??
      [];
    return `${name} ${seconds}`;
  });
}

const places = new RegExp(
  String
    .raw`^asyncio: Slow: <Task .* created at \S*debug_report_test\.ts:\d+:\d+> took `,
);

Deno.test("debug mode sees each slow burst of an async function", async () => {
  const texts = await slowOf((busy) => async () => {
    const queue = new Queue<number>();
    await gather(
      createTask(async () => {
        busy(0.1);
        await sleep(0);
        busy(0.2);
        await sleep(1);
        busy(0.3);
        await queue.get();
        busy(0.4);
        await createTask(sleep(1));
        busy(0.5);
        await interruptible(new Promise<void>((done) => setTimeout(done, 1)));
        busy(0.6);
      }, { name: "slow" }),
      createTask(async () => {
        await sleep(5);
        await queue.put(1);
      }, { name: "quick" }),
    );
  });
  assertEquals(
    inShort(texts),
    [1, 2, 3, 4, 5, 6].map((n) => `slow 0.${n}00`),
  );
  for (const text of texts) assertMatch(text, places);
});

Deno.test("debug mode sees a slow burst after a wait that had nothing to wait for", async () => {
  const texts = await slowOf((busy) => async () => {
    await createTask(async () => {
      const lock = new Lock();
      await lock.acquire();
      busy(0.2);
    }, { name: "slow" });
  });
  assertEquals(inShort(texts), ["slow 0.200"]);
});

Deno.test("debug mode sees a slow burst in the functions that an async function returns to", async () => {
  const texts = await slowOf((busy) => async () => {
    const inner = async () => {
      await sleep(1);
    };
    const middle = async () => {
      await inner();
      busy(0.2);
    };
    const outer = async () => {
      await middle();
      busy(0.3);
    };
    await createTask(outer, { name: "slow" });
  });
  assertEquals(inShort(texts), ["slow 0.200", "slow 0.300"]);
});

Deno.test("debug mode sees a slow burst in a scope, and before an error", async () => {
  const texts = await slowOf((busy) => async () => {
    const task = createTask(() =>
      timeout(9, async () => {
        await sleep(1);
        busy(0.2);
        throw new RangeError("expected");
      }), { name: "slow" });
    await task.catch(() => {});
  });
  assertEquals(inShort(texts), ["slow 0.200"]);
});

Deno.test("debug mode sees slow generators, and those that an async function resumes", async () => {
  const texts = await slowOf((busy) => async () => {
    const child = coroutine(async () => {
      await sleep(1);
      await new Promise<void>((done) => setTimeout(done, 1));
    });
    await gather(
      createTask(function* (): Coro<void> {
        busy(0.1);
        yield* sleep(1);
        busy(0.2);
      }, { name: "plain" }),
      createTask(function* (): Coro<void> {
        yield* child();
        busy(0.3);
      }, { name: "resumed" }),
      createTask(async () => {
        await coroutine(function* () {
          yield* child();
          busy(0.4);
        })();
      }, { name: "awaited" }),
    );
  });
  assertEquals(inShort(texts).sort(), [
    "awaited 0.400",
    "plain 0.100",
    "plain 0.200",
    "resumed 0.300",
  ]);
});

Deno.test("debug mode names the job of mapConcurrent() that was slow", async () => {
  const texts = await slowOf((busy) => async () => {
    async function resize() {
      await sleep(1);
      busy(0.1);
    }
    function* rotate(): Coro<void> {
      yield* sleep(1);
      busy(0.2);
    }
    await mapConcurrent([1], resize, { limit: 1 }).collect();
    await mapConcurrent([1], rotate, { limit: 1 }).collect();
  });
  assertEquals(texts.map((text) => /coro=(\w+\(\))/.exec(text)?.[1]), [
    "resize()",
    "rotate()",
  ]);
});

Deno.test("debug mode blames nobody else for a slow burst", async () => {
  const texts = await slowOf((busy) => async () => {
    // All are resumed in the same turn, and wait for the host in between.
    const quick = async () => {
      await sleep(1);
      await new Promise<void>((done) => setTimeout(done, 1));
      await sleep(1);
    };
    const slow = async () => {
      await sleep(1);
      busy(0.2);
      await new Promise<void>((done) => setTimeout(done, 1));
      await sleep(1);
    };
    await gather(
      createTask(quick, { name: "before" }),
      createTask(slow, { name: "slow" }),
      createTask(quick, { name: "after" }),
    );
  });
  assertEquals(inShort(texts), ["slow 0.200"]);
});

Deno.test("without debug mode nothing is reported as slow", async () => {
  const texts = await slowOf((busy) => async () => {
    await sleep(1);
    busy(9);
    await sleep(1);
  }, false);
  assertEquals(texts, []);
});

Deno.test("debug mode keeps the order of turns", async () => {
  const orders: string[] = [];
  for (const debug of [false, true]) {
    const order: string[] = [];
    const work = (name: string) => async () => {
      for (let i = 0; i < 5; i++) {
        await sleep(0);
        order.push(name);
        await (async () => await sleep(i % 2))();
        order.push(name.toUpperCase());
      }
    };
    const clock = new VirtualClock();
    await run(() => gather(work("a"), work("b"), work("c")), {
      loopFactory: () => new EventLoop({ clock, debug }),
    });
    orders.push(order.join(""));
  }
  assertEquals(orders[1], orders[0]);
});

const waits: Record<string, () => unknown> = {
  "sleep": () => sleep(1),
  "put": () => new Queue<number>().put(1),
  "acquire": () => new Lock().acquire(),
  "timeout": () => timeout(1, () => sleep(1)),
};

/** Runs `main` in debug mode, and gives what the exception handler was told. */
async function reportsOf(
  main: () => unknown,
): Promise<ExceptionContext[]> {
  const reports: ExceptionContext[] = [];
  const clock = new VirtualClock();
  const loop = new EventLoop({ clock, debug: true });
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  await run(main as CoroutineFunction<unknown>, { loopFactory: () => loop });
  return reports;
}

const styles: Record<string, (forget: () => void) => () => unknown> = {
  generator: (forget) =>
    function* (): Coro<void> {
      yield* sleep(0);
      forget();
      yield* sleep(0);
    },
  async: (forget) => async () => {
    await sleep(0);
    forget();
    await sleep(0);
  },
};

for (const [style, program] of Object.entries(styles)) {
  for (const [name, make] of Object.entries(waits)) {
    Deno.test(`${name}() that nobody awaits is reported with its place when the loop is closed (${style})`, async () => {
      // Held, so that it is not collected.
      let held: unknown;
      const reports = await reportsOf(program(function forgetful() {
        held = make();
      }));
      assertEquals(reports.map(({ message }) => message), [
        `Coroutine ${name} was never awaited`,
      ]);
      assertMatch(
        reports[0]!.sourceTraceback!,
        /^ {4}at \S+ .*debug_report_test\.ts:\d+:\d+\)\n {4}at forgetful /,
      );
      assert(held !== undefined);
      await collectGarbage();
      assertEquals(reports.length, 1);
    });
  }

  Deno.test(`mapConcurrent() that is awaited itself is reported with its place (${style})`, async () => {
    let held: unknown;
    const reports = await reportsOf(program(function forgetful() {
      held = mapConcurrent([1], () => sleep(1), { limit: 1 });
    }));
    assertEquals(reports.map(({ message }) => message), [
      'mapConcurrent() was never run: use "for await", or await its collect()',
    ]);
    assertMatch(
      reports[0]!.sourceTraceback!,
      /^ {4}at forgetful .*debug_report_test\.ts:\d+:\d+\)/,
    );
    assert(held !== undefined);
  });

  Deno.test(`mapConcurrent() that is used in whatever way is not reported (${style})`, async () => {
    const held: unknown[] = [];
    const reports = await reportsOf(program(() => {
      const make = () => mapConcurrent([1], () => sleep(1), { limit: 1 });
      const [collected, handed, iterated] = [make(), make(), make()];
      held.push(collected, handed, iterated);
      held.push(createTask(collected.collect()));
      held.push(createTask(handed.forEach(() => {})));
      held.push(iterated[Symbol.asyncIterator]());
    }));
    assertEquals(reports, []);
  });

  Deno.test(`what nobody awaits is reported once, when it is collected (${style})`, async () => {
    const counts: number[] = [];
    const reports: ExceptionContext[] = [];
    const loop = new EventLoop({ debug: true });
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    await loop.runUntilComplete(
      program(() => {
        new Queue().put(1);
      }) as CoroutineFunction<unknown>,
    );
    for (let i = 0; i < 20 && reports.length === 0; i++) await collectGarbage();
    counts.push(reports.length);
    loop.close();
    await collectGarbage();
    counts.push(reports.length);
    assertEquals(counts, [1, 1]);
    assertMatch(reports[0]!.sourceTraceback!, /debug_report_test\.ts/);
  });
}

Deno.test("what was awaited, given away or closed is not reported", async () => {
  const reports = await reportsOf(async () => {
    await sleep(1);
    await gather(sleep(1), () => sleep(1));
    sleep(1).close();
    const task = createTask(sleep(1));
    task.cancel();
    await task.catch(() => {});
    await timeout(5, () => sleep(1));
    const lock = new Lock();
    using _ = await lock.acquire();
    await Promise.all([sleep(1), sleep(1)]);
    const promise: Promise<void> = sleep(1);
    await promise.finally(() => {});
  });
  assertEquals(reports, []);
});

Deno.test("a coroutine that nobody awaits is not reported without debug mode", async () => {
  const reports: ExceptionContext[] = [];
  const loop = new EventLoop({ debug: false });
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  await run(async () => {
    sleep(1);
    await sleep(0);
  }, { loopFactory: () => loop });
  await collectGarbage();
  assertEquals(reports, []);
});

Deno.test("a generator that has ended elsewhere is as one that does nothing", async () => {
  // All that can be asked of a generator: whatever is asked, in whatever order.
  const questions: ((generator: Generator<unknown, unknown>) => unknown)[] = [
    (generator) => generator.next(),
    (generator) => generator.return(1),
    (generator) => {
      try {
        return generator.throw("thrown");
      } catch (error) {
        return error;
      }
    },
    (generator) => Reflect.ownKeys(generator),
    (generator) => Object.prototype.toString.call(generator),
    (generator) => Deno.inspect(generator),
  ];
  const ended = () => {
    const generator = (function* (): Generator<never, unknown> {
      return 7;
    })();
    generator.next();
    return generator;
  };
  const empty = () => (function* (): Generator<never, void> {})();
  for (const first of questions) {
    for (const second of questions) {
      const answers = [ended(), empty() as Generator].map((generator) => [
        first(generator),
        second(generator),
      ]);
      assertEquals(answers[0], answers[1]);
    }
  }
  await reportsOf(async () => {
    assertEquals(await createTask(ended() as Coro<unknown>), undefined);
    assertEquals(await createTask(empty()), undefined);
  });
});

Deno.test("debug mode of one loop says nothing of another that runs beside it", async () => {
  const reports: string[] = [];
  const loops = [true, false].map((debug) => {
    const loop = new EventLoop({ debug });
    loop.setExceptionHandler((_loop, { message }) =>
      reports.push(`debug=${debug}: ${message}`)
    );
    return loop;
  });
  await Promise.all(
    loops.map((loop) =>
      run(async () => {
        sleep(9);
        await sleep(0.01);
      }, { loopFactory: () => loop })
    ),
  );
  assertEquals(reports, ["debug=true: Coroutine sleep was never awaited"]);
});
