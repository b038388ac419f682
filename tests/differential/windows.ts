/**
 * The statements of gatherings with a limit.
 *
 * @module
 */
import { type Future, gather } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Json } from "./program.ts";
import type { Wait, Words } from "./words.ts";

/** The words of gatherings with a limit. */
export function windowWords(host: Interpreter): Words {
  const make = (
    operands: Json,
    limit: number,
    returnExceptions: boolean,
  ): Future<unknown> =>
    gather(host.operands(operands), { limit, returnExceptions });
  return {
    acts: {
      "windowAs": (
        name: string,
        ...given: [operands: Json, limit: number, returnExceptions: boolean]
      ) => void host.futures.set(name, make(...given)),
    },
    waits: {
      "window": (
        ...given: [operands: Json, limit: number, returnExceptions: boolean]
      ): Wait => ({ on: make(...given) }),
    },
  };
}
