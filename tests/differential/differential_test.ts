/**
 * The parts of the differential test that need no Python.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BLIND, readText } from "../_modules.ts";
import { MUTANTS } from "./mutants.ts";
import { firstDifference } from "./compare.ts";
import { generate } from "./generate.ts";
import { interpret } from "./interpret.ts";
import { parseOptions, UsageError } from "./options.ts";
import {
  type Block,
  formatProgram,
  isEager,
  type Program,
  sizeOf,
  type Statement,
} from "./program.ts";
import { shrink } from "./shrink.ts";

function programOf(...main: Statement[]): Program {
  return {
    seed: 0,
    eager: false,
    turns: false,
    objects: { F0: ["future"] },
    main: ["do", ...main],
    runs: null,
  };
}

function block(...statements: Statement[]): Block {
  return ["do", ...statements];
}

Deno.test("generate() gives the same program for the same seed", () => {
  for (let seed = 0; seed < 20; seed++) {
    assertEquals(generate(seed), generate(seed));
  }
});

Deno.test("generate() gives another program for another seed", () => {
  const texts = Array.from(
    { length: 50 },
    (_, seed) => JSON.stringify(generate(seed).main),
  );
  assertEquals(new Set(texts).size, 50);
});

Deno.test("generate() leaves out what it is told to", () => {
  for (let seed = 0; seed < 50; seed++) {
    const program = generate(seed, new Set(["gather", "queue", "eager"]));
    const text = JSON.stringify(program);
    assert(!/"gather|"queue/.test(text), text);
    assert(!isEager(program), text);
  }
});

Deno.test("shrink() drops all that does not matter", async () => {
  const program = programOf(
    ["sleep", 1, 0],
    ["task", "t0", false, block(["sleep", 1, 0], ["raise", "X1"])],
    ["try", block(["sleep", 2, 0]), "all", block(), block(["sleep", 3, 0])],
    ["gather", [["ref", "t0"], ["ref", "F0"]], false],
  );
  const raises = (smaller: Program): Promise<boolean> =>
    Promise.resolve(JSON.stringify(smaller).includes("raise"));
  const smallest = await shrink(program, raises);
  assertEquals(smallest.main, block(["raise", "X1"]));
  assertEquals(smallest.objects, {});
});

Deno.test("shrink() keeps a program of which all matters", async () => {
  const program = programOf(["await", ["ref", "F0"]]);
  assertEquals(
    await shrink(
      program,
      (smaller) => Promise.resolve(sizeOf(smaller.main) > 0),
    ),
    program,
  );
});

Deno.test("firstDifference() compares event by event in generator style", () => {
  const python = [[0, 0, "a", "x"], [0, 0, "b", "y"]] as const;
  assertEquals(firstDifference(python, python, "generator"), undefined);
  assert(firstDifference(python, python.toReversed(), "generator"));
});

Deno.test("firstDifference() compares task by task in async style", () => {
  const python = [[0, 0, "a", "x"], [0, 1, "b", "y"]] as const;
  const late = [[0, 0, "a", "x"], [1, 0, "b", "y"]] as const;
  assertEquals(
    firstDifference(python, python.toReversed(), "async"),
    undefined,
  );
  assert(firstDifference(python, late, "async"));
});

Deno.test("firstDifference() takes a message that Python has lost", () => {
  const without = [[0, 0, "a", "await !! Cancelled()"]] as const;
  const withOne = [[0, 0, "a", "await !! Cancelled(m1)"]] as const;
  assertEquals(firstDifference(without, withOne, "generator"), undefined);
  assert(firstDifference(withOne, without, "generator"));
});

Deno.test("formatProgram() writes one statement a line", () => {
  const program = programOf(["task", "t0", false, block(["sleep", 1, 0])]);
  assertEquals(
    formatProgram(program),
    "seed 0\nF0 = future()\ntask t0 false {…}\n  sleep 1 0",
  );
});

Deno.test("parseOptions() refuses what makes no sense", () => {
  const lines = [
    ["--seeds", "1-2"],
    ["--seeds", "5..5"],
    ["--seeds"],
    ["--style", "callback"],
    ["--without", "love"],
    ["--show", "all"],
    ["--fast"],
  ];
  for (const line of lines) {
    assertThrows(() => parseOptions(line), UsageError);
  }
});

Deno.test("parseOptions() reads ranges and single seeds", () => {
  const { first, end } = parseOptions(["--seeds", "7..9"]);
  assertEquals([first, end], [7, 9]);
  assertEquals(parseOptions(["--seeds", "7"]).end, 8);
});

Deno.test("interpret() gives the same trace every time", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const program = generate(seed, new Set(["all", "asyncgen"]));
    assertEquals(
      await interpret(program, "generator"),
      await interpret(program, "generator"),
    );
  }
});

Deno.test("interpret() gives the same traces in both styles", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const program = {
      ...generate(seed, new Set(["all", "asyncgen", "eager"])),
      turns: false,
    };
    const generators = await interpret(program, "generator");
    const asyncs = await interpret(program, "async");
    const difference = firstDifference(generators, asyncs, "async");
    assertEquals(difference, undefined, formatProgram(program));
  }
});

Deno.test({
  name: "each mutant has its text in the library, once",
  ignore: BLIND,
  fn() {
    for (const { name, file, find } of MUTANTS) {
      assertEquals(readText(file).split(find).length - 1, 1, name);
    }
  },
});
