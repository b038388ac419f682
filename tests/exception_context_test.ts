/** In which context the exception handler of a loop is called. */
import { assertEquals } from "@std/assert";
import {
  ContextVar,
  createTask,
  getRunningLoop,
  race,
  run,
  sleep,
} from "@asyncio/asyncio";

const variable = new ContextVar<string>("where", { default: "outside" });

Deno.test("a handler is called in the context of the task that a report names as its future", async () => {
  const seen: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => {
      seen.push((exception as Error).message, variable.get());
    });
    const loser = createTask(async () => {
      variable.set("in the loser");
      try {
        await sleep(3600);
      } catch {
        throw new Error("of the loser");
      }
    });
    await race([loser, sleep(0.001)]);
  });
  assertEquals(seen, ["of the loser", "in the loser"]);
});
