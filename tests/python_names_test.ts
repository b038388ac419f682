/**
 * Every name of CPython's asyncio exists here, or stands with its reason among the
 * differences, `docs/differences.md`; and `docs/from-python.md` has each of them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";
import type { FrameCallGraphEntry, FutureCallGraph } from "@asyncio/asyncio";
import { camelCase, MEMBERS, NAMES } from "./_python_names.ts";

const CANNOT_READ =
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

// Interfaces, which the type check finds.
export type Types = FrameCallGraphEntry | FutureCallGraph;
const TYPES = ["FrameCallGraphEntry", "FutureCallGraph"];

function read(path: string) {
  return Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
}

/** The names that a text has in back-ticks, blocks of code aside. */
function namesIn(text: string) {
  const code = text.replace(/^```[^]*?^```/gm, "").match(/`[^`]+`/g) ?? [];
  return new Set(code.flatMap((piece) => piece.match(/\w+/g) ?? []));
}

function exists(name: string) {
  return camelCase(name) in asyncio || TYPES.includes(name);
}

function memberExists(owner: string, name: string) {
  const member = camelCase(name);
  const { prototype } = asyncio[owner as "Future"];
  return member in prototype || FIELDS.includes(`${owner}.${member}`);
}

// They stand on the instances.
const FIELDS = ["Queue.maxsize", "EventLoop.slowCallbackDuration"];

Deno.test({
  name:
    "docs/differences.md names what of CPython is not here, and nothing that is",
  ignore: CANNOT_READ,
  fn() {
    const [, leftOut] = read("docs/differences.md").split(
      "## What is left out",
    );
    // What is left out stands before the colon of its item.
    const named = namesIn(
      leftOut!.split("\n- ").slice(1)
        .map((item) => item.split(/:(?!\/)/)[0]).join("\n"),
    );
    const missing = [
      ...NAMES.filter((name) => !exists(name)),
      ...Object.entries(MEMBERS).flatMap(([owner, names]) =>
        names.filter((name) => !memberExists(owner, name))
      ),
    ];
    assertEquals(missing.filter((name) => !named.has(name)), []);
    const known = [...NAMES, ...Object.values(MEMBERS).flat()];
    assertEquals(
      [...named].filter((name) =>
        known.includes(name) && !missing.includes(name)
      ),
      [],
    );
  },
});

Deno.test({
  name: "docs/from-python.md has each name of CPython's asyncio",
  ignore: CANNOT_READ,
  fn() {
    const named = namesIn(read("docs/from-python.md"));
    const known = [...NAMES, ...Object.values(MEMBERS).flat()];
    assertEquals(known.filter((name) => !named.has(name)), []);
  },
});
