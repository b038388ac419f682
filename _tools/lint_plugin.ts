/**
 * The project's own lint rules, for the editor and `deno lint`.
 *
 * @module
 */
import { dirname, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname!, "..");

/** Error classes whose names do not end in "Error": CPython's. */
const OTHER_ERRORS = new Set([
  "BrokenExecutor",
  "DOMException",
  "KeyboardInterrupt",
  "QueueEmpty",
  "QueueFull",
  "QueueShutDown",
]);

/** The folders that are no part of the library. */
const UNPUBLISHED = new Set([
  "_tools",
  "bench",
  "docs",
  "examples",
  "tests",
]);

const CONTRACTION =
  /\b\w+(?:n't|'re|'ve|'ll|'d|'m)\b|\b(?:it|that|there|here|what|who|let)'s\b/i;

const FUNCTIONS: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "FunctionDeclaration",
  "FunctionExpression",
]);

interface Nested {
  readonly parent?: Deno.lint.Node | null;
}

const plugin: Deno.lint.Plugin = {
  name: "asyncio",
  rules: {
    /** Error texts: a capital first, no period last, no contraction. */
    "error-message": {
      create(context) {
        // The rule is for what users see: the published modules.
        if (!isPublished(folderOf(context.filename))) return {};
        function check(
          node: Deno.lint.Node,
          args: readonly Deno.lint.Node[],
        ): void {
          const text = args[0] && textOf(args[0]);
          const problem = text && problemOf(text);
          if (problem) context.report({ node, message: problem });
        }
        return {
          NewExpression(node) {
            if (node.callee.type !== "Identifier") return;
            const { name } = node.callee;
            if (!name.endsWith("Error") && !OTHER_ERRORS.has(name)) return;
            check(node, messageFirst(name, node.arguments));
          },
          CallExpression(node) {
            if (node.callee.type === "Super") check(node, node.arguments);
          },
        };
      },
    },
    /** A generator function costs V8 a hidden class, 0.6 µs: none is made at each call. */
    "no-inner-generators": {
      create(context) {
        const folder = folderOf(context.filename);
        // The tests of executors are published, and run once.
        if (!isPublished(folder) || folder === "_conformance") return {};
        const message = "A generator function is made at each call: hoist it";
        return {
          FunctionExpression(node) {
            if (node.generator && isInFunction(node)) {
              context.report({ node, message });
            }
          },
          FunctionDeclaration(node) {
            if (node.generator && isInFunction(node)) {
              context.report({ node, message });
            }
          },
        };
      },
    },
    /** What is not the library uses it as its users do: no internals. */
    "no-internals": {
      create(context) {
        if (isPublished(folderOf(context.filename))) return {};
        function check(node: Deno.lint.Node, name: unknown): void {
          if (typeof name !== "string" || !name.startsWith("_")) return;
          if (name === "_") return;
          context.report({ node, message: `"${name}" is internal` });
        }
        return {
          ImportDeclaration(node) {
            check(node, internalFolderOf(node.source.value));
          },
          ExportNamedDeclaration(node) {
            check(node, node.source && internalFolderOf(node.source.value));
          },
          MemberExpression(node) {
            if (!node.computed) check(node, nameOf(node.property));
          },
          MethodDefinition(node) {
            if (!node.computed) check(node, nameOf(node.key));
          },
        };
      },
    },
  },
};
export default plugin;

/** The folder of a file, from the project's root: "" for the root itself. */
function folderOf(file: string): string {
  return relative(ROOT, dirname(resolve(file))).replaceAll("\\", "/");
}

/** Whether the modules of a folder are published. */
function isPublished(folder: string): boolean {
  const [top = ""] = folder.split("/");
  return !UNPUBLISHED.has(top);
}

/** Whether a function stands in another one; methods of a class do not. */
function isInFunction(node: Deno.lint.Node): boolean {
  let outer = (node as Nested).parent;
  while (outer && outer.type !== "ClassBody") {
    if (FUNCTIONS.has(outer.type)) return true;
    outer = (outer as Nested).parent;
  }
  return false;
}

/** The folder of internal modules that an import reaches into, if any. */
function internalFolderOf(source: string): string | undefined {
  return source.split("/").slice(0, -1).find((part) =>
    part.startsWith("_") && part !== "_tools"
  );
}

function nameOf(node: Deno.lint.Node): string | undefined {
  return node.type === "Identifier" ? node.name : undefined;
}

/** An AggregateError has its message second. */
function messageFirst(
  name: string,
  args: readonly Deno.lint.Node[],
): readonly Deno.lint.Node[] {
  return name === "AggregateError" ? args.slice(1) : args;
}

/** The text of a message, with `{}` for each inserted value. */
function textOf(node: Deno.lint.Node): string | undefined {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : undefined;
    case "TemplateLiteral":
      return node.quasis.map(({ cooked }) => cooked).join("{}");
    case "BinaryExpression":
      return `${textOf(node.left) ?? "{}"}${textOf(node.right) ?? "{}"}`;
    default:
      return undefined;
  }
}

function problemOf(text: string): string | undefined {
  if (/^\p{Ll}/u.test(text)) return "An error message begins with a capital";
  if (/[^.]\.$/.test(text)) return "An error message ends without a period";
  const [contraction] = CONTRACTION.exec(text) ?? [];
  return contraction === undefined
    ? undefined
    : `An error message has no contraction: "${contraction}"`;
}
