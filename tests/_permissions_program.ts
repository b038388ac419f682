/**
 * The program of `permissions_test.ts`, in a process without any permission: uses what
 * could ask for one.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import {
  createTask,
  currentTask,
  gather,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
} from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const results = await run(async () => {
  const task = createTask(async () => {
    await sleep(0.001);
    return currentTask()!.getName();
  }, { name: "worker" });
  await taskGroup(async (group) => {
    group.createTask(sleep(0.001));
    await sleep(0);
  });
  const debug = `debug ${getRunningLoop().getDebug()}`;
  return [...await gather(task, sleep(0.001, "slept")), debug];
});
getEventLoop().close();
const late = await runTest(() => sleep({ hours: 1 }, "in no time"));
console.log([...results, late].join(", "));
