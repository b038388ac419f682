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
import { Drawer, type Place, type Rule } from "./drawer.ts";
import type { Feature } from "./features.ts";
import { MoreRules } from "./rules_themes.ts";
import type { Block, Program, Statement } from "./program.ts";
import { flowRules } from "./rules_flow.ts";
import { futureRules } from "./rules_futures.ts";
import { lookRules } from "./rules_looks.ts";
import { drawObjects, drawUser, objectRules } from "./rules_objects.ts";
import { drawTask, waitRules } from "./rules_waits.ts";

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

class Generator extends Drawer {
  readonly #more: MoreRules = new MoreRules(this);

  program(): Program {
    const random = this.random;
    const eager = this.isEager && random.chance(0.3);
    const turns = random.chance(0.5);
    drawObjects(this);
    for (const [name, value] of this.#more.drawVars()) {
      this.objects[name] = ["var", value];
    }
    const place: Place = { waits: true, names: true, returns: true, depth: 0 };
    const statements: Statement[] = [];
    for (let count = random.between(1, 3); count > 0; count--) {
      statements.push(drawTask(this, place));
    }
    for (const [name, [kind]] of Object.entries(this.objects)) {
      if (kind === "future" || kind === "var") continue;
      while (random.chance(0.4)) statements.push(drawUser(this, name, place));
    }
    for (const statement of this.statements(place, random.between(3, 12))) {
      // A main task that falls at the first error would show little.
      const sturdy = random.chance(0.4);
      statements.push(
        sturdy ? ["try", ["do", statement], "all", ["do"], null] : statement,
      );
    }
    // Half of the programs let their tasks end; the other half cut them off.
    if (random.chance(0.5)) statements.push(this.ending());
    const runs = this.may("runner") && random.chance(0.2)
      ? this.laterMains(place)
      : null;
    return {
      seed: this.seed,
      eager,
      turns,
      objects: this.objects,
      main: ["do", ...statements],
      runs,
    };
  }

  laterMains(place: Place): Block[] {
    return Array.from({ length: this.random.pick([0, 0, 1, 2]) }, () => {
      this.budget = Math.max(this.budget, 4);
      return this.block(place, 6);
    });
  }

  ending(): Statement {
    const names = [...this.tasks];
    const refs = names.map((name) => ["ref", name]);
    const endings: Statement[] = [["sleep", 24, 0]];
    if (this.may("gather")) endings.push(["gather", refs, !this.hasMessages]);
    if (this.may("wait")) {
      const limit = this.random.pick([null, 8, 24]);
      endings.push(["wait", names, limit, "ALL_COMPLETED"]);
    }
    return this.random.pick(endings);
  }

  protected override rules(place: Place): Rule[] {
    const ofObjects = Object.keys(this.objects).flatMap((name) =>
      objectRules(this, name)
    ).map((rule) => ({ ...rule, weight: rule.weight * this.crowd }));
    return [
      ...waitRules(this),
      ...flowRules(this, place),
      ...futureRules(this),
      ...this.has("looks") ? lookRules(this) : [],
      ...this.#more.rules(place),
      ...ofObjects,
    ];
  }

  override has(theme: Feature): boolean {
    return this.#more.has(theme);
  }

  override inContext(): string[] {
    return this.#more.inContext();
  }

  override taskContext(): string[] {
    return this.#more.taskContext();
  }
}
