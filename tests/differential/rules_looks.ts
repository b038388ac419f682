/**
 * Draws what is asked of tasks, timers and time limits, and what is done to all tasks.
 *
 * @module
 */
import type { Drawer, Rule } from "./drawer.ts";

/** Their rules. */
export function lookRules(draw: Drawer): Rule[] {
  const { random } = draw;
  return [
    {
      weight: 0.7,
      feature: "timer",
      when: draw.handles.length > 0,
      make: () => ["handle.state", random.pick(draw.handles)],
    },
    {
      weight: 0.7,
      feature: "timeout",
      when: draw.timeouts.length > 0,
      make: () => ["scope.state", random.pick(draw.timeouts)],
    },
    {
      weight: 0.2,
      make: () => ["name.set", draw.taskTarget(), `n${draw.value()}`],
    },
    { weight: 0.3, make: () => ["name.get", draw.taskTarget()] },
    // Races have tasks of their own.
    {
      weight: 0.5,
      when: !draw.has("race"),
      make: () => ["allTasks"],
    },
    { weight: 0.3, feature: "cancel", make: () => ["cancelAll"] },
  ];
}
