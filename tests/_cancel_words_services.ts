/**
 * Words of the random async functions: those that call others as jobs of an executor, or as
 * requests of a server.
 *
 * @module
 */
import { fromSignal, handleRequests, sleep, taskGroup } from "../mod.ts";
import { InlineExecutor } from "../inline_executor.ts";
import { must, type Words } from "./_cancel_words.ts";

const JOBS = {
  call: async (work: () => Promise<void>) => {
    await work();
  },
};

// Functions can't be copied.
const makeExecutor = () =>
  new InlineExecutor(JOBS, { copy: false, maxWorkers: 1 });

/** Functions that call one or two others so. */
export const AROUND_SERVICES: Words = {
  async job(_probe, first) {
    await using executor = makeExecutor();
    await executor.submit("call", [first]);
  },
  async jobs(_probe, first, second) {
    await using executor = makeExecutor();
    await taskGroup(async (group) => {
      group.createTask(() => executor.submit("call", [first]));
      await executor.submit("call", [second]);
    });
  },
  request: (_probe, first) => {
    const handler = handleRequests(async () => {
      await first();
      return new Response();
    });
    return fromSignal(async (signal) => {
      const request = new Request("http://localhost/", { signal });
      const { ok } = await handler(request);
      must(ok || signal.aborted, "A request has failed");
    });
  },
  async requests(_probe, first, second) {
    const works = [first, second];
    const handler = handleRequests(async () => {
      await sleep(0);
      await works.shift()!();
      return new Response();
    });
    await fromSignal(async (signal) => {
      const requests = works.map(() =>
        handler(new Request("http://localhost/", { signal }))
      );
      for (const { ok } of await Promise.all(requests)) {
        must(ok || signal.aborted, "A request has failed");
      }
    });
  },
};
