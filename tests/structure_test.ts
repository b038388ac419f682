/**
 * Some things stand in one place of the library only.
 *
 * Each rule below names the places; to have another one, change the table and
 * say why.
 */
import { assertEquals } from "@std/assert";
import { BLIND, libraryModules, readText, ROOT } from "./_modules.ts";

type Node = Deno.lint.Node;
type Program = Deno.lint.Program;

interface Rule {
  /** What is looked for. */
  readonly what: string;
  /** The only modules that may have it. */
  readonly places: readonly string[];
  /** Calls `found` for every place of a module that has it. */
  look(found: (node: Node) => void): Deno.lint.LintVisitor;
}

const COLLECTIONS = ["Array", "Map", "Set", "WeakMap", "WeakSet"];

const HOST_TIME = [
  "MessageChannel",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "performance",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** What stands in declarations is read where there are no types of the DOM, too. */
const DOM_TYPES = ["Transferable", "Worker"];

const RULES: readonly Rule[] = [
  {
    what: "module-level mutable state",
    places: [
      "_base/running.ts",
      "_host/async_context.ts",
      "_host/signals.ts",
      // A worker has its own state, whose threads never load the rest of a pool.
      "_worker/state.ts",
    ],
    look: (found) => ({
      VariableDeclaration(node) {
        if (isOfModule(node) && node.kind !== "const" && !isType(node)) {
          found(node);
        }
      },
      NewExpression(node) {
        if (
          node.callee.type === "Identifier" &&
          COLLECTIONS.includes(node.callee.name) &&
          isOfModule(node) && !isReadonly(node)
        ) found(node);
      },
    }),
  },
  {
    what: "a listener for abort",
    places: ["_host/abort_signal.ts"],
    look: (found) => ({
      CallExpression(node) {
        const [event] = node.arguments;
        if (
          node.callee.type === "MemberExpression" &&
          nameOf(node.callee.property) === "addEventListener" &&
          event?.type === "Literal" && event.value === "abort"
        ) found(node);
      },
      AssignmentExpression(node) {
        if (
          node.left.type === "MemberExpression" &&
          nameOf(node.left.property) === "onabort"
        ) found(node);
      },
    }),
  },
  {
    what: "import.meta when a module is loaded, which bundles lack,",
    places: [],
    look: (found) => ({
      MetaProperty(node) {
        if (isOfModule(node)) found(node);
      },
    }),
  },
  {
    what: "Promise.withResolvers(), which Node 20 lacks,",
    // They run in Deno alone.
    places: ["_net/deno_network.ts", "_net/deno_transport.ts"],
    look: (found) => ({
      MemberExpression(node) {
        if (nameOf(node.property) === "withResolvers") found(node);
      },
    }),
  },
  {
    what: "a declaration by a type that Node has not",
    places: [],
    look: (found) => ({
      TSTypeReference(node) {
        if (DOM_TYPES.includes(nameOf(node.typeName)!) && !isOfCast(node)) {
          found(node);
        }
      },
    }),
  },
  {
    what: "a host timer",
    // The turn of the host is no matter of the clock; a thread is spoken to by a channel's
    // port.
    places: ["_host/turn.ts", "_channel/thread_channel.ts", "clock.ts"],
    look: (found) => ({
      Identifier(node) {
        if (HOST_TIME.includes(node.name)) found(node);
      },
    }),
  },
];

for (const { what, places, look } of RULES) {
  Deno.test({
    name: places.length === 0
      ? `${what} stands nowhere`
      : `${what} stands in ${places.join(" and ")} only`,
    ignore: BLIND || Deno.lint === undefined,
    fn() {
      const modules = libraryModules().filter((name) => !places.includes(name));
      assertEquals(modules.flatMap((name) => find(name, look)), []);
    },
  });
}

const MOST_LINES = 300;

/** The files with more lines of code, and why they are not split. */
const LONG: Readonly<Record<string, string>> = {
  "_conformance/jobs.ts": "the jobs of all checks: executors take one module",
  "future.ts": "one class, and what only it needs",
  "gather.ts": "one class, and the types of five ways to call it",
  "loop.ts": "one class: the methods of CPython's loop",
  "task.ts": "one class, and what only it needs",
  "_loop/turns.ts": "one class: when runnables run, and when the host does",
};

Deno.test({
  name: `a file of more than ${MOST_LINES} lines of code has its reason`,
  ignore: BLIND,
  fn() {
    const long = libraryModules().filter((name) =>
      linesOfCode(readText(name)) > MOST_LINES
    );
    assertEquals(long, Object.keys(LONG).sort());
  },
});

/** How many lines are neither empty nor comments. */
function linesOfCode(source: string): number {
  return source
    .replace(/^\s*\/\*\*?[^]*?\*\//gm, "")
    .split("\n")
    .filter((line) => !/^\s*(\/\/.*)?$/.test(line))
    .length;
}

const SAMPLES: readonly [what: string, source: string][] = [
  ["module-level mutable state", "export let x = 1;"],
  ["module-level mutable state", "const x = new Map();"],
  ["module-level mutable state", "const x = { y: new Set() };"],
  ["module-level mutable state", "class A { static x = new WeakMap(); }"],
  ["a listener for abort", `signal.addEventListener("abort", f);`],
  ["a listener for abort", "signal.onabort = f;"],
  [
    "import.meta when a module is loaded, which bundles lack,",
    `const x = new URL("../", import.meta.url);`,
  ],
  [
    "Promise.withResolvers(), which Node 20 lacks,",
    "const { promise } = Promise.withResolvers();",
  ],
  [
    "a declaration by a type that Node has not",
    "export function f(x: readonly Transferable[]) {}",
  ],
  ["a declaration by a type that Node has not", "type A = () => Worker;"],
  ["a host timer", "globalThis.setTimeout(f, 1);"],
  ["a host timer", "performance.now();"],
];

const INNOCENT = `
  type Names = ReadonlySet<string>;
  const A: ReadonlyMap<string, number> = new Map();
  const B: Names = new Set(["a"]);
  class C { x = new Map(); f() { let y = new Set(); return y; } }
  function f() { let x = new Map(); return () => new Set([x]); }
  const g = () => new Map();
  const h = () => import.meta.url;
  button.addEventListener("click", f);
  declare let host: unknown;
  const k = (x: object[]) => port.postMessage(x, x as Transferable[]);
`;

Deno.test({
  name: "the rules find what they look for, and nothing else",
  ignore: Deno.lint === undefined,
  fn() {
    for (const [what, source] of SAMPLES) {
      const { look } = RULES.find((rule) => rule.what === what)!;
      assertEquals(findIn("sample.ts", source, look).length, 1, source);
    }
    for (const { look } of RULES) {
      assertEquals(findIn("sample.ts", INNOCENT, look), []);
    }
  },
});

function find(name: string, look: Rule["look"]): string[] {
  return findIn(name, readText(name), look);
}

/** The places in a module, as `file:line: source`. */
function findIn(name: string, source: string, look: Rule["look"]): string[] {
  const plugin: Deno.lint.Plugin = {
    name: "structure",
    rules: {
      place: {
        create: (context) =>
          look((node) => context.report({ node, message: "Found" })),
      },
    },
  };
  return Deno.lint.runPlugin(plugin, ROOT + name, source).map(({ range }) => {
    const before = source.slice(0, range[0]).split("\n");
    const line = source.split("\n")[before.length - 1]!.trim();
    return `${name}:${before.length}: ${line}`;
  });
}

/** Whether a type is what a value is cast to, which stands in no declaration. */
function isOfCast(node: Node): boolean {
  return node.type === "TSAsExpression" ||
    node.type !== "Program" && isOfCast((node as { parent: Node }).parent);
}

/** Whether a node is evaluated once, with its module. */
function isOfModule(node: Node): boolean {
  const { parent } = node as { parent?: Node };
  if (parent === undefined || parent.type === "Program") return true;
  switch (parent.type) {
    case "ArrowFunctionExpression":
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "MethodDefinition":
      return false;
    case "PropertyDefinition":
      return parent.static;
    default:
      return isOfModule(parent);
  }
}

/** Whether a declaration tells of a type only. */
function isType(node: Deno.lint.VariableDeclaration): boolean {
  return node.declare;
}

/** Whether a collection is at once given to a name that can't change it. */
function isReadonly({ parent }: Deno.lint.NewExpression): boolean {
  if (parent.type !== "VariableDeclarator") return false;
  const annotation = parent.id.type === "Identifier"
    ? parent.id.typeAnnotation?.typeAnnotation
    : undefined;
  return isReadonlyType(annotation, programOf(parent));
}

function isReadonlyType(type: Node | undefined, { body }: Program): boolean {
  if (type?.type !== "TSTypeReference") return false;
  const name = nameOf(type.typeName);
  if (name === "ReadonlyMap" || name === "ReadonlySet") return true;
  const alias = body
    .map((node) =>
      node.type === "ExportNamedDeclaration" ? node.declaration : node
    )
    .find((node) =>
      node?.type === "TSTypeAliasDeclaration" && node.id.name === name
    ) as Deno.lint.TSTypeAliasDeclaration | undefined;
  return alias !== undefined &&
    isReadonlyType(alias.typeAnnotation, { body } as Program);
}

function programOf(node: Node): Program {
  return node.type === "Program"
    ? node
    : programOf((node as { parent: Node }).parent);
}

function nameOf(node: Node): string | undefined {
  return node.type === "Identifier" ? node.name : undefined;
}
