/**
 * The names that a subclass must not use: the library's own, which begin with `_`.
 *
 * Nothing but the name keeps them apart from a user's, so a new one is a decision: it
 * breaks whoever has it already.
 */
import { assertEquals } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";
import { TestLoop } from "@asyncio/asyncio/testing";

/** The names by class, without those of its base class. */
const RESERVED: Readonly<Record<string, readonly string[]>> = {};

Deno.test("classes reserve the listed names for themselves", async () => {
  const found: Record<string, string[]> = {};
  await asyncio.run(async () => {
    for (const sample of await samples()) {
      for (const [owner, names] of namesOf(sample)) {
        found[owner] = [...new Set([...found[owner] ?? [], ...names])].sort();
      }
    }
  });
  assertEquals(found, RESERVED);
});

/** One object of each class that is exported and not abstract. */
async function samples(): Promise<object[]> {
  const loop = new TestLoop();
  const runner = new asyncio.Runner();
  const task = asyncio.createTask(asyncio.sleep(0));
  const objects: object[] = [
    loop,
    runner,
    task,
  ];
  await task;
  loop.close();
  return objects;
}

/** The names of an object by the class that has them; own ones by that of the object. */
function* namesOf(sample: object): Iterable<[string, string[]]> {
  const own = Object.getOwnPropertyNames(sample);
  for (
    let prototype = Object.getPrototypeOf(sample), names = own;
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype), names = []
  ) {
    names.push(...Object.getOwnPropertyNames(prototype));
    yield [
      prototype.constructor.name,
      names.filter((name) => name.startsWith("_")),
    ];
  }
}
