/**
 * Draws tasks, groups and time limits, and what waits for them.
 *
 * @module
 */
import type { Drawer, Place, Rule } from "./drawer.ts";
import type { Json, Statement } from "./program.ts";

/** Their rules. */
export function waitRules(draw: Drawer): Rule[] {
  const random = draw.random;
  const some = draw.awaitable.length > 0;
  const room = draw.budget > 2;
  return [
    {
      weight: 10,
      waits: true,
      make: () => ["sleep", draw.delay(), draw.value()],
    },
    {
      weight: 7,
      names: true,
      nests: true,
      when: room,
      make: (place) => drawTask(draw, place),
    },
    {
      weight: 6,
      waits: true,
      make: (place) => ["await", draw.operand(place)],
    },
    {
      weight: 4,
      feature: "gather",
      waits: true,
      make: (
        place,
      ) => ["gather", draw.operands(place), draw.returnExceptions()],
    },
    {
      weight: 3,
      feature: "gather",
      names: true,
      waits: true,
      make: (place) =>
        namedFuture(
          draw,
          "gatherAs",
          "a",
          [draw.operands(place)],
          draw.returnExceptions(),
        ),
    },
    {
      weight: 3,
      feature: "wait",
      waits: true,
      when: some,
      make: () => [
        "wait",
        draw.references(),
        draw.timeLimit(),
        random.pick(["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"]),
      ],
    },
    {
      weight: 4,
      feature: "waitFor",
      waits: true,
      make: (place) => ["waitFor", draw.operand(place), draw.timeLimit()],
    },
    {
      weight: 2,
      feature: "shield",
      waits: true,
      make: (place) => ["shield", draw.operand(place)],
    },
    {
      weight: 2,
      feature: "shield",
      names: true,
      waits: true,
      make: (place) =>
        namedFuture(draw, "shieldAs", "s", [draw.operand(place)]),
    },
    {
      weight: 2.5,
      feature: "asCompleted",
      waits: true,
      make: (place) => [
        "asCompleted",
        operandsOfAsCompleted(draw, place),
        draw.timeLimit(),
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
      make: (place) => drawTimeout(draw, place),
    },
    {
      weight: 3,
      feature: "reschedule",
      when: draw.timeouts.length > 0,
      make: () => ["reschedule", random.pick(draw.timeouts), draw.timeLimit()],
    },
    {
      weight: 4,
      feature: "group",
      names: true,
      waits: true,
      nests: true,
      when: room,
      make: (place) => drawGroup(draw, place),
    },
    {
      weight: 3,
      feature: "group",
      names: true,
      nests: true,
      when: room && draw.groups.length > 0,
      make: (place) => drawSpawn(draw, random.pick(draw.groups), place),
    },
  ];
}

/** The rules of gatherings with a limit. */
export function windowRules(draw: Drawer): Rule[] {
  const several = (place: Place): Json[] =>
    Array.from(
      { length: draw.random.between(1, 5) },
      () => draw.operand(place),
    );
  const limit = (): number => draw.random.between(1, 3);
  return [
    {
      weight: 8,
      waits: true,
      make: (
        place,
      ) => ["window", several(place), limit(), draw.returnExceptions()],
    },
    {
      weight: 5,
      waits: true,
      names: true,
      make: (place) =>
        namedFuture(
          draw,
          "windowAs",
          "l",
          [several(place)],
          limit(),
          draw.returnExceptions(),
        ),
    },
  ];
}

/** Draws a task. */
export function drawTask(
  draw: Drawer,
  place: Place,
  drawBody = () => draw.body(place),
): Statement {
  const name = draw.name("t");
  draw.tasks.push(name);
  draw.cancellable.push(name);
  const eager = draw.isEager && draw.random.chance(0.4);
  const body = drawBody();
  draw.awaitable.push(name);
  return ["task", name, eager, body, ...draw.taskContext()];
}

/** What has an order of its own in CPython: see departures.md. */
function operandsOfAsCompleted(draw: Drawer, place: Place): Json[] {
  const operands = draw.operands(place) as Json[][];
  const cold = operands.find(([kind]) => kind !== "ref");
  return operands.filter((operand) => {
    const [kind] = operand;
    return kind === "ref" ||
      operand === cold && !(kind === "coro" && draw.isEager);
  });
}

function drawTimeout(draw: Drawer, place: Place): Statement {
  const name = draw.name("w");
  draw.timeouts.push(name);
  const op = draw.random.chance(0.8) ? "timeout" : "timeoutAt";
  return [op, name, draw.timeLimit(), draw.block(draw.nested(place), 4)];
}

function drawGroup(draw: Drawer, place: Place): Statement {
  const name = draw.name("g");
  draw.groups.push(name);
  const inside = draw.nested(place);
  const statements: Statement[] = [];
  for (let count = draw.random.between(1, 3); count > 0; count--) {
    statements.push(drawSpawn(draw, name, inside));
  }
  statements.push(...draw.statements(inside, draw.random.between(0, 3)));
  const limit = draw.has("window") ? [draw.random.between(1, 2)] : [];
  return ["group", name, ["do", ...statements], ...limit];
}

function drawSpawn(draw: Drawer, group: string, place: Place): Statement {
  const name = draw.name("t");
  draw.tasks.push(name);
  draw.cancellable.push(name);
  const eager = draw.isEager && draw.random.chance(0.4);
  const body = draw.body(place);
  draw.awaitable.push(name);
  return ["spawn", group, name, eager, body, ...draw.taskContext()];
}

function namedFuture(
  draw: Drawer,
  op: string,
  prefix: string,
  operands: Json[],
  ...rest: Json[]
): Statement {
  const name = draw.name(prefix);
  draw.awaitable.push(name);
  draw.cancellable.push(name);
  return [op, name, ...operands, ...rest];
}
