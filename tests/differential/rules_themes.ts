/**
 * Draws what only some programs use: context variables, races, and what ends a run.
 *
 * @module
 */
import type { Drawer, Place, Rule } from "./drawer.ts";
import type { Feature } from "./features.ts";
import { windowRules } from "./rules_waits.ts";
import type { Block, Json, Statement } from "./program.ts";
import { Random } from "./random.ts";

/** How often a program uses these. */
const THEMES: readonly (readonly [Feature, number])[] = [
  ["all", 0.1],
  ["asyncgen", 0.15],
  ["factory", 0.1],
  ["host", 0.2],
  ["keep", 0.12],
  ["looks", 0.2],
  ["context", 0.2],
  ["race", 0.2],
  ["groupErrors", 0.12],
  ["handler", 0.1],
  ["interrupt", 0.08],
  ["stop", 0.08],
  ["window", 0.15],
];

const READERS = 0.15;

/** Draws the statements of a program's themes. */
export class MoreRules {
  readonly #draw: Drawer;
  readonly #themes: Set<Feature>;
  readonly #vars: string[] = [];
  readonly #tokens: [variable: string, token: string][] = [];
  readonly #contexts: string[] = [];
  /** Those that nobody has entered. */
  readonly #copies: string[] = [];
  readonly #asyncgens: string[] = [];

