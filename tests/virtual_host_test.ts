/**
 * Under the virtual clock time stands still while a promise of the host is open, wherever
 * the wait for it stands: in scopes, coroutines, `fromSignal()`, and each in the other.
 */
import { assertEquals } from "@std/assert";
import {
  coroutine,
  createTask,
  fromSignal,
  getRunningLoop,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/asyncio";
import { runVirtual } from "./cpython/_both.ts";

const HOST_MS = 4;

/** A promise of the host that settles after some real milliseconds. */
function host(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, HOST_MS));
}

/** Awaits something inside something else. */
type Form = (inside: () => PromiseLike<unknown>) => PromiseLike<unknown>;

const FORMS: Readonly<Record<string, Form>> = {
  "an async function": async (inside) => await inside(),
  "timeout()": (inside) => timeout(5, async () => await inside()),
  "timeout() of a generator": (inside) =>
    timeout(5, function* () {
      return yield* coroutine(async () => await inside())();
    }),
  "taskGroup()": (inside) => taskGroup(async () => await inside()),
  "waitFor()": (inside) => waitFor(async () => await inside(), 5),
  "coroutine()": (inside) => coroutine(async () => await inside())(),
  "coroutine() of a generator": (inside) =>
    coroutine(function* () {
      return yield* timeout(5, async () => await inside());
    })(),
  "fromSignal()": (inside) => fromSignal(async () => await inside()),
};

for (const [outer, around] of Object.entries(FORMS)) {
  Deno.test(`virtual time stands still for a promise of the host in ${outer}, whatever stands between`, () =>
    runVirtual(async () => {
      createTask(sleep(5));
      const times: Record<string, number> = {};
      for (const [inner, within] of Object.entries(FORMS)) {
        await around(() => within(host));
        times[inner] = getRunningLoop().time();
      }
      const none = Object.keys(FORMS).map((inner) => [inner, 0]);
      assertEquals(times, Object.fromEntries(none));
    }));
}
