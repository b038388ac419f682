/**
 * Tests of connections, whose waits are done by tasks in both styles, in real time.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type ClientConnected,
  type Coro,
  type Coroutine,
  createTask,
  EventLoop,
  type ExceptionContext,
  type Future,
  run,
  type Task,
} from "../../mod.ts";
import { NO_NETWORK } from "../_permissions.ts";
import { caseTest, recordReports } from "./_both.ts";

/** Waits in a task of its own. */
export type Go = <T>(open: () => Coroutine<T> | Future<T>) => Task<T>;

/** What a test has. */
export interface NetworkTest {
  /** Waits in a task of its own. */
  readonly go: Go;
  /** Whether the tasks are async functions. */
  readonly isAsync: boolean;
  /** What the exception handler was told; nothing, unless a test empties it. */
  readonly reports: ExceptionContext[];
}

const generator: Go = (open) =>
  createTask(function* () {
    return yield* open() as Coroutine<never>;
  });
const async: Go = (open) => createTask(async () => await open());

/** Makes the tests `<id> (generator)` and `<id> (async)`. */
export function network(
  id: string,
  main: (test: NetworkTest) => Coro<unknown>,
): void {
  for (
    const [style, go] of [["generator", generator], ["async", async]] as const
  ) {
    caseTest(`${id} (${style})`, async () => {
      const loop = new EventLoop();
      const reports = recordReports(loop);
      const test: NetworkTest = { go, isAsync: style === "async", reports };
      await run(() => main(test), { loopFactory: () => loop });
      assertEquals(reports, []);
    }, { ignore: NO_NETWORK });
  }
}

/** An echo of lines, as a handler in the style of the test. */
export function echo({ isAsync }: NetworkTest): ClientConnected {
  return isAsync
    ? async (reader, writer) => {
      for await (const line of reader) await writer.write(line);
    }
    : function* (reader, writer) {
      for (;;) {
        const line = yield* reader.readline();
        if (line.length === 0) return;
        yield* writer.write(line);
      }
    };
}

/** Runs a part of a test with a path for a Unix socket. */
export function* withSocketPath(
  body: (path: string) => Coro<unknown>,
): Coro<void> {
  const folder = Deno.makeTempDirSync();
  try {
    yield* body(`${folder}/socket`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