  /** Draws the themes. */
  constructor(draw: Drawer) {
    this.#draw = draw;
    const drawn = THEMES.map(([theme, chance]) =>
      [theme, draw.random.chance(chance)] as const
    );
    this.#themes = new Set(
      drawn.filter(([theme, isIn]) => isIn && draw.may(theme)).map(([theme]) =>
        theme
      ),
    );
    // Drawn for itself: the programs of all other seeds are as they were before there were any.
    if (new Random(~draw.seed).chance(READERS) && draw.may("reader")) {
      this.#themes.add("reader");
    }
    // Async functions alone have these, and differ in eager tasks.
    if (draw.isEager) {
      this.#themes.delete("all");
      this.#themes.delete("asyncgen");
    }
    // Out of an eager task or a race it comes otherwise: see departures.md.
    if (draw.isEager || this.#themes.has("race")) {
      this.#themes.delete("interrupt");
    }
  }

  /** Whether the program has a theme. */
  has(theme: Feature): boolean {
    return this.#themes.has(theme);
  }

  /** Gives the context variables of the program, and their defaults. */
  drawVars(): [name: string, value: number | null][] {
    if (!this.#themes.has("context")) return [];
    const { random } = this.#draw;
    for (let count = random.between(1, 2); count > 0; count--) {
      this.#vars.push(this.#draw.name("V"));
    }
    return this.#vars.map((name) => [name, random.pick([null, 0])]);
  }

  /** Gives the last argument of a task that may run in a context of its own. */
  taskContext(): string[] {
    // An eager one may not enter a context that is entered: see departures.md.
    return this.#draw.isEager ? [] : this.inContext();
  }

  /** Gives the last argument of what may run in a context of its own. */
  inContext(): string[] {
    const { random } = this.#draw;
    if (this.#contexts.length === 0 || !random.chance(0.3)) return [];
    return [random.pick(this.#contexts)];
  }

  /** Gives the rules of the themes. */
  rules(_place: Place): Rule[] {
    const rules: Rule[] = [];
    if (this.#themes.has("asyncgen")) rules.push(...this.#asyncgenRules());
    if (this.#themes.has("host")) {
      const hops = this.#draw.random.pick([1, 1, 2, 2, 3, 3, 8]);
      rules.push({ weight: 6, waits: true, make: () => ["host", hops] });
    }
    if (this.#themes.has("context")) rules.push(...this.#contextRules());
    if (this.#themes.has("race")) rules.push(...this.#raceRules());
    if (this.#themes.has("handler")) rules.push(...this.#handlerRules());
    if (this.#themes.has("window")) rules.push(...windowRules(this.#draw));
    if (this.#themes.has("all")) rules.push(this.#allRule());
    if (this.#themes.has("interrupt")) {
      rules.push({ weight: 1, make: () => ["interrupt"] });
    }
    if (this.#themes.has("factory")) {
      rules.push({ weight: 2, make: () => this.#factory() });
    }
    if (this.#themes.has("stop")) {
      rules.push({ weight: 2, make: () => ["stop"] });
    }
    return rules;
  }

  #contextRules(): Rule[] {
    const draw = this.#draw;
    // An eager task runs inside another one: see departures.md.
    const runnable = draw.isEager ? this.#copies : this.#contexts;
    const { random } = draw;
    return [
      {
        weight: 8,
        names: true,
        make: () => {
          const variable = random.pick(this.#vars);
          const token = draw.name("k");
          this.#tokens.push([variable, token]);
          return ["var.set", variable, draw.value(), token];
        },
      },
      {
        weight: 4,
        when: this.#tokens.length > 0,
        make: () => {
          const [variable, token] = random.pick(this.#tokens);
          const other = random.chance(0.1) ? random.pick(this.#vars) : variable;
          return ["var.reset", other, token];
        },
      },
      { weight: 1, make: () => ["var.get", random.pick(this.#vars)] },
      {
        weight: 2,
        names: true,
        make: () => {
          const name = this.#context();
          this.#copies.push(name);
          return ["context.copy", name];
        },
      },
      {
        weight: 2,
        names: true,
        make: () => {
          const task = draw.taskTarget();
          return ["context.of", this.#context(), task];
        },
      },
      {
        weight: 3,
        nests: true,
        when: runnable.length > 0,
        make: (place) => [
          "context.run",
          random.pick(runnable),
          draw.block(draw.callbackPlace(place), 2),
        ],
      },
      {
        weight: 1,
        when: this.#contexts.length > 0,
        make: () => ["context.see", random.pick(this.#contexts)],
      },
    ];
  }

  #context(): string {
    const name = this.#draw.name("x");
    this.#contexts.push(name);
    return name;
  }

  #asyncgenRules(): Rule[] {
    const draw = this.#draw;
    const { random } = draw;
    const some = this.#asyncgens.length > 0;
    const one = (): string => random.pick(this.#asyncgens);
    return [
      {
        weight: some ? 4 : 12,
        names: true,
        waits: true,
        nests: true,
        make: (place) => {
          const kind = random.pick(["all", "error", "cancel", "none", "none"]);
          const items = Array.from(
            { length: random.between(1, 3) },
            () => [draw.value(), draw.block(draw.nested(place), 2)],
          );
          const handler: Block = kind === "none" ? ["do"] : draw.handler(place);
          const final = draw.block(draw.nested(place, { returns: false }), 2);
          const name = draw.name("y");
          this.#asyncgens.push(name);
          return ["agen", name, items, kind, handler, final];
        },
      },
      {
        weight: 10,
        waits: true,
        nests: true,
        when: some,
        make: (place) => [
          "forEach",
          one(),
          random.between(1, 4),
          draw.block(draw.nested(place), 2),
        ],
      },
      {
        weight: 7,
        waits: true,
        when: some,
        make: () => ["agen.next", one()],
      },
      {
        weight: 2,
        waits: true,
        when: some,
        make: () => ["agen.throw", one(), `X${random.between(1, 3)}`],
      },
      {
        weight: 3,
        waits: true,
        when: some,
        make: () => ["agen.close", one()],
      },
    ];
  }

  #raceRules(): Rule[] {
    const draw = this.#draw;
    const { random } = draw;
    return [
      {
        weight: 4,
        waits: true,
        names: true,
        nests: true,
        make: (place) => [
          "staggered",
          Array.from(
            { length: random.between(1, 3) },
            () => draw.coroutine(place),
          ),
          draw.timeLimit(),
        ],
      },
      {
        weight: 6,
        waits: true,
        make: (place) => ["race", draw.operands(place)],
      },
      {
        weight: 3,
        waits: true,
        names: true,
        // One that fails: when all are cancelled, the error is a cancel to the task.
        make: (place) => {
          const failing = ["raise", `X${random.between(1, 3)}`];
          return ["firstSuccess", [
            ...draw.operands(place),
            ["coro", draw.name("c"), ["do", failing]],
          ]];
        },
      },
    ];
  }

  /** Several waits beside each other that can't fail: what is left would be ended by the task. */
  #allRule(): Rule {
    const draw = this.#draw;
    const { random } = draw;
    return {
      weight: 10,
      waits: true,
      make: () => {
        const operands: Json[] = Array.from(
          { length: random.between(1, 3) },
          // Not 0: that is no future, but a turn of the task itself.
          () => ["sleep", draw.delay() || 1, draw.value()],
        );
        const events = draw.objectsOf("event");
        if (events.length > 0 && random.chance(0.6)) {
          const at = random.between(0, operands.length);
          operands.splice(at, 0, ["event", random.pick(events)]);
        }
        return ["all", operands];
      },
    };
  }

  /** Of eager ones only where they are compared. */
  #factory(): Statement {
    const kinds = this.#draw.isEager
      ? ["eager", "own", "none"]
      : ["own", "none"];
    return ["setFactory", this.#draw.random.pick(kinds)];
  }

  #handlerRules(): Rule[] {
    const { random } = this.#draw;
    return [
      { weight: 3, make: () => ["callHandler", `X${random.between(1, 3)}`] },
      {
        weight: 1.5,
        make: () => [
          "setHandler",
          random.pick(["default", "failing", "plain"]),
        ],
      },
    ];
  }
}
