/** For `bun test`, whose `expect(promise).rejects` waits for the promise within the call. */
import { createTask, run, sleep } from "../mod.ts";
import { runTest } from "../testing.ts";

interface BunTest {
  test(name: string, body: () => PromiseLike<unknown>): void;
  expect(value: Promise<unknown>): {
    readonly rejects: { toThrow(error: unknown): Promise<void> };
  };
}

// Not a text: Deno looks for the modules that it names.
const name = ["bun", "test"].join(":");
const { expect, test }: BunTest = await import(name);

async function work() {
  await sleep(0.001);
  throw new RangeError("No such row");
}

async function check() {
  await expect(Promise.resolve(createTask(work))).rejects.toThrow(RangeError);
  await expect(work()).rejects.toThrow(RangeError);
}

test("runTest()", () => runTest(check));
test("run()", () => run(check));
