/**
 * The project's own lint rules, for the editor and `deno lint`.
 *
 * @module
 */
import { dirname, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname!, "..");

/** Error classes whose names do not end in "Error": CPython's. */
const OTHER_ERRORS = new Set([
  "DOMException",
  "KeyboardInterrupt",
  "QueueEmpty",
  "QueueFull",
  "QueueShutDown",
]);

const CONTRACTION =
  /\b\w+(?:n't|'re|'ve|'ll|'d|'m)\b|\b(?:it|that|there|here|what|who|let)'s\b/i;

const plugin: Deno.lint.Plugin = {
  name: "asyncio",
  rules: {
    /** Error texts: a capital first, no period last, no contraction. */
    "error-message": {
      create(context) {
        // The rule is for what users see: the published modules.
        const folder = relative(ROOT, dirname(resolve(context.filename)));
        if (!/^(_(?!tools)[a-z]+)?$/.test(folder)) return {};
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
  },
};
export default plugin;

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
