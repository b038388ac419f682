/**
 * Whose loop is it? On the main thread `getEventLoop()` makes one and gives the same one
 * ever after. In a worker it throws until `setEventLoop()` was called.
 *
 * `deno run --allow-read examples/loops.ts`
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { getEventLoop } from "@asyncio/asyncio";

export async function main() {
  console.log("main thread, same loop:", getEventLoop() === getEventLoop());
  for (const line of await askWorker()) console.log("worker,", line);
}

function askWorker() {
  const worker = new Worker(new URL("./_loops_worker.ts", import.meta.url), {
    type: "module",
  });
  return new Promise<string[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  }).finally(() => worker.terminate());
}

if (import.meta.main) await main();
