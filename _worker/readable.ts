/**
 * What hosts write and cannot read: such a message would be lost on its way, or end who
 * reads it.
 *
 * @module
 */
import { isInstance, isList } from "../_base/repr.ts";

// Node 24 reads 1,500 objects in each other, and not 2,000.
const DEEPEST = 1_000;
// An array that is longer may be mostly holes.
const LONGEST = 10_000_000;

/** What a walk has met. */
interface Walk {
  /** How many objects it may still meet, those met again included. */
  left: number;
  /** Those that it has met; all are new to one that meets few. */
  readonly met: Set<object> | undefined;
  /** Where the message goes. */
  readonly toProcess: boolean;
}

/** Says that a message could not be read. */
class UnreadableError extends Error {
  override readonly name = "DataCloneError";
}

/**
 * Refuses a message that may be too much for whoever reads it.
 *
 * @param message The message.
 * @param toProcess Whether it goes to another process.
 * @throws {Error} If it is nested too deep, or holds a module of WebAssembly that would go
 * to another process.
 */
export function checkReadable(message: unknown, toProcess: boolean): void {
  let isDeep = false;
  try {
    // Fewer objects than levels cannot be too deep.
    isDeep = isDeeper(message, DEEPEST, {
      left: DEEPEST,
      met: undefined,
      toProcess,
    }) && isDeeper(message, DEEPEST, {
      left: Infinity,
      met: new Set(),
      toProcess,
    });
  } catch (error) {
    // A getter that throws is told by whoever sends it.
    if (isInstance(error, UnreadableError)) throw error;
  }
  if (isDeep) {
    throw new UnreadableError(
      `Nested more than ${DEEPEST.toLocaleString("en")} levels deep; ` +
        "make it flat, such as an array",
    );
  }
}

function isDeeper(value: unknown, levels: number, walk: Walk): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0 || walk.left-- === 0) return true;
  if (walk.met !== undefined) {
    if (walk.met.has(value)) return false;
    walk.met.add(value);
  }
  if (ArrayBuffer.isView(value)) return false;
  // No closure and few calls: most messages are lists of what is no object.
  if (isList(value) && value.length <= LONGEST) {
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (typeof item !== "object") continue;
      if (isDeeper(item, levels - 1, walk)) return true;
    }
    return false;
  }
  // Node 24 writes one, and cannot read it.
  if (walk.toProcess && isInstance(value, WebAssembly.Module)) {
    throw new UnreadableError(
      "A WebAssembly.Module cannot go to another process; send its bytes",
    );
  }
  return parts(value).some((part) => isDeeper(part, levels - 1, walk));
}

function parts(value: object): unknown[] {
  if (isInstance(value, Map)) return [...value.keys(), ...value.values()];
  if (isInstance(value, Set)) return [...value];
  const own = Object.values(value);
  if (isInstance(value, Error)) own.push(value.cause);
  return own;
}
