/**
 * Draws what runs blocks and what ends them.
 *
 * @module
 */
import type { Drawer, Place, Rule } from "./drawer.ts";
import type { Statement } from "./program.ts";

/** Their rules. */
export function flowRules(draw: Drawer, place: Place): Rule[] {
  const random = draw.random;
  return [
    {
      weight: 8,
      waits: true,
      nests: true,
      make: (place) => drawTry(draw, place),
    },
    {
      weight: 1,
      feature: "repeat",
      waits: true,
      nests: true,
      make: (place) => [
        "repeat",
        random.between(2, 3),
        draw.block(draw.nested(place, { names: false }), 2),
      ],
    },
    { weight: 2, make: () => ["raise", `X${random.between(1, 3)}`] },
    {
      weight: draw.has("groupErrors") ? 4 : 0,
      make: () => ["raiseGroup", drawCodes(draw, random.between(1, 3))],
    },
    {
      weight: draw.has("groupErrors") ? 8 : 0,
      waits: true,
      nests: true,
      make: (place) => [
        "split",
        draw.block(draw.nested(place), 3),
        ...drawCodes(draw, 1),
        draw.handler(draw.nested(place)),
      ],
    },
    {
      weight: 0.6,
      feature: "raiseCancelled",
      make: () => ["raiseCancelled", draw.message()],
    },
    {
      weight: draw.has("keep") ? 10 : 0,
      names: true,
      waits: true,
      make: () => drawKeep(draw),
    },
    {
      weight: 10,
      when: draw.kept.length > 0,
      make: () => ["raiseKept", random.pick(draw.kept)],
    },
    {
      weight: place.returns ? 0.8 : 0,
      make: () => ["return", draw.value()],
    },
  ];
}

function drawCodes(draw: Drawer, count: number): string[] {
  return Array.from(
    { length: count },
    () => `X${draw.random.between(1, 3)}`,
  );
}

/** Something that is sure to fail, and its error kept: one of its own, a cancel, a time limit. */
function drawKeep(draw: Drawer): Statement {
  const name = draw.name("e");
  draw.kept.push(name);
  const asleep: Statement = ["sleep", 2, 0];
  const failing: Statement[] = draw.random.pick<Statement[]>([
    [["raise", `X${draw.random.between(1, 3)}`]],
    [["raiseCancelled", draw.message()]],
    [["cancel", "self", draw.message()], asleep],
    [["cancel", "self", draw.message()], asleep],
    [["waitFor", asleep, draw.random.between(0, 1)]],
    [["timeout", draw.name("w"), 1, ["do", asleep]]],
  ]);
  const handler: Statement[] = [["keep", name]];
  if (draw.random.chance(0.3)) handler.push(["uncancel", "self"]);
  return ["try", ["do", ...failing], "all", ["do", ...handler], null];
}

function drawTry(draw: Drawer, place: Place): Statement {
  const random = draw.random;
  const kind = random.pick(["all", "all", "error", "cancel", "none"]);
  const body = draw.block(draw.nested(place), 3);
  const handler = kind === "none" ? null : draw.handler(draw.nested(place));
  const final = kind === "none" || random.chance(0.35)
    ? draw.block(draw.nested(place, { returns: false }), 2)
    : null;
  return ["try", body, kind, handler, final];
}
