/**
 * Draws what is done to tasks and futures: cancels, results, callbacks; and timers.
 *
 * @module
 */
import type { Drawer, Place, Rule } from "./drawer.ts";
import type { Statement } from "./program.ts";

/** Their rules. */
export function futureRules(draw: Drawer): Rule[] {
  const random = draw.random;
  const begun = draw.cancellable.length > 0;
  const futures = draw.objectsOf("future");
  return [
    {
      weight: 6,
      feature: "cancel",
      make: () => ["cancel", draw.target(), draw.message()],
    },
    {
      weight: 1.5,
      feature: "uncancel",
      make: () => ["uncancel", draw.taskTarget()],
    },
    { weight: 1, make: () => ["cancelling", draw.taskTarget()] },
    {
      weight: 1.5,
      when: begun,
      make: () => ["inspect", random.pick(draw.cancellable)],
    },
    {
      weight: 0.4,
      when: begun,
      make: () => ["result", random.pick(draw.cancellable)],
    },
    {
      weight: 0.4,
      when: begun,
      make: () => ["exception", random.pick(draw.cancellable)],
    },
    {
      weight: 4,
      feature: "future",
      when: futures.length > 0,
      make: () => ["setResult", random.pick(futures), draw.value()],
    },
    {
      weight: 1.5,
      feature: "future",
      when: futures.length > 0,
      make:
        () => ["setError", random.pick(futures), `X${random.between(1, 3)}`],
    },
    // Those of tasks refuse; those of gatherings and shields take it.
    {
      weight: 0.5,
      feature: "future",
      when: begun,
      make: () => ["setResult", random.pick(draw.cancellable), draw.value()],
    },
    {
      weight: 0.5,
      feature: "future",
      when: futures.length > 0,
      make: () => ["setCancelled", random.pick(futures), draw.message()],
    },
    {
      weight: 2.5,
      feature: "callback",
      names: true,
      nests: true,
      when: begun,
      make: (place) => drawOnDone(draw, place),
    },
    {
      weight: 1,
      feature: "callback",
      when: draw.callbacks.length > 0,
      make: () => ["offDone", ...random.pick(draw.callbacks)],
    },
    {
      weight: 1.5,
      feature: "timer",
      names: true,
      nests: true,
      make: (place) => drawHandle(draw, "callSoon", place),
    },
    {
      weight: 2,
      feature: "timer",
      names: true,
      nests: true,
      make: (place) =>
        drawHandle(
          draw,
          random.pick(["callLater", "callLater", "callAt"]),
          place,
        ),
    },
    {
      weight: 1.5,
      feature: "timer",
      when: draw.handles.length > 0,
      make: () => ["cancelHandle", random.pick(draw.handles)],
    },
  ];
}

function drawHandle(draw: Drawer, op: string, place: Place): Statement {
  const name = draw.name("h");
  draw.handles.push(name);
  const body = draw.block(draw.callbackPlace(place), 2);
  const context = draw.inContext();
  return op === "callSoon"
    ? [op, name, body, ...context]
    : [op, name, draw.delay(), body, ...context];
}

function drawOnDone(draw: Drawer, place: Place): Statement {
  const callback = draw.name("d");
  const future = draw.random.pick(draw.cancellable);
  draw.callbacks.push([future, callback]);
  return [
    "onDone",
    future,
    callback,
    draw.block(draw.callbackPlace(place), 2),
    ...draw.inContext(),
  ];
}
