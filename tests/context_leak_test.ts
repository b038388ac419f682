/**
 * Async context of users: what one request stores is never seen by another's task,
 * though they share loops, futures, locks and queues.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertNotEquals } from "@std/assert";
import {
  ContextVar,
  createTask,
  currentTask,
  EventLoop,
  gather,
  getRunningLoop,
  Lock,
  newEventLoop,
  Queue,
  run,
  sleep,
  taskGroup,
  timeout,
  VirtualClock,
} from "@asyncio/asyncio";

const storage = new AsyncLocalStorage<string>();

/** Says whose store is seen, after each of many kinds of waits. */
async function request(id: string, lock: Lock, queue: Queue<string>) {
  const seen: (string | undefined)[] = [];
  const look = () => seen.push(storage.getStore());
  look();
  await sleep(0);
  look();
  await sleep(1);
  look();
  {
    using _ = await lock.acquire();
    look();
    await sleep(1);
  }
  await queue.put(id);
  await queue.get();
  look();
  await timeout(100, async () => {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        look();
        await sleep(1);
        look();
      });
      await sleep(0);
      look();
    });
  });
  look();
  await gather(sleep(1), async () => {
    await sleep(1);
    look();
  });
  look();
  return seen;
}

const IDS = ["a", "b", "c", "d"];

function onlyOwn(results: readonly (readonly (string | undefined)[])[]) {
  assertEquals(
    results.map((seen) => [...new Set(seen)]),
    IDS.map((id) => [id]),
  );
}

Deno.test("createTask() keeps users' async context apart in one loop", async () => {
  const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
  const results = await run(async () => {
    const lock = new Lock();
    const queue = new Queue<string>();
    const tasks = IDS.map((id) =>
      createTask(() => storage.run(id, () => request(id, lock, queue)))
    );
    return await gather(tasks);
  }, { loopFactory });
  // A task made by the request runs in the context of run(): it sees none of them.
  onlyOwn(results.map((seen) => seen.filter((id) => id !== undefined)));
});

Deno.test("run() keeps users' async context, several of them at once", async () => {
  const clock = new VirtualClock();
  const results = await Promise.all(
    IDS.map((id) =>
      storage.run(id, () =>
        run(() => request(id, new Lock(), new Queue()), {
          loopFactory: () => new EventLoop({ clock }),
        }))
    ),
  );
  onlyOwn(results);
});

Deno.test("run() keeps users' async context in real time too", async () => {
  const results = await Promise.all(
    IDS.map((id) =>
      storage.run(id, () =>
        run(async () => {
          const seen: (string | undefined)[] = [];
          for (let i = 0; i < 20; i++) {
            await sleep(i % 3 === 0 ? 0.001 : 0);
            seen.push(storage.getStore());
            await createTask(async () => {
              await sleep(0);
              seen.push(storage.getStore());
            });
          }
          return seen;
        }))
    ),
  );
  onlyOwn(results);
});

Deno.test("currentTask() is the own task in several runs at once", async () => {
  const results = await Promise.all(
    IDS.map((id) =>
      run(async () => {
        const names = new Set<string | undefined>();
        const work = async () => {
          for (let i = 0; i < 10; i++) {
            await sleep(i % 2 === 0 ? 0 : 0.001);
            names.add(currentTask()?.getName());
          }
        };
        await createTask(work, { name: id });
        return [...names];
      })
    ),
  );
  assertEquals(results, IDS.map((id) => [id]));
});

Deno.test("a callback that then() was given runs as the task that gave it", async () => {
  const user = new ContextVar<string>("user");
  const seen = await run(async () => {
    user.set("giver");
    const future = getRunningLoop().createFuture<void>();
    const seen: unknown[] = [];
    const look = () => seen.push(currentTask()?.getName(), user.get());
    future.then(look);
    sleep(0).then(look);
    const other = createTask(function* () {
      user.set("other");
      future.setResult();
      yield* sleep(0);
      yield* sleep(0);
    }, { name: "other" });
    await other;
    return seen;
  });
  const [name] = seen;
  assertNotEquals(name, "other");
  assertEquals(seen, [name, "giver", name, "giver"]);
});

Deno.test("ContextVar keeps its values apart in several runs at once", async () => {
  const user = new ContextVar<string>("user");
  const results = await Promise.all(
    IDS.map((id) =>
      run(async () => {
        user.set(id);
        await sleep(0.001);
        return await gather(
          async () => {
            await sleep(0);
            return user.get();
          },
          createTask(function* () {
            yield* sleep(0);
            return user.get();
          }),
        );
      })
    ),
  );
  assertEquals(results, IDS.map((id) => [id, id]));
});

Deno.test("a future that is set in one request wakes the other in its own context", async () => {
  using loop = newEventLoop();
  const future = loop.createFuture<string>();
  const waiter = loop.createTask(() =>
    storage.run("waiter", async () => {
      const result = await future;
      await sleep(0);
      return [result, storage.getStore()];
    })
  );
  loop.createTask(() =>
    storage.run("setter", async () => {
      await sleep(0);
      future.setResult("set");
    })
  );
  assertEquals(await loop.runUntilComplete(waiter), ["set", "waiter"]);
});
