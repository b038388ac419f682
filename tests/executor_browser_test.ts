/** The kit on web workers, in Chromium, where it is installed. */
// deno-lint-ignore-file no-console
import { assertEquals, assertGreater } from "@std/assert";
import { BLIND, ROOT } from "./_modules.ts";

interface Report {
  readonly failed: readonly string[];
  readonly passed: number;
  readonly crossOriginIsolated: boolean;
}

const chromium = BLIND ? undefined : find("chromium");
if (!BLIND && chromium === undefined) {
  console.log("Skipped: no Chromium for the tests of web workers");
}

for (const isIsolated of [true, false]) {
  const page = isIsolated ? "an isolated page" : "a page without shared memory";
  Deno.test({
    name: `WorkerExecutor passes the kit in Chromium, in ${page}`,
    ignore: chromium === undefined,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await bundle("_browser_page.ts", `${folder}/page.js`);
        await bundle("_browser_worker.ts", `${folder}/worker.js`);
        const report = await visit(folder, isIsolated);
        assertEquals(report.failed, []);
        assertEquals(report.crossOriginIsolated, isIsolated);
        assertGreater(report.passed, 50);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function visit(folder: string, isIsolated: boolean): Promise<Report> {
  const { promise, resolve } = Promise.withResolvers<Report>();
  let last = "none";
  const headers = isIsolated
    ? {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }
    : {};
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (request.method === "POST") {
        const text = await request.text();
        if (pathname === "/end") resolve(JSON.parse(text));
        else last = text;
        return new Response();
      }
      if (pathname === "/") {
        const html = '<!DOCTYPE html><script type="module" src="/page.js">';
        return new Response(`${html}</script>`, {
          headers: { ...headers, "content-type": "text/html" },
        });
      }
      const file = await Deno.readTextFile(folder + pathname).catch(() => null);
      return new Response(file, {
        status: file === null ? 404 : 200,
        headers: { ...headers, "content-type": "text/javascript" },
      });
    },
  );
  await using browser = new Deno.Command(chromium!, {
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-crash-reporter",
      `--user-data-dir=${folder}/profile`,
      `http://127.0.0.1:${server.addr.port}/`,
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // Its end is that of the last process: all of them hold it.
  const messages = new Response(browser.stderr).text();
  const ended = browser.status.then(() => {
    throw new Error(`Chromium has ended, in the check ${last}`);
  });
  const report = await Promise.race([promise, ended]);
  ended.catch(() => {});
  browser.kill("SIGTERM");
  await browser.status;
  await messages;
  return report;
}

async function bundle(entry: string, output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--platform=browser", `--output=${output}`, entry],
    cwd: `${ROOT}tests`,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function find(program: string): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/${program}`).isFile) {
        return `${folder}/${program}`;
      }
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}
