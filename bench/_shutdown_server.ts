/**
 * The server of `shutdown.ts`: answers requests after a moment until SIGTERM asks it to
 * end, then tells which had reached its handler.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its parent reads it

import {
  closing,
  handleRequests,
  onClosing,
  run,
  sleep,
} from "@asyncio/asyncio";

const reached: string[] = [];

async function handle(request: Request): Promise<Response> {
  const id = request.headers.get("id")!;
  reached.push(id);
  // From nothing to five milliseconds, so that the signal finds all kinds.
  await sleep((reached.length % 6) / 1000);
  return new Response(id);
}

async function main(): Promise<void> {
  const requests = handleRequests(handle);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(port),
  }, requests);
  onClosing("http", () => server.shutdown());
  await closing();
}

await run(main, { signals: ["SIGTERM"], grace: 60 });
console.log(JSON.stringify(reached));
