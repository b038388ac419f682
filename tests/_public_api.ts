/**
 * What users can call: functions, constructors, methods and getters, as `deno doc` sees them.
 *
 * @module
 */
import { ROOT } from "./_modules.ts";

/** Something that can be called. */
export interface Callable {
  /** As the table of `_argument_calls.ts` names it: `wait`, `new Lock`, `Lock.acquire`. */
  readonly name: string;
  /** Whether it takes something. */
  readonly takes: boolean;
  /** The properties of its last argument, if that is an interface of the package. */
  readonly options: readonly string[];
  /** The classes of its `@throws`. */
  readonly throws: readonly string[];
}

interface Doc {
  readonly nodes: Readonly<
    Record<string, { readonly symbols: readonly DocSymbol[] }>
  >;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Commented {
  readonly jsDoc?: {
    readonly tags?: readonly {
      readonly kind: string;
      readonly tsType?: { readonly repr: string };
    }[];
  };
}

interface Declaration extends Commented {
  readonly kind: string;
  readonly def: Definition;
}

interface Definition {
  readonly params?: readonly Parameter[];
  readonly constructors?: readonly Method[];
  readonly methods?: readonly Method[];
  readonly properties?: readonly { readonly name: string }[];
  readonly extends?: unknown;
}

interface Method extends Commented {
  readonly name: string;
  readonly accessibility?: string;
  readonly params?: readonly Parameter[];
  readonly functionDef?: { readonly params: readonly Parameter[] };
}

interface Parameter {
  readonly kind: string;
  readonly left?: Parameter;
  readonly tsType?: Type;
}

interface Type {
  readonly kind: string;
  readonly value: unknown;
}

/** Reads what every module of `exports` in deno.json has. */
export async function publicApi(): Promise<readonly Callable[]> {
  const { exports } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)) as {
    exports: Record<string, string>;
  };
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values(exports)],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Doc;
  const all = Object.entries(nodes).flatMap(([file, { symbols }]) => {
    // There is a Context of variables and one of the kit of tests.
    const prefix = file.endsWith("/executor_testing.ts") ? "kit." : "";
    return symbols.flatMap(({ name, declarations }) =>
      declarations.map((declaration) => ({ name, prefix, ...declaration }))
    );
  });
  const interfaces = new Map(
    all.filter(({ kind }) => kind === "interface")
      .map(({ name, def }) => [name, def]),
  );
  const found = new Map<
    string,
    { takes: boolean; options: string[]; throws: string[] }
  >();
  const add = (
    name: string,
    commented: Commented,
    params: readonly Parameter[] = [],
  ): void => {
    const { takes, options, throws } = found.get(name) ??
      { takes: false, options: [], throws: [] };
    const last = params.at(-1);
    if (last !== undefined) options.push(...optionsOf(last, interfaces));
    throws.push(...thrownBy(commented));
    found.set(name, { takes: takes || last !== undefined, options, throws });
  };
  for (const { name, prefix, ...declaration } of all) {
    const { kind, def } = declaration;
    if (kind === "function") add(prefix + name, declaration, def.params);
    for (const made of def.constructors ?? []) {
      add(`new ${prefix}${name}`, made, made.params);
    }
    for (const method of def.methods ?? []) {
      if (method.accessibility || method.name.startsWith("_")) continue;
      const params = method.functionDef?.params ?? method.params;
      add(`${prefix}${name}.${method.name}`, method, params);
    }
  }
  return [...found].map(([name, { takes, options, throws }]) => ({
    name,
    takes,
    options: [...new Set(options)],
    throws: [...new Set(throws)],
  }));
}

function thrownBy({ jsDoc }: Commented): string[] {
  return (jsDoc?.tags ?? []).filter(({ kind }) => kind === "throws")
    .map(({ tsType }) => tsType?.repr ?? "");
}

function optionsOf(
  parameter: Parameter,
  interfaces: ReadonlyMap<string, Definition>,
): string[] {
  const { tsType } = parameter.left ?? parameter;
  return typeNames(tsType).filter((name) => name.endsWith("Options"))
    .flatMap((name) => propertiesOf(name, interfaces));
}

/** The names of the types that a type is made of: of a union all. */
function typeNames(type: Type | undefined): string[] {
  if (type?.kind === "typeRef") {
    return [(type.value as { typeName: string }).typeName];
  }
  if (type?.kind !== "union") return [];
  return (type.value as Type[]).flatMap(typeNames);
}

function propertiesOf(
  name: string,
  interfaces: ReadonlyMap<string, Definition>,
): string[] {
  const def = interfaces.get(name);
  if (def === undefined) return [];
  const own = (def.properties ?? []).map((property) => property.name);
  const bases = [def.extends ?? []].flat() as Type[];
  return [
    ...own,
    ...bases.flatMap(typeNames).flatMap((base) =>
      propertiesOf(base, interfaces)
    ),
  ];
}
