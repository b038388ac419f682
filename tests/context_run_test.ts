import { assertEquals, assertThrows } from "@std/assert";
import {
  type Context,
  ContextVar,
  copyContext,
  createTask,
  RuntimeError,
  sleep,
} from "../mod.ts";
import { runTest } from "../testing.ts";

const noop = () => {};

function assertEntered(context: Context): void {
  assertThrows(() => context.run(noop), RuntimeError, "entered already");
}

Deno.test("a context can't be entered by what runs in it, however deep", () => {
  const outer = copyContext();
  const inner = copyContext();
  outer.run(() => inner.run(() => assertEntered(outer)));
  assertEquals(outer.run(() => inner.run(() => "left")), "left");
});

Deno.test("a context can be entered again after its function threw", () => {
  const context = copyContext();
  assertThrows(
    () =>
      context.run(() => {
        throw new RangeError("failed");
      }),
    RangeError,
  );
  assertEquals(context.run(() => "left"), "left");
});

Deno.test("a task's context is entered while the task runs", () =>
  runTest(async () => {
    const context = copyContext();
    const other = copyContext();
    await createTask(function* () {
      yield* sleep(0);
      assertEntered(context);
      other.run(() => assertEntered(context));
    }, { context });
    await createTask(async () => {
      await sleep(0);
      assertEntered(context);
      other.run(() => assertEntered(context));
    }, { context });
    assertEquals(context.run(() => "left"), "left");
  }));

Deno.test("an async function has a context that was entered up to its first await", () =>
  runTest(async () => {
    const place = new ContextVar("place", { default: "task" });
    const context = copyContext();
    context.assign(place, "entered");
    const seen: string[] = [];
    const look = async () => {
      seen.push(place.get());
      await sleep(0);
      seen.push(place.get());
    };
    await context.run(look);
    await createTask(look, { context });
    assertEquals(seen, ["entered", "task", "entered", "entered"]);
  }));
