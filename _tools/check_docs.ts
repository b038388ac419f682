/**
 * Checks what `deno doc --lint` does not: module comments, examples and tags.
 *
 * - Every exported file has a `@module` comment.
 * - Every exported function and class has an `@example` with a title.
 * - Every `@example` has a title and a block of code.
 * - Every `@throws` names its type in braces.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { captureDeno, exportedFiles, ROOT } from "./_deno.ts";

interface Location {
  readonly filename: string;
  readonly line: number;
}

interface Tag {
  readonly kind: string;
  readonly doc?: string;
  readonly tsType?: unknown;
}

interface JsDoc {
  readonly tags?: readonly Tag[];
}

/** A member of a class or interface; constructors, accessors, methods too. */
interface Member {
  readonly name?: string;
  readonly jsDoc?: JsDoc;
  readonly location?: Location;
}

interface Declaration extends Member {
  readonly location: Location;
  readonly kind: string;
  readonly def?: Readonly<Record<string, unknown>>;
}

interface Documentation {
  readonly nodes: Readonly<
    Record<string, {
      readonly module_doc?: JsDoc;
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly Declaration[];
      }[];
    }>
  >;
}

const MEMBER_LISTS = [
  "constructors",
  "methods",
  "properties",
  "callSignatures",
] as const;

if (import.meta.main) {
  const problems = await findProblems();
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) {
    console.log(`\n${problems.length} problems in the documentation`);
    Deno.exitCode = 1;
  }
}

/** Lists what is missing, as `file:line: problem`. */
async function findProblems(): Promise<string[]> {
  const { code, output } = await captureDeno([
    "doc",
    "--json",
    ...await exportedFiles(),
  ]);
  if (code !== 0) return [output];
  const { nodes }: Documentation = JSON.parse(
    output.slice(output.indexOf("{")),
  );
  const problems: string[] = [];
  for (const [file, { module_doc, symbols }] of Object.entries(nodes)) {
    if (!module_doc?.tags?.some(({ kind }) => kind === "module")) {
      problems.push(at({ filename: file, line: 1 }, "has no @module comment"));
    }
    for (const { name, declarations } of symbols) {
      problems.push(...problemsOf(name, declarations));
    }
  }
  // What is exported by two files is the same place.
  return [...new Set(problems)].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true })
  );
}

function* problemsOf(
  name: string,
  declarations: readonly Declaration[],
): Iterable<string> {
  const [first] = declarations;
  const wantsExample = declarations.some(({ kind }) =>
    kind === "function" || kind === "class"
  );
  const hasExample = declarations.some(({ jsDoc }) =>
    jsDoc?.tags?.some(({ kind }) => kind === "example")
  );
  if (wantsExample && !hasExample) {
    yield at(first!.location, `${name} has no @example`);
  }
  for (const declaration of declarations) {
    yield* tagProblems(name, declaration, declaration.location);
    for (const list of MEMBER_LISTS) {
      const members = (declaration.def?.[list] ?? []) as readonly Member[];
      for (const member of members) {
        yield* tagProblems(
          `${name}.${member.name ?? list}`,
          member,
          declaration.location,
        );
      }
    }
  }
}

function* tagProblems(
  name: string,
  { jsDoc, location }: Member,
  place: Location,
): Iterable<string> {
  for (const { kind, doc = "", tsType } of jsDoc?.tags ?? []) {
    if (kind === "throws" && tsType === undefined) {
      yield at(
        location ?? place,
        `${name} has a @throws without a type in braces: ${firstLine(doc)}`,
      );
    }
    if (kind !== "example") continue;
    if (/^(```|$)/.test(firstLine(doc))) {
      yield at(location ?? place, `${name} has an @example without a title`);
    }
    if (!doc.includes("```")) {
      yield at(location ?? place, `${name} has an @example without code`);
    }
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.trim();
}

function at({ filename, line }: Location, problem: string): string {
  const path = decodeURIComponent(filename).split(ROOT.replaceAll("\\", "/"))
    .at(-1);
  return `${path}:${line}: ${problem}`;
}
