/**
 * The recipes of docs/io.md for HTTP servers, each in a process of its own:
 * `handle_requests_servers_test.ts` copies this program beside the packages that it uses.
 *
 * The client is in the same process. Prints a line for each thing that it saw.
 *
 * @module
 */
// deno-lint-ignore-file no-console no-explicit-any -- prints what it saw; packages have no types here
import { connect } from "node:net";
import process from "node:process";

const [library, recipe] = process.argv.slice(2);
const { closing, createTask, handleRequests, onClosing, run, sleep } =
  // The library of the checkout, wherever this copy stands.
  await import(library!) as typeof import("../mod.ts");

/** A server that was started. */
interface Started {
  readonly port: number;
  stop(): unknown;
}

type Fetch = (request: Request, info?: any) => Response | Promise<Response>;

// Named in variables, so that only who runs the recipe needs the package.
const [hono, srvx, nodeServer] = ["hono", "srvx", "@hono/node-server"];
const host = globalThis as any;

const servers: Readonly<Record<string, (fetch: Fetch) => Promise<Started>>> = {
  async "Deno.serve"(fetch) {
    const server = host.Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      fetch,
    );
    return await Promise.resolve({
      port: server.addr.port,
      stop: () => server.shutdown(),
    });
  },
  async "Bun.serve"(fetch) {
    const server = host.Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
    return await Promise.resolve({
      port: server.port,
      stop: () => server.stop(),
    });
  },
  async srvx(fetch) {
    const { serve } = await import(srvx!);
    const server = serve({
      fetch,
      port: 0,
      hostname: "127.0.0.1",
      silent: true,
      // It would end on SIGINT and SIGTERM by itself.
      gracefulShutdown: false,
    });
    await server.ready();
    return {
      port: Number(new URL(server.url).port),
      stop: () => server.close(),
    };
  },
  async "node-server"(fetch) {
    const { serve } = await import(nodeServer!);
    return await new Promise((resolve) => {
      const server = serve(
        { fetch, port: 0, hostname: "127.0.0.1" },
        ({ port }: { port: number }) =>
          resolve({
            port,
            stop: () => new Promise((stopped) => server.close(stopped)),
          }),
      );
    });
  },
  async "hono on Deno"(fetch) {
    return await servers["Deno.serve"]!(await throughHono(fetch));
  },
  async "hono on Bun"(fetch) {
    return await servers["Bun.serve"]!(await throughHono(fetch));
  },
  async "hono on Node"(fetch) {
    return await servers["node-server"]!(await throughHono(fetch));
  },
};

async function throughHono(fetch: Fetch): Promise<Fetch> {
  const { Hono } = await import(hono!);
  const app = new Hono();
  app.all("*", (context: any) => fetch(context.req.raw, context));
  return app.fetch;
}

async function handle(request: Request): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/text":
      return new Response(`got ${await request.text()}`);
    case "/upload":
      // Its client goes half-way: that is no failure of this handler.
      try {
        return new Response(`got ${await request.text()}`);
      } finally {
        console.log("upload ended");
      }
    case "/fails":
      throw new Error("broken");
    case "/slow":
      await sleep(0.3);
      return new Response("slow");
    default:
      try {
        console.log("waits");
        await sleep(3600);
      } catch (error) {
        console.log((error as Error).name);
        throw error;
      }
      return new Response("late");
  }
}

async function ask(port: number, path: string, body = ""): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    body,
    headers: { connection: "close" },
  });
  return `${response.status} ${await response.text()}`;
}

/** Asks, and goes when the handler waits. */
async function leave(
  port: number,
  requests: { readonly active: number },
  request = "GET /waits HTTP/1.1\r\nhost: localhost\r\n\r\n",
): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  socket.write(request);
  while (requests.active === 0) await sleep(0.01);
  // Long enough to be watched.
  await sleep(0.1);
  socket.destroy();
}

async function main(): Promise<void> {
  const requests = handleRequests(handle, { watchAfter: 0.01 });
  const { port, stop } = await servers[recipe!]!(requests as Fetch);
  onClosing("http", stop as () => Promise<void>);
  console.log(await ask(port, "/text", "tea"));
  console.log(await ask(port, "/fails"));
  await leave(port, requests);
  while (requests.active > 0) await sleep(0.01);
  const upload =
    "POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf";
  await leave(port, requests, upload);
  while (requests.active > 0) await sleep(0.01);
  console.log(`${failures} failures`);
  const slow = createTask(() => ask(port, "/slow"));
  while (requests.active === 0) await sleep(0.01);
  console.log("kill SIGTERM");
  console.log(await closing());
  console.log(await slow);
}

let failures = 0;
const { error: print } = console;
console.error = (...given) => {
  if (/Unhandled exception in a request/.test(given.join(" "))) failures++;
  // The failure that was planted; all else is one.
  if (!String(given[0]).includes("broken")) print(...given);
};
await run(main, {
  signals: ["SIGTERM"],
  grace: 60,
  onShutdown: ({ services }) => {
    for (const { name, outcome } of services) console.log(`${name} ${outcome}`);
  },
});
console.log("ended");
