/**
 * A cancel that a helper gets, while its function waits for a promise of the host that the loop
 * itself settles some turns later: no host has had its turn in between, but the function has not
 * got the cancel.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  createTask,
  Event,
  getRunningLoop,
  run,
  sleep,
  wait,
} from "@asyncio/asyncio";
import {
  afterTurns,
  byGroup,
  byTask,
  byTimeout,
  HELPERS,
  LOOPS,
} from "./_cancel_ways.ts";

const CANCELS = { task: byTask, timeout: byTimeout, group: byGroup };

for (const [time, loopFactory] of Object.entries(LOOPS)) {
  for (const [name, stand] of Object.entries(HELPERS)) {
    for (const [by, begin] of Object.entries(CANCELS)) {
      Deno.test(`a cancel of a ${by} that a helper gets at ${name} reaches its function (${time})`, async () => {
        for (const turns of [0, 5, 6, 7]) {
          for (const isFirst of [true, false]) {
            await run(async () => {
              const log: string[] = [];
              const { promise, resolve } = Promise.withResolvers<void>();
              const [task, cancel] = begin(async () => {
                void (async () => {
                  try {
                    await stand();
                  } finally {
                    log.push("helper");
                  }
                })();
                await promise;
                log.push("on");
                await sleep(1);
                log.push("lost");
              });
              await sleep(0);
              await sleep(0);
              if (isFirst) cancel();
              afterTurns(turns, resolve);
              if (!isFirst) cancel();
              await wait([createTask(() => task)]);
              log.sort();
              assertEquals(log, ["helper", "on"], `${turns} ${isFirst}`);
            }, { loopFactory });
          }
        }
      });
    }
  }

  Deno.test(`a cancel that the loser of Promise.race() gets reaches the function (${time})`, async () => {
    for (const turns of [2, 3, 4]) {
      await run(async () => {
        const event = new Event();
        const task = createTask(async () => {
          const branches = [event.wait(), sleep(60)];
          await Promise.race(branches.map(async (wait) => await wait));
          await new Promise<void>((resolve) => afterTurns(turns, resolve));
          await sleep(1);
        });
        await sleep(0);
        getRunningLoop().callSoon(() => {
          event.set();
          getRunningLoop().callSoon(() => task.cancel());
        });
        await wait([task]);
        assert(task.cancelled(), `${turns}`);
      }, { loopFactory });
    }
  });
}
