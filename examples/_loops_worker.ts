/**
 * The worker of `loops.ts`.
 *
 * @module
 */
import {
  getEventLoop,
  newEventLoop,
  setEventLoop,
  sleep,
} from "@asyncio/asyncio";

const lines: string[] = [];
try {
  getEventLoop();
} catch (error) {
  lines.push(String(error));
}
const loop = newEventLoop();
setEventLoop(loop);
lines.push(`same loop: ${getEventLoop() === loop}`);
lines.push(await getEventLoop().runUntilComplete(sleep(0.01, "it runs")));
loop.close();
(self as unknown as Worker).postMessage(lines);
