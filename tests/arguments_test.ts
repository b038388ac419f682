/**
 * Arguments: every export and every method refuses what is of the wrong kind at once, and
 * leaves nothing running.
 *
 * Each is called with 40 values in the place of each of its arguments and options, the
 * others being right. What fits is taken; what may not come out is an error of the engine,
 * a hang, or a task that is left.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as asyncio from "@asyncio/asyncio";
import * as testing from "@asyncio/asyncio/testing";
import { type Call, CALLS, TLS_OPTIONS } from "./_argument_calls.ts";
import { HOSTILE_VALUES } from "./_hostile_values.ts";
import { BLIND } from "./_modules.ts";
import { publicApi } from "./_public_api.ts";

const { allTasks, Future, sleep, TimeoutError, waitFor } = asyncio;

/** What somebody may give by mistake: 40 values. */
function wrongValues(): unknown[] {
  return [
    undefined,
    null,
    true,
    false,
    0,
    -1,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 60,
    "",
    "text",
    "1",
    Symbol("s"),
    5n,
    {},
    { nmae: 1 },
    { timeout: "1" },
    { signal: {} },
    { loop: {} },
    { context: {} },
    { name: null },
    { limit: 0 },
    [],
    [1],
    [undefined],
    new Map(),
    new Set([1]),
    new Date(0),
    /x/,
    new Error("x"),
    new AbortController().signal,
    new Uint8Array(2),
    Object.create(null),
    new Proxy({}, {}),
    class {},
    () => 5,
    Object.freeze({ then: 5 }),
    new WeakMap(),
  ];
}

/** Errors of the engine, which say nothing of the argument. */
const INTERNAL =
  /Cannot read propert|is not a function|Cannot destructure|is not iterable|not a constructor|Cannot convert|Invalid array length|undefined is not|Cannot use 'in'|called on incompatible|Cannot mix BigInt|Cannot set propert|is not defined|Maximum call stack|Cannot perform '(?!apply)|on proxy: trap|incompatible receiver/i;

/** Makes a value, and says what it is. */
type Made = readonly [what: string, make: () => unknown];

const WRONG: readonly Made[] = wrongValues().map((value, i) => [
  show([value]),
  () => wrongValues()[i],
]);
const HOSTILE: readonly Made[] = Object.entries(HOSTILE_VALUES);

/** Each place of an argument, and of an option, with one value in it. */
function* variants(
  { args, options = [], fields = [] }: Call,
  values: readonly Made[],
): Generator<[what: string, given: unknown[]]> {
  const count = args().length;
  for (let place = 0; place < count; place++) {
    for (const [what, make] of values) {
      yield [`${what} as the argument ${place}`, args().with(place, make())];
    }
  }
  for (const name of [...options, ...fields]) {
    for (const [what, make] of values) {
      const right = args();
      const last = right.at(-1) as object;
      yield [
        `${what} as the option ${name}`,
        right.with(-1, { ...last, [name]: make() }),
      ];
    }
  }
  yield ["nothing", []];
}

/** What was given back may be one of the values. */
function isAwaitable(given: unknown): given is PromiseLike<unknown> {
  try {
    return given instanceof asyncio.Coroutine || given instanceof Promise ||
      given instanceof Future;
  } catch {
    return false;
  }
}

/** What a call gives, waited for; its error if it throws. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    const given = call();
    if (isAwaitable(given)) {
      // An endless wait is right for some: Infinity, or a future that nobody settles.
      await waitFor(given, 1e6);
    }
    return undefined;
  } catch (error) {
    return error instanceof TimeoutError ? undefined : error;
  }
}

/** Calls with each of some values in each place; gives what came out that is an error. */
async function bears(
  call: Call,
  values: readonly Made[],
): Promise<Map<string, unknown>> {
  using loop = new testing.TestLoop();
  const bad: string[] = [];
  const errors = new Map<string, unknown>();
  await loop.runUntilComplete(async () => {
    for (const [what, given] of variants(call, values)) {
      const error = await outcomeOf(() => call.call(given));
      for (const task of allTasks()) {
        if (task !== asyncio.currentTask()) task.cancel();
      }
      await sleep(0);
      if (error !== undefined && INTERNAL.test(textOf(error))) {
        bad.push(`${what}: ${textOf(error)}`);
      }
      if (error !== undefined) errors.set(what, error);
    }
    await sleep(10);
    const left = [...allTasks()].filter((task) =>
      task !== asyncio.currentTask()
    );
    assertEquals(left.map(String), []);
  });
  loop.reports.length = 0;
  assertEquals(bad, []);
  return errors;
}

