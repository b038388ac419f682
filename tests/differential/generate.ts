/**
 * Draws small random programs. The same seed always gives the same program.
 *
 * Programs are made to collide: few objects, few moments, many waits. Three rules
 * keep them meaningful, beside the departures listed in `departures.md`:
 *
 * - A task awaits only what ends above it in the text. So no tasks await each
 *   other in a circle, which overflows CPython's stack when one is cancelled.
 * - Names are static. One that does not exist yet when it is needed is skipped by
 *   both interpreters alike.
 * - Nothing loops without bound, so every program ends or deadlocks.
 *
 * @module
 */
import type { Block, Json, Program, Statement } from "./program.ts";
import { MoreRules } from "./generate_more.ts";
import { Random } from "./random.ts";

/** What can be left out of programs with `--without`. */
export const FEATURES = [
  "asCompleted",
  "asyncgen",
  "barrier",
  "callback",
  "cancel",
  "condition",
  "context",
  "eager",
  "event",
  "future",
  "gather",
  "group",
  "handler",
  "host",
  "interrupt",
  "lock",
  "message",
  "queue",
  "race",
  "raiseCancelled",
  "repeat",
  "reschedule",
  "runner",
  "semaphore",
  "shield",
  "stop",
  "timeout",
  "timer",
  "uncancel",
  "wait",
  "waitFor",
] as const;

/** A part of the language that can be left out. */
export type Feature = (typeof FEATURES)[number];

/**
 * Draws the program of a seed.
 *
 * @param seed Any whole number.
 * @param without What the program must not use.
 */
export function generate(
  seed: number,
  without: ReadonlySet<Feature> = new Set(),
): Program {
  return new Generator(seed, without).program();
}

/** Where a statement will stand. */
export interface Place {
  /** Whether it may wait: callbacks may not. */
  readonly waits: boolean;
  /** Whether it may make names: what is repeated may not. */
  readonly names: boolean;
  /** Whether it may return: `finally` may not, it would swallow errors. */
  readonly returns: boolean;
  readonly depth: number;
}

/** A kind of statement, and how often it is drawn. */
export interface Rule {
  readonly weight: number;
  readonly feature?: Feature;
  /** Whether it needs a place that may wait. */
  readonly waits?: boolean;
  /** Whether it needs a place that may make names. */
  readonly names?: boolean;
  /** Whether it has a block inside. */
  readonly nests?: boolean;
  readonly when?: boolean;
  /** Draws the statement. */
  make(place: Place): Statement;
}

const ENDINGS: ReadonlySet<string> = new Set([
  "raise",
  "raiseCancelled",
  "interrupt",
  "return",
]);
const WAKERS: ReadonlySet<string> = new Set([
  "release",
  "event.set",
  "condition.notify",
  "queue.putNowait",
  "queue.getNowait",
  "queue.put",
  "setResult",
  "with",
]);
const MAX_DEPTH = 5;
const FLATTENING = 0.7;
const DELAYS = [0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 6, 8, 12];
const TIMEOUTS = [null, -1, 0, 0, 1, 1, 2, 2, 3, 4, 8];
const OBJECT_KINDS = [
  "lock",
  "event",
  "semaphore",
  "condition",
  "barrier",
  "queue",
] as const;

class Generator {
  readonly #seed: number;
  readonly #random: Random;
  readonly #without: ReadonlySet<Feature>;
  readonly #objects: Record<string, [kind: string, ...args: Json[]]> = {};
  /** What stands whole above the current point: it may be awaited. */
  readonly #awaitable: string[] = [];
  /** What has at least begun: it may be cancelled. */
  readonly #cancellable: string[] = [];
  readonly #tasks: string[] = [];
  readonly #timeouts: string[] = [];
  readonly #groups: string[] = [];
  readonly #handles: string[] = [];
  readonly #callbacks: [future: string, callback: string][] = [];
  readonly #more: MoreRules;
  /** Whether cancels carry messages. */
  readonly #messages: boolean;
  /** Whether tasks start eagerly. */
  readonly #eager: boolean;
  /** How much more often than once the shared objects are used. */
  readonly #crowd: number;
  #names = 0;
  #budget: number;

