import { assert, assertEquals } from "@std/assert";
import {
  Barrier,
  Condition,
  type Coro,
  createTask,
  Event,
  Lock,
  Queue,
  QueueShutDown,
  Semaphore,
  sleep,
  type Task,
} from "../mod.ts";
import type { Styles, Worker } from "./cpython/_styles.ts";
import { type Program, sweep } from "./_sweep.ts";

function sweepBoth<W>(
  name: string,
  styles: Styles<W>,
  make: (worker: W) => Program,
): void {
  for (const style of ["generator", "async"] as const) {
    Deno.test(`${name}, cancelled at every turn (${style})`, async () => {
      await sweep(() => make(styles[style]));
    });
  }
}

const completed = (tasks: readonly Task<unknown>[]) =>
  tasks.filter((task) => !task.cancelled()).length;

class Room {
  inside = 0;
  done = 0;
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  enter(): void {
    assert(++this.inside <= this.#limit);
  }
  leave(): void {
    this.inside--;
    this.done++;
  }
}

// Holds a lock or a permit for a turn, twice.
const holding: Styles<Worker<[Lock | Semaphore, Room]>> = {
  generator: (lock, room) =>
    function* () {
      for (let i = 0; i < 2; i++) {
        using _ = yield* lock.acquire();
        room.enter();
        try {
          yield* sleep(0);
        } finally {
          room.leave();
        }
      }
    },
  async: (lock, room) => async () => {
    for (let i = 0; i < 2; i++) {
      using _ = await lock.acquire();
      room.enter();
      try {
        await sleep(0);
      } finally {
        room.leave();
      }
    }
  },
};

sweepBoth("Lock.acquire() loses no lock", holding, (hold) => {
  const lock = new Lock();
  const room = new Room(1);
  return {
    bodies: [hold(lock, room), hold(lock, room), hold(lock, room)],
    check(tasks) {
      assertEquals(String(lock), "<Lock [unlocked]>");
      assertEquals(room.inside, 0);
      assert(room.done >= 2 * completed(tasks));
    },
  };
});

for (const value of [1, 2]) {
  const name = `Semaphore.acquire() loses no permit of ${value}`;
  sweepBoth(name, holding, (hold) => {
    const semaphore = new Semaphore(value);
    const room = new Room(value);
    const holder = () => hold(semaphore, room);
    return {
      bodies: Array.from({ length: 2 + value }, holder),
      check(tasks) {
        assertEquals(
          String(semaphore),
          `<Semaphore [unlocked, value:${value}]>`,
        );
        assertEquals(room.inside, 0);
        assert(room.done >= 2 * completed(tasks));
      },
    };
  });
}

const waiting: Styles<Worker<[Event]>> = {
  generator: (event) =>
    function* () {
      yield* event.wait();
    },
  async: (event) => async () => {
    await event.wait();
  },
};

sweepBoth("Event.wait() loses no wake-up", waiting, (wait) => {
  const event = new Event();
  function* setAndClear(): Coro<void> {
    for (let i = 0; i < 3; i++) yield* sleep(0);
    event.set();
    event.clear();
  }
  return {
    bodies: [wait(event), wait(event), () => setAndClear()],
    *finish() {
      event.set();
    },
    check() {
      assertEquals(String(event), "<Event [set]>");
    },
  };
});

interface Stock {
  items: number;
}

const trading: Styles<{
  readonly sell: Worker<[Condition, Stock]>;
  readonly buy: Worker<[Condition, Stock]>;
}> = {
  generator: {
    sell: (condition, stock) =>
      function* () {
        for (let i = 0; i < 2; i++) {
          using _ = yield* condition.acquire();
          stock.items++;
          condition.notify();
        }
      },
    buy: (condition, stock) =>
      function* () {
        using _ = yield* condition.acquire();
        yield* condition.waitFor(() => stock.items > 0);
        stock.items--;
      },
  },
  async: {
    sell: (condition, stock) => async () => {
      for (let i = 0; i < 2; i++) {
        using _ = await condition.acquire();
        stock.items++;
        condition.notify();
      }
    },
    buy: (condition, stock) => async () => {
      using _ = await condition.acquire();
      await condition.waitFor(() => stock.items > 0);
      stock.items--;
    },
  },
};

sweepBoth("Condition.wait() loses no notification", trading, (trade) => {
  const condition = new Condition();
  const stock = { items: 0 };
  const { buy, sell } = trade;
  return {
    bodies: [
      buy(condition, stock),
      buy(condition, stock),
      buy(condition, stock),
      sell(condition, stock),
      () => sleep(0),
    ],
    *finish(tasks) {
      // Only what is missing, so that a lost notification shows.
      const buyers = tasks.slice(0, 3).filter((task) => !task.done());
      const missing = buyers.length - stock.items;
      for (let i = 0; i < missing; i++) {
        using _ = yield* condition.acquire();
        stock.items++;
        condition.notify();
      }
    },
    check(tasks) {
      assertEquals(String(condition), "<Condition [unlocked]>");
      assert(tasks.slice(0, 3).every((task) => task.done()));
    },
  };
});

const meeting: Styles<Worker<[Barrier, number[]]>> = {
  generator: (barrier, log) =>
    function* () {
      for (let i = 0; i < 2; i++) log.push(yield* barrier.wait());
    },
  async: (barrier, log) => async () => {
    for (let i = 0; i < 2; i++) log.push(await barrier.wait());
  },
};

sweepBoth("Barrier.wait() counts who is there", meeting, (meet) => {
  const barrier = new Barrier(3);
  const log: number[] = [];
  return {
    bodies: [meet(barrier, log), meet(barrier, log), meet(barrier, log)],
    *finish() {
      while (barrier.nWaiting > 0) {
        createTask(barrier.wait());
        yield* sleep(0);
      }
      for (let i = 0; i < 9; i++) yield* sleep(0);
      while (barrier.nWaiting > 0) {
        createTask(barrier.wait());
        yield* sleep(0);
      }
    },
    check(tasks) {
      assertEquals(String(barrier), "<Barrier [filling, waiters:0/3]>");
      assert(log.length >= 2 * completed(tasks));
    },
  };
});

const moving: Styles<{
  readonly put: Worker<[Queue<string>, string, string[]]>;
  readonly get: Worker<[Queue<string>, string[]]>;
}> = {
  generator: {
    put: (queue, name, log) =>
      function* () {
        for (let i = 0; i < 2; i++) {
          yield* queue.put(name + i);
          log.push(name + i);
        }
      },
    get: (queue, log) =>
      function* () {
        try {
          for (;;) log.push(yield* queue.get());
        } catch (error) {
          if (!(error instanceof QueueShutDown)) throw error;
        }
      },
  },
  async: {
    put: (queue, name, log) => async () => {
      for (let i = 0; i < 2; i++) {
        await queue.put(name + i);
        log.push(name + i);
      }
    },
    get: (queue, log) => async () => {
      for await (const item of queue) log.push(item);
    },
  },
};

sweepBoth("Queue loses no item", moving, ({ put, get }) => {
  const queue = new Queue<string>(1);
  const [sent, received]: string[][] = [[], []];
  return {
    bodies: [
      get(queue, received!),
      put(queue, "a", sent!),
      put(queue, "b", sent!),
      get(queue, received!),
    ],
    *finish() {
      queue.shutdown();
    },
    check() {
      while (!queue.empty()) received!.push(queue.getNowait());
      assertEquals(received!.toSorted(), sent!.toSorted());
      assertEquals(
        String(queue).replace(/ tasks=\d/, ""),
        "<Queue maxsize=1 shutdown>",
      );
    },
  };
});
