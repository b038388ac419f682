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
      weight: 3,
      feature: "timer",
      when: draw.handles.length > 0,
      make: () => ["handle.state", random.pick(draw.handles)],
    },
    {
      weight: 3,
      feature: "timeout",
      when: draw.timeouts.length > 0,
      make: () => ["scope.state", random.pick(draw.timeouts)],
    },
    {
      weight: 1,
      make: () => ["name.set", draw.taskTarget(), `n${draw.value()}`],
    },
    { weight: 1, make: () => ["name.get", draw.taskTarget()] },
    { weight: 2, make: () => ["repr", draw.target()] },
    // Races have tasks of their own.
    {
      weight: 2,
      when: !draw.has("race"),
      make: () => ["allTasks"],
    },
    { weight: 1, feature: "cancel", make: () => ["cancelAll"] },
  ];
}