  constructor(seed: number, without: ReadonlySet<Feature>) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#without = without;
    this.#messages = this.#may("message") && this.#random.chance(0.5);
    this.#eager = this.#may("eager") && this.#random.chance(0.3);
    this.#crowd = this.#random.pick([1, 2, 4]);
    this.#budget = this.#random.between(8, 45);
    this.#more = new MoreRules({
      random: this.#random,
      isEager: this.#eager,
      may: (feature) => this.#may(feature),
      name: (prefix) => this.#name(prefix),
      block: (place, most) => this.#block(this.#nested(place), most),
      callback: (place) => this.#block(this.#callbackPlace(place), 2),
      operand: (place) => this.#operand(place),
      operands: (place) => this.#operands(place),
      coroutine: (place) => this.#coroutine(place),
      delay: () => this.#delay(),
      timeLimit: () => this.#timeLimit(),
      value: () => this.#value(),
      taskTarget: () => this.#taskTarget(),
      handler: (place) => this.#handler(place),
    });
  }

  program(): Program {
    const random = this.#random;
    const eager = this.#eager && random.chance(0.3);
    const turns = random.chance(0.5);
    this.#drawObjects();
    const place: Place = { waits: true, names: true, returns: true, depth: 0 };
    const statements: Statement[] = [];
    for (let count = random.between(1, 3); count > 0; count--) {
      statements.push(this.#task(place));
    }
    for (const [name, [kind]] of Object.entries(this.#objects)) {
      if (kind === "future" || kind === "var") continue;
      while (random.chance(0.4)) statements.push(this.#user(name, place));
    }
    for (const statement of this.#statements(place, random.between(3, 12))) {
      // A main task that falls at the first error would show little.
      const sturdy = random.chance(0.4);
      statements.push(
        sturdy ? ["try", ["do", statement], "all", ["do"], null] : statement,
      );
    }
    // Half of the programs let their tasks end; the other half cut them off.
    if (random.chance(0.5)) statements.push(this.#ending());
    const runs = this.#may("runner") && random.chance(0.2)
      ? this.#laterMains(place)
      : null;
    return {
      seed: this.#seed,
      eager,
      turns,
      objects: this.#objects,
      main: ["do", ...statements],
      runs,
    };
  }

  #laterMains(place: Place): Block[] {
    return Array.from({ length: this.#random.pick([0, 0, 1, 2]) }, () => {
      this.#budget = Math.max(this.#budget, 4);
      return this.#block(place, 6);
    });
  }

  #may(feature: Feature | undefined): boolean {
    return feature === undefined || !this.#without.has(feature);
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #drawObjects(): void {
    const random = this.#random;
    const kinds = OBJECT_KINDS.filter((kind) => this.#may(kind));
    for (
      let count = random.between(0, 3);
      count > 0 && kinds.length > 0;
      count--
    ) {
      const kind = random.pick(kinds);
      const name = this.#name(kind[0]!.toUpperCase());
      this.#objects[name] = [kind, ...this.#objectArguments(kind)];
    }
    for (
      let count = random.between(0, 2);
      count > 0 && this.#may("future");
      count--
    ) {
      const name = this.#name("F");
      this.#objects[name] = ["future"];
      this.#awaitable.push(name);
      this.#cancellable.push(name);
    }
    for (const [name, value] of this.#more.drawVars()) {
      this.#objects[name] = ["var", value];
    }
  }

  #objectArguments(kind: (typeof OBJECT_KINDS)[number]): Json[] {
    const random = this.#random;
    switch (kind) {
      case "semaphore":
        return [random.between(0, 2), random.chance(0.4)];
      case "condition":
        return [this.#objectsOf("lock")[0] ?? null];
      case "barrier":
        return [random.between(1, 3)];
      case "queue":
        return [
          random.pick(["fifo", "fifo", "lifo", "priority"]),
          random.between(0, 2),
        ];
      default:
        return [];
    }
  }

  #objectsOf(kind: string): string[] {
    return Object.keys(this.#objects).filter((name) =>
      this.#objects[name]![0] === kind
    );
  }

  #ending(): Statement {
    const names = [...this.#tasks];
    const refs = names.map((name) => ["ref", name]);
    const endings: Statement[] = [["sleep", 24, 0]];
    if (this.#may("gather")) endings.push(["gather", refs, !this.#messages]);
    if (this.#may("wait")) {
      const limit = this.#random.pick([null, 8, 24]);
      endings.push(["wait", names, limit, "ALL_COMPLETED"]);
    }
    return this.#random.pick(endings);
  }

  #block(place: Place, longest: number): Block {
    return ["do", ...this.#statements(place, this.#random.between(1, longest))];
  }

  #statements(place: Place, count: number): Statement[] {
    const statements: Statement[] = [];
    while (
      statements.length < count && (this.#budget > 0 || statements.length === 0)
    ) {
      const statement = this.#statement(place);
      statements.push(statement);
      // What stands behind these would never run.
      if (ENDINGS.has(statement[0])) break;
      // The most telling moment: somebody is woken and cancelled at once.
      if (
        WAKERS.has(statement[0]) && this.#may("cancel") &&
        this.#random.chance(0.3)
      ) statements.push(["cancel", this.#target(), this.#message()]);
    }
    return statements;
  }

  #statement(place: Place): Statement {
    const names = Object.keys(this.#objects);
    const objectRules = names.flatMap((name) => this.#objectRules(name)).map((
      rule,
    ) => ({ ...rule, weight: rule.weight * this.#crowd }));
    const rules = [...this.#rules(place), ...this.#more.rules(place)];
    return this.#choose([...rules, ...objectRules], place);
  }

  #choose(rules: readonly Rule[], place: Place): Statement {
    this.#budget--;
    const fitting = rules.filter((rule) =>
      this.#may(rule.feature) && (rule.when ?? true) &&
      (place.waits || !rule.waits) &&
      (place.names || !rule.names) && (!rule.nests || place.depth < MAX_DEPTH)
    );
    // The deeper, the flatter: or the first task would use the whole budget up.
    const flattened = fitting.map((rule) => ({
      rule,
      weight: rule.nests
        ? rule.weight * FLATTENING ** place.depth
        : rule.weight,
    }));
    return this.#random.weighted(flattened).rule.make(place);
  }

  #nested(place: Place, change: Partial<Place> = {}): Place {
    return { ...place, depth: place.depth + 1, ...change };
  }

  #callbackPlace(place: Place): Place {
    return this.#nested(place, { waits: false, returns: false });
  }

  #delay(): number {
    return this.#random.pick(DELAYS);
  }

  #timeLimit(): number | null {
    return this.#random.pick(TIMEOUTS);
  }

  #value(): number {
    return this.#random.between(0, 9);
  }

  #message(): string | null {
    return this.#messages && this.#random.chance(0.7)
      ? `m${this.#value()}`
      : null;
  }

  /** Cancelled, such a `gather` has a message by accident: see departures.md. */
  #returnExceptions(): boolean {
    return !this.#messages && this.#random.chance(0.7);
  }

  #awaited(): string {
    return this.#random.pick(this.#awaitable);
  }

  /** The target of a cancel: anything begun, the canceller itself, or what may come to be. */
  #target(): string {
    if (this.#cancellable.length === 0 || this.#random.chance(0.12)) {
      return "self";
    }
    if (this.#random.chance(0.05)) {
      return `t${this.#names + this.#random.between(0, 3)}`;
    }
    return this.#random.pick(this.#cancellable);
  }

  #taskTarget(): string {
    return this.#tasks.length === 0 || this.#random.chance(0.6)
      ? "self"
      : this.#random.pick(this.#tasks);
  }

  #task(place: Place, drawBody = () => this.#body(place)): Statement {
    const name = this.#name("t");
    this.#tasks.push(name);
    this.#cancellable.push(name);
    const eager = this.#eager && this.#random.chance(0.4);
    const body = drawBody();
    this.#awaitable.push(name);
    return ["task", name, eager, body, ...this.#more.taskContext()];
  }

  /** A task that does nothing but use one object. */
  #user(object: string, place: Place): Statement {
    const inside = this.#nested(place);
    return this.#task(place, () => {
      const rules = this.#objectRules(object);
      const statements = Array.from(
        { length: this.#random.between(1, 3) },
        () => this.#choose(rules, inside),
      );
      return ["do", ...statements];
    });
  }

  #body(place: Place): Block {
    return this.#block(this.#nested(place, { waits: true, returns: true }), 5);
  }

  /** An awaitable expression. */
  #operand(place: Place): Json {
    const random = this.#random;
    const coroutine = place.depth < MAX_DEPTH && this.#budget > 0 &&
      place.names;
    if (
      coroutine &&
      random.chance(
        (this.#awaitable.length === 0 ? 0.8 : 0.4) * FLATTENING ** place.depth,
      )
    ) {
      return this.#coroutine(place);
    }
    if (this.#awaitable.length === 0 || random.chance(0.2)) {
      return ["sleep", this.#delay(), this.#value()];
    }
    return ["ref", this.#awaited()];
  }

  #coroutine(place: Place): Json {
    const name = this.#name("c");
    return ["coro", name, this.#body(place)];
  }

  #operands(place: Place): Json[] {
    const random = this.#random;
    return Array.from(
      { length: random.between(random.chance(0.1) ? 0 : 1, 3) },
      () => this.#operand(place),
    );
  }

  #references(): string[] {
    return Array.from(
      { length: this.#random.between(1, 3) },
      () => this.#awaited(),
    );
  }

  /** What has an order of its own in CPython: see departures.md. */
  #operandsOfAsCompleted(place: Place): Json[] {
    const operands = this.#operands(place) as Json[][];
    const cold = operands.find(([kind]) => kind !== "ref");
    return operands.filter((operand) => {
      const [kind] = operand;
      return kind === "ref" ||
        operand === cold && !(kind === "coro" && this.#eager);
    });
  }

  #try(place: Place): Statement {
    const random = this.#random;
    const kind = random.pick(["all", "all", "error", "cancel", "none"]);
    const body = this.#block(this.#nested(place), 3);
    const handler = kind === "none" ? null : this.#handler(this.#nested(place));
    const final = kind === "none" || random.chance(0.35)
      ? this.#block(this.#nested(place, { returns: false }), 2)
      : null;
    return ["try", body, kind, handler, final];
  }

  /** What a handler does: anything, and then often the error goes on. */
  #handler(place: Place): Block {
    const statements = this.#statements(place, this.#random.between(0, 2));
    if (place.waits && this.#may("uncancel") && this.#random.chance(0.15)) {
      statements.push(["uncancel", "self"]);
    }
    if (this.#random.chance(0.3)) statements.push(["reraise"]);
    return ["do", ...statements];
  }

  #timeout(place: Place): Statement {
    const name = this.#name("w");
    this.#timeouts.push(name);
    const op = this.#random.chance(0.8) ? "timeout" : "timeoutAt";
    return [op, name, this.#timeLimit(), this.#block(this.#nested(place), 4)];
  }

  #group(place: Place): Statement {
    const name = this.#name("g");
    this.#groups.push(name);
    const inside = this.#nested(place);
    const statements: Statement[] = [];
    for (let count = this.#random.between(1, 3); count > 0; count--) {
      statements.push(this.#spawn(name, inside));
    }
    statements.push(...this.#statements(inside, this.#random.between(0, 3)));
    return ["group", name, ["do", ...statements]];
  }

  #spawn(group: string, place: Place): Statement {
    const name = this.#name("t");
    this.#tasks.push(name);
    this.#cancellable.push(name);
    const body = this.#body(place);
    this.#awaitable.push(name);
    return ["spawn", group, name, body, ...this.#more.taskContext()];
  }

  #namedFuture(
    op: string,
    prefix: string,
    operands: Json[],
    ...rest: Json[]
  ): Statement {
    const name = this.#name(prefix);
    this.#awaitable.push(name);
    this.#cancellable.push(name);
    return [op, name, ...operands, ...rest];
  }

  #handle(op: string, place: Place): Statement {
    const name = this.#name("h");
    this.#handles.push(name);
    const body = this.#block(this.#callbackPlace(place), 2);
    const context = this.#more.inContext();
    return op === "callSoon"
      ? [op, name, body, ...context]
      : [op, name, this.#delay(), body, ...context];
  }

  #onDone(place: Place): Statement {
    const callback = this.#name("d");
    const future = this.#random.pick(this.#cancellable);
    this.#callbacks.push([future, callback]);
    return [
      "onDone",
      future,
      callback,
      this.#block(this.#callbackPlace(place), 2),
      ...this.#more.inContext(),
    ];
  }

  #rules(place: Place): Rule[] {
    const random = this.#random;
    const some = this.#awaitable.length > 0;
    const begun = this.#cancellable.length > 0;
    const futures = this.#objectsOf("future");
    const room = this.#budget > 2;
    return [
      {
        weight: 10,
        waits: true,
        make: () => ["sleep", this.#delay(), this.#value()],
      },
      {
        weight: 7,
        names: true,
        nests: true,
        when: room,
        make: (place) => this.#task(place),
      },
      {
        weight: 6,
        waits: true,
        make: (place) => ["await", this.#operand(place)],
      },
      {
        weight: 4,
        feature: "gather",
        waits: true,
        make: (
          place,
        ) => ["gather", this.#operands(place), this.#returnExceptions()],
      },
      {
        weight: 3,
        feature: "gather",
        names: true,
        waits: true,
        make: (place) =>
          this.#namedFuture(
            "gatherAs",
            "a",
            [this.#operands(place)],
            this.#returnExceptions(),
          ),
      },
      {
        weight: 3,
        feature: "wait",
        waits: true,
        when: some,
        make: () => [
          "wait",
          this.#references(),
          this.#timeLimit(),
          random.pick(["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"]),
        ],
      },
      {
        weight: 4,
        feature: "waitFor",
        waits: true,
        make: (place) => ["waitFor", this.#operand(place), this.#timeLimit()],
      },
      {
        weight: 2,
        feature: "shield",
        waits: true,
        make: (place) => ["shield", this.#operand(place)],
      },
      {
        weight: 2,
        feature: "shield",
        names: true,
        waits: true,
        make: (place) =>
          this.#namedFuture("shieldAs", "s", [this.#operand(place)]),
      },
      {
        weight: 2.5,
        feature: "asCompleted",
        waits: true,
        make: (place) => [
          "asCompleted",
          this.#operandsOfAsCompleted(place),
          this.#timeLimit(),
          random.pick(["plain", "async"]),
          random.between(1, 3),
        ],
      },
      {
        weight: 5,
        feature: "timeout",
        names: true,
        waits: true,
        nests: true,
        make: (place) => this.#timeout(place),
      },
      {
        weight: 3,
        feature: "reschedule",
        when: this.#timeouts.length > 0,
        make:
          () => ["reschedule", random.pick(this.#timeouts), this.#timeLimit()],
      },
      {
        weight: 4,
        feature: "group",
        names: true,
        waits: true,
        nests: true,
        when: room,
        make: (place) => this.#group(place),
      },
      {
        weight: 3,
        feature: "group",
        names: true,
        nests: true,
        when: room && this.#groups.length > 0,
        make: (place) => this.#spawn(random.pick(this.#groups), place),
      },
      {
        weight: 8,
        waits: true,
        nests: true,
        make: (place) => this.#try(place),
      },
      {
        weight: 1,
        feature: "repeat",
        waits: true,
        nests: true,
        make: (place) => [
          "repeat",
          random.between(2, 3),
          this.#block(this.#nested(place, { names: false }), 2),
        ],
      },
      { weight: 2, make: () => ["raise", `X${random.between(1, 3)}`] },
      {
        weight: 0.6,
        feature: "raiseCancelled",
        make: () => ["raiseCancelled", this.#message()],
      },
      {
        weight: place.returns ? 0.8 : 0,
        make: () => ["return", this.#value()],
      },
      {
        weight: 6,
        feature: "cancel",
        make: () => ["cancel", this.#target(), this.#message()],
      },
      {
        weight: 1.5,
        feature: "uncancel",
        make: () => ["uncancel", this.#taskTarget()],
      },
      { weight: 1, make: () => ["cancelling", this.#taskTarget()] },
      {
        weight: 1.5,
        when: begun,
        make: () => ["inspect", random.pick(this.#cancellable)],
      },
      {
        weight: 0.4,
        when: begun,
        make: () => ["result", random.pick(this.#cancellable)],
      },
      {
        weight: 0.4,
        when: begun,
        make: () => ["exception", random.pick(this.#cancellable)],
      },
      {
        weight: 4,
        feature: "future",
        when: futures.length > 0,
        make: () => ["setResult", random.pick(futures), this.#value()],
      },
      {
        weight: 1.5,
        feature: "future",
        when: futures.length > 0,
        make:
          () => ["setError", random.pick(futures), `X${random.between(1, 3)}`],
      },
      {
        weight: 2.5,
        feature: "callback",
        names: true,
        nests: true,
        when: begun,
        make: (place) => this.#onDone(place),
      },
      {
        weight: 1,
        feature: "callback",
        when: this.#callbacks.length > 0,
        make: () => ["offDone", ...random.pick(this.#callbacks)],
      },
      {
        weight: 1.5,
        feature: "timer",
        names: true,
        nests: true,
        make: (place) => this.#handle("callSoon", place),
      },
      {
        weight: 2,
        feature: "timer",
        names: true,
        nests: true,
        make: (place) =>
          this.#handle(
            random.pick(["callLater", "callLater", "callAt"]),
            place,
          ),
      },
      {
        weight: 1.5,
        feature: "timer",
        when: this.#handles.length > 0,
        make: () => ["cancelHandle", random.pick(this.#handles)],
      },
    ];
  }

  #objectRules(name: string): Rule[] {
    const [kind] = this.#objects[name]!;
    switch (kind) {
      case "lock":
      case "semaphore":
        return this.#guardRules(name);
      case "event":
        return [
          { weight: 4, waits: true, make: () => ["event.wait", name] },
          { weight: 3, make: () => ["event.set", name] },
          { weight: 1.5, make: () => ["event.clear", name] },
          { weight: 0.5, make: () => ["event.isSet", name] },
        ];
      case "condition":
        return [...this.#guardRules(name, 0.3), ...this.#conditionRules(name)];
      case "barrier":
        return [
          { weight: 6, waits: true, make: () => ["barrier.wait", name] },
          { weight: 1, waits: true, make: () => ["barrier.reset", name] },
          { weight: 0.4, waits: true, make: () => ["barrier.abort", name] },
          { weight: 0.5, make: () => ["barrier.state", name] },
        ];
      case "queue":
        return this.#queueRules(name);
      default:
        return [];
    }
  }

  #guardRules(name: string, factor = 1): Rule[] {
    const random = this.#random;
    return [
      {
        weight: 6 * factor,
        waits: true,
        nests: true,
        make: (place) => ["with", name, this.#block(this.#nested(place), 3)],
      },
      { weight: factor, waits: true, make: () => ["acquire", name] },
      { weight: 1.5 * factor, make: () => ["release", name] },
      { weight: factor * random.next(), make: () => ["locked", name] },
    ];
  }

  #conditionRules(name: string): Rule[] {
    const random = this.#random;
    const holding = (
      ...statements: Statement[]
    ): Statement => ["with", name, ["do", ...statements]];
    const wait = (): Statement =>
      random.chance(0.7)
        ? ["condition.wait", name]
        : ["condition.waitFor", name, random.between(1, 3)];
    const notify = (): Statement =>
      random.chance(0.7)
        ? ["condition.notify", name, random.between(1, 2)]
        : ["condition.notifyAll", name];
    return [
      {
        weight: 5,
        waits: true,
        nests: true,
        make: (place) =>
          holding(wait(), ...this.#statements(this.#nested(place), 1)),
      },
      {
        weight: 8,
        waits: true,
        nests: true,
        make: (place) =>
          holding(
            ["count", 1],
            notify(),
            ...this.#statements(this.#nested(place), 1),
          ),
      },
      { weight: 0.5, waits: true, make: wait },
      { weight: 1, make: notify },
    ];
  }

  #queueRules(name: string): Rule[] {
    const random = this.#random;
    return [
      {
        weight: 4,
        waits: true,
        make: () => ["queue.put", name, this.#value()],
      },
      { weight: 4, waits: true, make: () => ["queue.get", name] },
      { weight: 1.5, waits: true, make: () => ["queue.join", name] },
      { weight: 2, make: () => ["queue.putNowait", name, this.#value()] },
      { weight: 1.5, make: () => ["queue.getNowait", name] },
      { weight: 2, make: () => ["queue.taskDone", name] },
      { weight: 0.8, make: () => ["queue.shutdown", name, random.chance(0.4)] },
      { weight: 0.7, make: () => ["queue.state", name] },
    ];
  }
}
