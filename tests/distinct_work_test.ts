/**
 * A function is a recipe: given twice, it is two pieces of work. What has begun, and what
 * can begin once, is waited for once.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  asCompleted,
  type CoroutineFunction,
  createTask,
  firstSuccess,
  gather,
  mapConcurrent,
  race,
  sleep,
  staggeredRace,
  taskGroup,
} from "@asyncio/asyncio";
import { inBoth, wait } from "./cpython/_program.ts";

type Use = (
  worker: CoroutineFunction<number>,
) => Generator<unknown, unknown, unknown>;

const USES: Record<string, Use> = {
  *gather(worker) {
    return yield* wait(gather(worker, worker, worker));
  },
  *"gather, a list"(worker) {
    return yield* wait(gather([worker, worker, worker]));
  },
  *"gather, errors among the results"(worker) {
    const options = { returnExceptions: true } as const;
    return yield* wait(gather([worker, worker, worker], options));
  },
  *"gather with a limit"(worker) {
    return yield* wait(gather([worker, worker, worker], { limit: 2 }));
  },
  *asCompleted(worker) {
    for (const next of asCompleted([worker, worker, worker])) yield* wait(next);
  },
  *race(worker) {
    return yield* wait(race([worker, worker, worker]));
  },
  *firstSuccess(worker) {
    return yield* wait(firstSuccess([worker, worker, worker]));
  },
  *staggeredRace(worker) {
    return yield* wait(staggeredRace([worker, worker, worker], 0.5));
  },
  *taskGroup(worker) {
    yield* wait(taskGroup(function* (group) {
      for (let i = 0; i < 3; i++) group.createTask(worker);
    }));
  },
  *mapConcurrent(worker) {
    const source = [worker, worker, worker];
    const call = (each: typeof worker) => each();
    return yield* wait(mapConcurrent(source, call, { limit: 3 }).collect());
  },
};

for (const [name, use] of Object.entries(USES)) {
  inBoth(
    `${name} begins a function as often as it is given`,
    function* (style) {
      let begun = 0;
      const worker = style.fn(function* () {
        begun++;
        yield* wait(sleep(2));
        return begun;
      });
      yield* use(worker);
      assertEquals(begun, 3);
    },
  );
}

inBoth(
  "gather() begins once what can begin once, given twice",
  function* (style) {
    let begun = 0;
    const work = style.fn(function* () {
      begun++;
      yield* wait(sleep(1));
      return begun;
    });
    const task = createTask(work);
    assertEquals(yield* wait(gather(task, task)), [1, 1]);
    const coro = sleep(1, "once");
    assertEquals(yield* wait(gather(coro, coro)), ["once", "once"]);
    const promise = Promise.resolve(7);
    assertEquals(yield* wait(gather(promise, promise)), [7, 7]);
    const twice = sleep(1, "once");
    let count = 0;
    for (const next of asCompleted([twice, twice])) {
      yield* wait(next);
      count++;
    }
    assertEquals(count, 1);
  },
);
