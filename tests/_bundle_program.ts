// deno-lint-ignore-file no-console
/**
 * The program of `bundle_test.ts`: uses the library a little, as a bundle.
 *
 * @module
 */
import {
  CancelledError,
  Condition,
  createTask,
  EventLoop,
  gather,
  getRunningLoop,
  mapConcurrent,
  Queue,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  VirtualClock,
} from "../mod.ts";

const log: string[] = [];

async function worker(queue: Queue<number>): Promise<void> {
  try {
    for (;;) log.push(`item ${await queue.get()}`);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    log.push("cancelled");
    throw error;
  }
}

async function main(): Promise<void> {
  const queue = new Queue<number>();
  const task = createTask(() => worker(queue));
  await gather(queue.put(1), queue.put(2));
  await sleep(1);
  task.cancel();
  try {
    await task;
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
  try {
    await timeout(5, async () => await sleep(60));
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    log.push("timed out");
  }
  const squares = mapConcurrent([1, 2, 3], function* (n) {
    yield* sleep(1);
    return n * n;
  }, { limit: 2 });
  for await (const square of squares) log.push(`${square}`);
  await taskGroup(async (group) => {
    group.createTask(async () => await sleep(1));
    await sleep(2);
  });
  const condition = new Condition();
  using _ = await condition.acquire();
  getRunningLoop().callSoon(() => log.push("called"));
  await sleep(0);
  await condition.waitFor(() => log.length > 0);
}

// In a function, as neither format has a top-level await.
async function twice(): Promise<void> {
  for (const debug of [false, true]) {
    const loopFactory = () => new EventLoop({ clock: new VirtualClock() });
    await run(main, { loopFactory, debug });
    console.log(log.splice(0).join(", "));
  }
}

twice();
