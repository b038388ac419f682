/**
 * BullMQ for programs of tests on hosts other than Deno.
 *
 * @module
 */
import type { Host } from "./_hosts.ts";

// As in `_bullmq_engine.ts`, which Node can't load.
const PACKAGES = ["bullmq@6.7.0", "ioredis@6.0.0"];

/** A folder that has BullMQ in its `node_modules`, from the first host on that needs it. */
export class BullmqFolder implements AsyncDisposable {
  #path: Promise<string> | undefined;

  /** The arguments of a program on a host: the folder, unless it can do without. */
  async args(host: Host): Promise<string[]> {
    return host.name === "deno" ? [] : [await this.path()];
  }

  /** The path of the folder. */
  path(): Promise<string> {
    return this.#path ??= install();
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#path === undefined) return;
    await Deno.remove(await this.#path, { recursive: true });
  }
}

async function install(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "asyncio-bullmq-" });
  await new Deno.Command("npm", {
    args: ["install", "--silent", "--prefix", folder, ...PACKAGES],
    stdout: "null",
  }).output();
  return folder;
}
