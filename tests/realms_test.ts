/**
 * What comes from another realm: a test runner that gives each file globals of its own has
 * Buffers that are no `Uint8Array` by `instanceof`, and errors of Node that are no `Error`.
 *
 * @module
 */
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import vm from "node:vm";
import {
  type Coro,
  createSubprocessExec,
  createTask,
  ensureFuture,
  IncompleteReadError,
  PIPE,
  run,
  runProcess,
  sleep,
  StreamReader,
  taskSignal,
  timeout,
  TimeoutError,
  wait,
} from "@asyncio/asyncio";
import { connectionPair, runTest } from "@asyncio/asyncio/testing";
import { hostTest, runOn } from "./_hosts.ts";
import { lacks } from "./_permissions.ts";

const realm = vm.createContext({});
const foreign = (text: string): Uint8Array =>
  vm.runInContext(
    `new Uint8Array([${[...text].map((each) => each.charCodeAt(0))}])`,
    realm,
  );
const textOf = (data: Uint8Array) => new TextDecoder().decode(data);

Deno.test("StreamReader takes bytes and separators of another realm", () =>
  runTest(async () => {
    const reader = new StreamReader();
    reader.feedData(foreign("a;b;c"));
    assertEquals(textOf(await reader.readuntil(foreign(";"))), "a;");
    assertEquals(textOf(await reader.readuntil([foreign(";")])), "b;");
  }));

Deno.test("StreamReader.from() takes bytes of another realm", () =>
  runTest(async () => {
    async function* source() {
      yield foreign("ab");
      await Promise.resolve();
      yield foreign("cd");
    }
    assertEquals(textOf(await StreamReader.from(source()).read()), "abcd");
  }));

Deno.test("StreamWriter.write() and writelines() take bytes of another realm", () =>
  runTest(async () => {
    const [[reader], [, writer]] = connectionPair();
    writer.write(foreign("ab"));
    writer.writelines([foreign("c"), new Uint8Array([100])]);
    assertEquals(textOf(await reader.readexactly(4)), "abcd");
  }));

Deno.test("IncompleteReadError takes bytes of another realm", () => {
  assertEquals(new IncompleteReadError(foreign("ab"), 3).partial.length, 2);
});

Deno.test({
  name: "processes take input of another realm",
  ignore: lacks("run"),
  fn: () =>
    run(async () => {
      const { stdout } = await runProcess("cat", [], { input: foreign("ab") });
      assertEquals(textOf(stdout), "ab");
      await using cat = await createSubprocessExec("cat", [], {
        stdin: PIPE,
        stdout: PIPE,
      });
      const [output] = await cat.communicate(foreign("cd"));
      assertEquals(textOf(output!), "cd");
    }),
});

Deno.test("StreamReader and StreamWriter refuse what only looks like bytes", () =>
  runTest(async () => {
    const [[reader], [, writer]] = connectionPair();
    const alike = [
      new Proxy(new Uint8Array(1), {}),
      Object.create(Uint8Array.prototype),
      { [Symbol.toStringTag]: "Uint8Array", length: 1 },
    ];
    for (const bytes of alike) {
      assertThrows(() => new StreamReader().feedData(bytes), TypeError);
      assertThrows(() => writer.write(bytes), TypeError);
      assertThrows(() => writer.writelines([bytes]), TypeError);
    }
    await writer.close();
    assertEquals((await reader.read()).length, 0);
  }));

const foreignError = vm.runInContext(
  "(name, options) => Object.assign(new Error('far', options), { name })",
  realm,
) as (name: string, options?: ErrorOptions) => Error;

/** Stands for an API of Node: it rejects with an AbortError of another realm. */
function call(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener(
      "abort",
      () => reject(foreignError("AbortError", { cause: signal.reason })),
    )
  );
}

/** Waits for it, in each style. */
const CALLS = {
  async: async (signal: AbortSignal) => await call(signal),
  *generator(signal: AbortSignal): Coro<never> {
    return yield* ensureFuture(call(signal));
  },
};

for (const [style, answer] of Object.entries(CALLS)) {
  Deno.test(`an AbortError of another realm that answers a cancel is that cancel (${style})`, () =>
    runTest(async () => {
      const task = createTask(() => answer(taskSignal()));
      await sleep(1);
      task.cancel();
      await wait([task]);
      assertEquals(task.cancelled(), true);
      await assertRejects(
        async () => await timeout(1, (scope) => answer(scope.signal)),
        TimeoutError,
      );
    }));
}

Deno.test("an error of another realm is shown as one", () =>
  runTest(async () => {
    const task = createTask(() => Promise.reject(foreignError("TypeError")));
    await wait([task]);
    assertMatch(String(task), /exception=TypeError\("far"\)/);
    task.exception();
  }));

hostTest(
  "an early call that answers a cancel by an error of another realm ends no program",
  async (host) => {
    const program = new URL("_realms_program.ts", import.meta.url);
    const { code, lines, errors } = await runOn(host, program);
    assertEquals([code, ...lines], [0, "cancelled true"], errors);
  },
);
