/**
 * The program of `future_unfetched_test.ts`, in a process of its own: what the default
 * handler writes.
 *
 * @module
 */
import { getRunningLoop, run, sleep } from "@asyncio/asyncio";

await run(async () => {
  getRunningLoop().callSoon(function explode() {
    throw new RangeError("broken callback");
  });
  await sleep(0.001);
});
