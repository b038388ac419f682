/**
 * Draws blocks and operands out of rules.
 *
 * @module
 */
import { Draws } from "./draws.ts";
import type { Feature } from "./features.ts";
import type { Block, Json, Statement } from "./program.ts";

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
  "raiseGroup",
  "raiseCancelled",
  "raiseKept",
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
  "reader.eof",
  "reader.fail",
  "reader.feed",
  "setResult",
  "with",
]);
const MAX_DEPTH = 5;
const FLATTENING = 0.7;

/** Draws statements; which there are is left to the generator. */
export abstract class Drawer extends Draws {
  /** All kinds of statements that may stand there. */
  protected abstract rules(place: Place): Rule[];
  /** Whether the program has a theme. */
  abstract has(theme: Feature): boolean;
  /** The last argument of what may run in a context of its own. */
  abstract inContext(): string[];
  /** The last argument of a task that may run in a context of its own. */
  abstract taskContext(): string[];

  block(place: Place, longest: number): Block {
    return ["do", ...this.statements(place, this.random.between(1, longest))];
  }

  statements(place: Place, count: number): Statement[] {
    const statements: Statement[] = [];
    while (
      statements.length < count && (this.budget > 0 || statements.length === 0)
    ) {
      const statement = this.statement(place);
      statements.push(statement);
      // What stands behind these would never run.
      if (ENDINGS.has(statement[0])) break;
      // The most telling moment: somebody is woken and cancelled at once.
      if (
        WAKERS.has(statement[0]) && this.may("cancel") &&
        this.random.chance(0.3)
      ) statements.push(["cancel", this.target(), this.message()]);
    }
    return statements;
  }

  statement(place: Place): Statement {
    return this.choose(this.rules(place), place);
  }

  choose(rules: readonly Rule[], place: Place): Statement {
    this.budget--;
    const fitting = rules.filter((rule) =>
      this.may(rule.feature) && (rule.when ?? true) &&
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
    return this.random.weighted(flattened).rule.make(place);
  }

  nested(place: Place, change: Partial<Place> = {}): Place {
    return { ...place, depth: place.depth + 1, ...change };
  }

  callbackPlace(place: Place): Place {
    return this.nested(place, { waits: false, returns: false });
  }

  body(place: Place): Block {
    return this.block(this.nested(place, { waits: true, returns: true }), 5);
  }

  /** An awaitable expression. */
  operand(place: Place): Json {
    const random = this.random;
    const coroutine = place.depth < MAX_DEPTH && this.budget > 0 &&
      place.names;
    if (
      coroutine &&
      random.chance(
        (this.awaitable.length === 0 ? 0.8 : 0.4) * FLATTENING ** place.depth,
      )
    ) {
      return this.coroutine(place);
    }
    if (this.awaitable.length === 0 || random.chance(0.2)) {
      return ["sleep", this.delay(), this.value()];
    }
    return ["ref", this.awaited()];
  }

  coroutine(place: Place): Json {
    const name = this.name("c");
    return ["coro", name, this.body(place)];
  }

  operands(place: Place): Json[] {
    const random = this.random;
    return Array.from(
      { length: random.between(random.chance(0.1) ? 0 : 1, 3) },
      () => this.operand(place),
    );
  }

  /** What a handler does: anything, and then often the error goes on. */
  handler(place: Place): Block {
    const statements = this.statements(place, this.random.between(0, 2));
    if (place.waits && this.may("uncancel") && this.random.chance(0.15)) {
      statements.push(["uncancel", "self"]);
    }
    if (this.has("keep") && place.names && this.random.chance(0.6)) {
      const name = this.name("e");
      this.kept.push(name);
      statements.unshift(["keep", name]);
    }
    if (this.random.chance(0.3)) statements.push(["reraise"]);
    return ["do", ...statements];
  }
}
