/**
 * How many bytes are kept for who does not take them, at both ends of a connection.
 *
 * @module
 */
import type { Kind } from "../_base/arguments.ts";

/** How many bytes a line may have, if nothing else is said. */
export const DEFAULT_LIMIT = 65_536;

/** How many bytes a line may have; `Infinity` for any number. */
export const LIMIT: Kind = {
  words: "a number of bytes above 0",
  fits: (value) => typeof value === "number",
  allows: (value) => value > 0,
};

/** Above so many unsent bytes a writer is to wait. */
export const HIGH_WATER = 65_536;

/** It waits until no more than so many are left. */
export const LOW_WATER = HIGH_WATER / 4;