/** What users throw may be no text. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "";
  }
}

/** What is no function's own: the engine's word for a class that is called. */
const ENGINES = /^Class constructors? .*cannot be invoked without 'new'$/;

// Asked for once, by the first test that needs it.
let api: ReturnType<typeof publicApi> | undefined;

/** The errors that the documentation of what was called does not know, by `@throws`. */
async function undocumented(
  title: string,
  errors: ReadonlyMap<string, unknown>,
): Promise<string[]> {
  const name = title.replace(/\(.*$/, "");
  const documentation = (await (api ??= publicApi()))
    .find((callable) => callable.name === name);
  // It has that of the class that it extends, or of a variable.
  if (documentation === undefined) return [];
  const { throws } = documentation;
  return [...errors].filter(([, error]) => {
    if (!(error instanceof Error) || ENGINES.test(error.message)) return false;
    return !throws.includes("Error") &&
      !throws.includes(error.constructor.name);
  }).map(([what, error]) => `${what}: ${textOf(error)}`);
}

for (const [name, call] of Object.entries(CALLS)) {
  const ignore = call.ignore ?? false;
  Deno.test(
    `${name} bears 40 values in each place`,
    { ignore },
    async () => {
      const errors = await bears(call, WRONG);
      if (!BLIND) assertEquals(await undocumented(name, errors), []);
    },
  );
  Deno.test(
    `${name} bears what fights back in each place`,
    { ignore },
    async () => void await bears(call, HOSTILE),
  );
}

/** What is no object of options, or has one that nobody knows. */
const NO_OPTIONS: readonly unknown[] = [
  null,
  1,
  "text",
  true,
  [],
  () => {},
  new Map(),
  new AbortController().signal,
  new Error("x"),
  { nmae: 1 },
];

for (const [name, call] of Object.entries(CALLS)) {
  if (call.options === undefined || name.startsWith("sleep")) continue;
  if (name.endsWith("of TLS")) continue;
  const ignore = call.ignore ?? false;
  Deno.test(
    `${name} refuses what are no options, and unknown ones`,
    { ignore },
    async () => {
      using loop = new testing.TestLoop();
      await loop.runUntilComplete(async () => {
        for (const options of NO_OPTIONS) {
          const given = call.args().with(-1, options);
          const error = await outcomeOf(() => call.call(given));
          assert(error instanceof TypeError, `${show([options])}: ${error}`);
          assertMatch(
            error.message,
            /^Cannot .*(options must be|option "nmae")/,
          );
          assertEquals(allTasks().size, tasksOf(name));
          for (const task of allTasks()) {
            if (task !== asyncio.currentTask()) task.cancel();
          }
          await sleep(0);
          await sleep(0);
        }
      });
      loop.reports.length = 0;
    },
  );
}

/**
 * What tells by a first look whether the library has made the options, which is on the way
 * of every task. Where it sees nothing there, the second look is checked, and counts.
 */
const LOOKED_AT_TWICE =
  /^new (Task|Future|Handle|TimerHandle)\(\) (loop|context)$/;

for (const [name, call] of Object.entries(CALLS)) {
  if (call.options === undefined || name.startsWith("sleep")) continue;
  const ignore = call.ignore ?? false;
  Deno.test(`${name} reads each option once`, { ignore }, async () => {
    using loop = new testing.TestLoop();
    await loop.runUntilComplete(async () => {
      const right = call.args();
      const reads = new Map<PropertyKey, number>();
      const read = (of: object, option: PropertyKey) => {
        const before = reads.get(option) ?? 0;
        reads.set(option, before + 1);
        if (LOOKED_AT_TWICE.test(`${name} ${String(option)}`)) return undefined;
        return before === 0 ? Reflect.get(of, option) : Symbol("another one");
      };
      const given = new Proxy(
        {
          ...Object.fromEntries(call.options!.map((option) => [option])),
          ...right.at(-1) as object,
        },
        { get: read },
      );
      const error = await outcomeOf(() => call.call(right.with(-1, given)));
      for (const task of allTasks()) {
        if (task !== asyncio.currentTask()) task.cancel();
      }
      await sleep(0);
      await sleep(0);
      assert(reads.size > 0, "No option was read");
      const twice = [...reads].filter(([option, count]) =>
        typeof option === "string" && count > 1 &&
        !LOOKED_AT_TWICE.test(`${name} ${option}`)
      );
      assertEquals(twice, []);
      assert(!/another one/.test(textOf(error)), textOf(error));
    });
    loop.reports.length = 0;
  });
}

// The methods of a task or a group are called on one that is made for the call.
function tasksOf(name: string): number {
  return /^Task(Group)?\.(?!run)/.test(name) ? 2 : 1;
}

function show(given: readonly unknown[]): string {
  return given.map((value) => {
    try {
      return typeof value === "object" ? Deno.inspect(value) : String(value);
    } catch {
      return "?";
    }
  }).join(", ");
}

/** What users don't call: they hand it over, extend it, or let the host call it. */
const NOT_CALLED = [
  // Interfaces that users implement.
  /^(BullmqClient|BullmqEventsProducer|BullmqJob|BullmqQueue|Clock|ContextValues)\./,
  /^(kit\.)?(EventEmitterLike|Instrument|JobOwner|ReadySteps|Scheduler|WebWorker|Check)\./,
  // What clocks and engines are called by.
  /^(System|Virtual)Clock\.(attach|detach|wait|unwait)$/,
  /^(Coroutine|Future)\.(next|throw|return)$/,
  // Errors, whose message and options are the engine's.
  /^new (Cancelled|BrokenBarrier)Error$/,
  /^new KeyboardInterrupt$/,
  // They refuse to be called at all.
  /^(Task|Job)\.set(Result|Exception)$/,
  /^(Token\.restore|new TaskClass)$/,
  // The base of executors, which stand in the table.
  /^(new )?(Pool)?Executor(\.\w+)?$/,
];

/** Options that stand elsewhere in the table. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  // Its executors hand on what they have checked.
  "new Job": ["timeout", "signal", "transfer", "key"],
  // A queue's options have the same name.
  "BullmqExecutor.shutdown": ["immediate"],
  // A connection in memory has no TLS; those of `openConnection()` are the same.
  "StreamWriter.startTls": TLS_OPTIONS,
};

Deno.test(
  "every function, constructor and method that takes something is in the table",
  { ignore: BLIND },
  async () => {
    const options = new Map<string, Set<string>>();
    for (const [title, call] of Object.entries(CALLS)) {
      const name = title.replace(/\(.*$/, "");
      const known = options.get(name) ?? new Set();
      for (const option of call.options ?? []) known.add(option);
      options.set(name, known);
    }
    const missing = (await publicApi())
      .filter(({ name, takes }) =>
        takes && !NOT_CALLED.some((pattern) => pattern.test(name))
      )
      .flatMap(({ name, options: wanted }) => {
        const known = options.get(name);
        if (known === undefined) return [name];
        return wanted
          .filter((option) => !known.has(option))
          .filter((option) => !ELSEWHERE[name]?.includes(option))
          .map((option) => `${name}: ${option}`);
      });
    assertEquals(missing, []);
  },
);

Deno.test("there are 40 wrong values", () => {
  assertEquals(wrongValues().length, 40);
});
