import { assertEquals } from "@std/assert";
import plugin from "./lint_plugin.ts";

/** The messages of the rule for a module of the project's root. */
function lint(source: string, path = "../module.ts"): string[] {
  const file = `${import.meta.dirname}/${path}`;
  return Deno.lint.runPlugin(plugin, file, source).map(({ message }) =>
    message
  );
}

const CAPITAL = "An error message begins with a capital";
const PERIOD = "An error message ends without a period";

const CASES: [source: string, messages: string[]][] = [
  [`new Error("Cannot wait: the loop is closed")`, []],
  [`new RangeError("cannot wait")`, [CAPITAL]],
  [`new RangeError("Cannot wait.")`, [PERIOD]],
  [`new RangeError("Cannot wait…")`, []],
  ["new TypeError(`cannot take ${x}`)", [CAPITAL]],
  ["new TypeError(`${x} is no delay`)", []],
  ["new TypeError(`Cannot take ${x}.`)", [PERIOD]],
  [`new TypeError("Cannot take " + x + ".")`, [PERIOD]],
  [`new QueueEmpty("the queue is empty")`, [CAPITAL]],
  [`new AggregateError(errors, "many errors")`, [CAPITAL]],
  [`class MyError extends Error { constructor() { super("my"); } }`, [CAPITAL]],
  [`new Error("The task can't end")`, [
    `An error message has no contraction: "can't"`,
  ]],
  [`new Error("It's over")`, [
    `An error message has no contraction: "It's"`,
  ]],
  [`new Error("The task's loop is closed")`, []],
  [`new Error(message)`, []],
  [`new Map("lower")`, []],
];

for (const [source, messages] of CASES) {
  Deno.test({
    name: `error-message judges ${source}`,
    ignore: Deno.lint === undefined,
    fn: () => assertEquals(lint(source), messages),
  });
}

const USES: [source: string, messages: string[]][] = [
  [`import { run } from "../mod.ts";`, []],
  [`import { both } from "./_both.ts";`, []],
  [`import { Turns } from "../_loop/turns.ts";`, [`"_loop" is internal`]],
  [`export { Turns } from "../_loop/turns.ts";`, [`"_loop" is internal`]],
  [`import type { Runnable } from "../../_base/roles.ts";`, [
    `"_base" is internal`,
  ]],
  ["loop._enqueue(task);", [`"_enqueue" is internal`]],
  ["class A extends EventLoop { override _enqueue() {} }", [
    `"_enqueue" is internal`,
  ]],
  ["using _ = observe(loop, {});", []],
];

for (const [source, messages] of USES) {
  Deno.test({
    name: `no-internals judges ${source}`,
    ignore: Deno.lint === undefined,
    fn: () => assertEquals(lint(source, "../tests/a_test.ts"), messages),
  });
}

Deno.test("no-internals lets the library use itself", () => {
  assertEquals(lint(`import { Turns } from "./_loop/turns.ts";`), []);
});

Deno.test("error-message looks at published modules only", () => {
  assertEquals(lint(`new Error("lower")`, "tool.ts"), []);
});

const INNER = "A generator function is made at each call: hoist it";
const GENERATORS: [source: string, messages: string[]][] = [
  ["function* take() {}", []],
  ["const GENERATOR = Object.getPrototypeOf(function* () {});", []],
  ["class A { *take() {} }", []],
  ["class A { take() { return function* () {}; } }", [INNER]],
  ["function open() { return new Method(function* () {}); }", [INNER]],
  ["const open = () => { function* take() {} return take(); };", [INNER]],
];

for (const [source, messages] of GENERATORS) {
  Deno.test({
    name: `no-inner-generators judges ${source}`,
    ignore: Deno.lint === undefined,
    fn: () => assertEquals(lint(source), messages),
  });
}
