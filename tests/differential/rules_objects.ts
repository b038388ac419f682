/**
 * Draws the shared objects of a program, and what is done with them.
 *
 * @module
 */
import type { Drawer, Place, Rule } from "./drawer.ts";
import type { Json, Statement } from "./program.ts";
import { drawReader, readerRules } from "./rules_readers.ts";
import { drawTask } from "./rules_waits.ts";

const OBJECT_KINDS = [
  "lock",
  "event",
  "semaphore",
  "condition",
  "barrier",
  "queue",
] as const;

/** Draws which there are. */
export function drawObjects(draw: Drawer): void {
  const random = draw.random;
  const kinds = OBJECT_KINDS.filter((kind) => draw.may(kind));
  for (
    let count = random.between(0, 3);
    count > 0 && kinds.length > 0;
    count--
  ) {
    const kind = random.pick(kinds);
    const name = draw.name(kind[0]!.toUpperCase());
    draw.objects[name] = [kind, ...objectArguments(draw, kind)];
  }
  for (
    let count = random.between(0, 2);
    count > 0 && draw.may("future");
    count--
  ) {
    const name = draw.name("F");
    draw.objects[name] = ["future"];
    draw.awaitable.push(name);
    draw.cancellable.push(name);
  }
  if (draw.has("reader")) {
    draw.objects[draw.name("R")] = ["reader", ...drawReader(draw)];
  }
}

function objectArguments(
  draw: Drawer,
  kind: (typeof OBJECT_KINDS)[number],
): Json[] {
  const random = draw.random;
  switch (kind) {
    case "semaphore":
      return [random.between(0, 2), random.chance(0.4)];
    case "condition":
      return [draw.objectsOf("lock")[0] ?? null];
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

/** A task that does nothing but use one object. */
export function drawUser(
  draw: Drawer,
  object: string,
  place: Place,
): Statement {
  const inside = draw.nested(place);
  return drawTask(draw, place, () => {
    const rules = objectRules(draw, object);
    const statements = Array.from(
      { length: draw.random.between(1, 3) },
      () => draw.choose(rules, inside),
    );
    return ["do", ...statements];
  });
}

/** The rules of one. */
export function objectRules(draw: Drawer, name: string): Rule[] {
  const [kind] = draw.objects[name]!;
  switch (kind) {
    case "lock":
    case "semaphore":
      return guardRules(draw, name);
    case "event":
      return [
        { weight: 4, waits: true, make: () => ["event.wait", name] },
        { weight: 3, make: () => ["event.set", name] },
        { weight: 1.5, make: () => ["event.clear", name] },
        { weight: 0.5, make: () => ["event.isSet", name] },
      ];
    case "condition":
      return [...guardRules(draw, name, 0.3), ...conditionRules(draw, name)];
    case "barrier":
      return [
        { weight: 6, waits: true, make: () => ["barrier.wait", name] },
        { weight: 1, waits: true, make: () => ["barrier.reset", name] },
        { weight: 0.4, waits: true, make: () => ["barrier.abort", name] },
        { weight: 0.5, make: () => ["barrier.state", name] },
      ];
    case "queue":
      return queueRules(draw, name);
    case "reader":
      return readerRules(draw, name);
    default:
      return [];
  }
}

function guardRules(draw: Drawer, name: string, factor = 1): Rule[] {
  const random = draw.random;
  return [
    {
      weight: 6 * factor,
      waits: true,
      nests: true,
      make: (place) => ["with", name, draw.block(draw.nested(place), 3)],
    },
    { weight: factor, waits: true, make: () => ["acquire", name] },
    { weight: 1.5 * factor, make: () => ["release", name] },
    { weight: factor * random.next(), make: () => ["locked", name] },
  ];
}

function conditionRules(draw: Drawer, name: string): Rule[] {
  const random = draw.random;
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
        holding(wait(), ...draw.statements(draw.nested(place), 1)),
    },
    {
      weight: 8,
      waits: true,
      nests: true,
      make: (place) =>
        holding(
          ["count", 1],
          notify(),
          ...draw.statements(draw.nested(place), 1),
        ),
    },
    { weight: 0.5, waits: true, make: wait },
    { weight: 1, make: notify },
  ];
}

function queueRules(draw: Drawer, name: string): Rule[] {
  const random = draw.random;
  return [
    {
      weight: 4,
      waits: true,
      make: () => ["queue.put", name, draw.value()],
    },
    { weight: 4, waits: true, make: () => ["queue.get", name] },
    { weight: 1.5, waits: true, make: () => ["queue.join", name] },
    { weight: 2, make: () => ["queue.putNowait", name, draw.value()] },
    { weight: 1.5, make: () => ["queue.getNowait", name] },
    { weight: 2, make: () => ["queue.taskDone", name] },
    { weight: 0.8, make: () => ["queue.shutdown", name, random.chance(0.4)] },
    { weight: 0.7, make: () => ["queue.state", name] },
  ];
}
