/**
 * The parts of the language that `--without` leaves out.
 *
 * @module
 */

/** What can be left out of programs with `--without`. */
export const FEATURES = [
  "all",
  "asCompleted",
  "asyncgen",
  "barrier",
  "callback",
  "cancel",
  "condition",
  "context",
  "eager",
  "event",
  "factory",
  "future",
  "gather",
  "group",
  "groupErrors",
  "handler",
  "host",
  "interrupt",
  "keep",
  "lock",
  "looks",
  "message",
  "queue",
  "race",
  "raiseCancelled",
  "reader",
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
  "window",
] as const;

/** A part of the language that can be left out. */
export type Feature = (typeof FEATURES)[number];
