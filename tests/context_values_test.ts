import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  Context,
  ContextVar,
  copyContext,
  createTask,
  RuntimeError,
  type Token,
} from "../mod.ts";
import { runTest } from "../testing.ts";

Deno.test("a context holds what a Map would after thousands of sets and unsets", () => {
  // So many that their numbers need several levels, and leave few in some.
  const variables = Array.from(
    { length: 5_000 },
    (_, i) => new ContextVar<number>(`v${i}`),
  );
  const context = new Context();
  const model = new Map<ContextVar<number>, number>();
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  // It grows, and is emptied again.
  for (const unsets of [2, 8, 10]) {
    for (let i = 0; i < 10_000; i++) {
      const variable = variables[random(variables.length)]!;
      if (random(10) < unsets) {
        context.unset(variable);
        model.delete(variable);
      } else {
        context.assign(variable, i);
        model.set(variable, i);
      }
    }
    assertEquals(context.size, model.size);
    for (const variable of variables) {
      assertEquals(context.has(variable), model.has(variable));
      assertEquals(context.get(variable), model.get(variable));
    }
    const inOrder = variables.filter((variable) => model.has(variable));
    assertEquals([...context].map(([variable]) => variable), inOrder);
  }
  for (const variable of variables) context.unset(variable);
  assertEquals([context.size, [...context]], [0, []]);
});

Deno.test("a copy of a context keeps what the other one unsets", () => {
  const variables = Array.from({ length: 70 }, (_, i) => {
    return new ContextVar<number>(`v${i}`);
  });
  const context = new Context(new Map(variables.map((each, i) => [each, i])));
  const copy = context.copy();
  for (const variable of variables) context.unset(variable);
  assertEquals(context.size, 0);
  assertEquals([...copy].map(([, value]) => value), variables.map((_, i) => i));
});

Deno.test("ContextVar.reset() takes each token once, of its own variable and context", () => {
  const variable = new ContextVar<number>("mine");
  const other = new ContextVar<number>("other");
  const context = copyContext();
  const token = context.run(() => variable.set(1));
  assertThrows(
    () => context.run(() => other.reset(token)),
    RangeError,
    'Cannot reset <ContextVar name="other">: the token is of <ContextVar name="mine">',
  );
  assertThrows(
    () => variable.reset(token),
    RangeError,
    'Cannot reset <ContextVar name="mine">: the token was made in another context',
  );
  context.run(() => variable.reset(token));
  assertFalse(context.has(variable));
  assertThrows(
    () => context.run(() => variable.reset(token)),
    RuntimeError,
    'Cannot reset <ContextVar name="mine">: the token was used before',
  );
});

Deno.test("ContextVar.reset() in a task leaves the task that made it as it was", () =>
  runTest(async () => {
    const variable = new ContextVar("variable", { default: 0 });
    const first = variable.set(1);
    const second = variable.set(2);
    let inside: Token<number> | undefined;
    await createTask(() => {
      inside = variable.set(3);
      assertThrows(() => variable.reset(second), RangeError);
      variable.reset(inside);
      return Promise.resolve(assertEquals(variable.get(), 2));
    });
    assertThrows(() => variable.reset(inside!), RuntimeError, "used before");
    variable.reset(second);
    assertEquals(variable.get(), 1);
    variable.reset(first);
    assertEquals(variable.get(), 0);
  }));
