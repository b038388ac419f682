/**
 * The workload `limit` in the packages that are made for it.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is no dependency of the library
import { jobNative } from "../limit_bench.ts";
import { below, check, type Run, sum, sumBelow } from "../_workload.ts";

const LIMIT = 64;

/** p-limit. */
export async function pLimit(): Promise<Run> {
  const { default: limitTo } = await import("npm:p-limit@7");
  return async (count) => {
    const limited = limitTo(LIMIT);
    const promises = [];
    for (const index of below(count)) promises.push(limited(jobNative, index));
    check(sum(await Promise.all(promises)), sumBelow(count));
  };
}

/** p-map. */
export async function pMap(): Promise<Run> {
  const { default: map } = await import("npm:p-map@7");
  return async (count) => {
    const results = await map(below(count), jobNative, { concurrency: LIMIT });
    check(sum(results), sumBelow(count));
  };
}

/** p-queue. */
export async function pQueue(): Promise<Run> {
  const { default: Queue } = await import("npm:p-queue@10");
  return async (count) => {
    const queue = new Queue({ concurrency: LIMIT });
    const promises: Promise<number>[] = [];
    for (const index of below(count)) {
      promises.push(queue.add(() => jobNative(index)));
    }
    check(sum(await Promise.all(promises)), sumBelow(count));
  };
}

/** `pooledMap()` of `@std/async`. */
export async function pooled(): Promise<Run> {
  // Its name is kept from the compiler: JSR may be out of reach.
  const specifier: string = "jsr:@std/async@1/pool";
  const { pooledMap } = await import(specifier);
  return async (count) => {
    let total = 0;
    for await (const result of pooledMap(LIMIT, below(count), jobNative)) {
      total += result;
    }
    check(total, sumBelow(count));
  };
}
