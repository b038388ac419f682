/**
 * A thumbnail service: takes pictures by HTTP, and has thumbnails made by workers.
 *
 * ```sh
 * deno run -A examples/thumbnails/worker.ts &
 * deno run -A examples/thumbnails/worker.ts &
 * deno run -A examples/thumbnails/service.ts
 * ```
 *
 * Then open http://127.0.0.1:8000/. Who closes the page, or cancels there, cancels the job.
 */
// deno-lint-ignore-file no-console no-import-prefix
import * as bullmq from "npm:bullmq@6.7.0";
// BullMQ looks for it.
import "npm:ioredis@6.0.0";
import { BullmqExecutor } from "../../bullmq.ts";
import { createTask } from "../../create_task.ts";
import type { JobStream } from "../../executor.ts";
import { handleRequests } from "../../handle_requests.ts";
import { run } from "../../runner.ts";
import { closing, onClosing } from "../../shutdown.ts";
import type * as jobs from "./jobs.ts";

/** What the service is started with. */
export interface ServiceOptions {
  /** The URL of Redis. */
  readonly redis: string;
  /** The port to listen to. */
  readonly port: number;
  /** Where pictures are kept; workers need it as well. */
  readonly folder: string;
}

/** Runs the service until it is asked to end. */
export async function main(options: ServiceOptions): Promise<void> {
  const { redis, port, folder } = options;
  await using executor = new BullmqExecutor<typeof jobs>(bullmq, {
    queue: "thumbnails",
    connection: { url: redis },
    jobOptions: { attempts: 3 },
  });

  const handler = handleRequests(async (request: Request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "POST" && pathname === "/thumbnails") {
      const width = Number(searchParams.get("width") ?? 100);
      if (!(width >= 1 && width <= 1000)) {
        return new Response("width must be 1 to 1000", { status: 400 });
      }
      const path = `${folder}/${crypto.randomUUID()}`;
      await Deno.writeFile(path, await request.bytes());
      const stream = executor.stream("thumbnail", [path, Math.round(width)], {
        timeout: { minutes: 1 },
        highWaterMark: 1,
      });
      return new Response(linesOf(stream, path));
    }
    const [, id] = /^\/thumbnails\/([\w-]+\.bmp)$/.exec(pathname) ?? [];
    if (id !== undefined) return await picture(`${folder}/${id}`);
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: (at) => console.log(`http://127.0.0.1:${at.port}/`),
  }, handler);
  onClosing("http", () => server.shutdown());
  await closing();
}

// Progress as lines of text. Whoever does not read on leaves the stream, and that cancels
// the job, on whichever machine it runs.
function linesOf(
  stream: JobStream<number, string>,
  path: string,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const task = createTask(async () => {
    try {
      for await (const percent of stream) {
        await writer.write(encoder.encode(`${percent}%\n`));
      }
      const name = (await stream.job).split("/").at(-1);
      await writer.write(encoder.encode(`/thumbnails/${name}\n`));
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    } finally {
      await Deno.remove(path);
    }
  });
  // The client has gone.
  writer.closed.catch(() => task.cancel("Nobody reads"));
  task.addDoneCallback(() => {
    if (!task.cancelled() && task.exception() !== undefined) {
      console.log(String(task.exception()));
    }
  });
  return readable;
}

async function picture(path: string): Promise<Response> {
  try {
    const bytes = await Deno.readFile(path);
    return new Response(bytes, { headers: { "content-type": "image/bmp" } });
  } catch {
    return new Response("No such picture", { status: 404 });
  }
}

const PAGE = `<!doctype html>
<title>Thumbnails</title>
<input id="file" type="file" accept="image/bmp">
<button id="cancel" disabled>Cancel</button>
<p><progress id="progress" max="100" value="0"></progress></p>
<img id="thumbnail">
<script type="module">
  file.onchange = async () => {
    const controller = new AbortController();
    cancel.onclick = () => controller.abort();
    cancel.disabled = false;
    try {
      const response = await fetch("/thumbnails?width=200", {
        method: "POST",
        body: file.files[0],
        signal: controller.signal,
      });
      const lines = response.body.pipeThrough(new TextDecoderStream());
      for await (const chunk of lines) {
        for (const line of chunk.trim().split("\\n")) {
          if (line.endsWith("%")) progress.value = parseInt(line);
          else thumbnail.src = line;
        }
      }
    } finally {
      cancel.disabled = true;
    }
  };
</script>
`;

if (import.meta.main) {
  const [redis = "redis://127.0.0.1:6379", port = "8000"] = Deno.args;
  const folder = await Deno.makeTempDir({ prefix: "thumbnails-" });
  await run(
    () => main({ redis, port: Number(port), folder }),
    {
      signals: ["SIGINT", "SIGTERM"],
      grace: 10,
      onShutdown: (report) => console.error(`${report}`),
    },
  );
}
