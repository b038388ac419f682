/**
 * The statements of races.
 *
 * @module
 */
import {
  type CoroutineFunction,
  firstSuccess,
  race,
  staggeredRace,
} from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Json } from "./program.ts";
import {
  Missing,
  seconds,
  type Source,
  type Wait,
  type Words,
} from "./words.ts";

type Attempt = CoroutineFunction<unknown>;

/** The words of races. */
export function raceWords(host: Interpreter): Words {
  const runners = (operands: Json): Source[] => {
    const sources = host.operands(operands);
    if (sources.length === 0) throw new Missing();
    return sources;
  };
  return {
    waits: {
      "race": (operands: Json): Wait => ({ on: race(runners(operands)) }),
      "firstSuccess": (operands: Json): Wait => ({
        on: firstSuccess(runners(operands)),
      }),
      "staggered": (operands: Json[], delay: Json): Wait => {
        const functions = operands.map((each) => {
          const cold = host.operand(each);
          return (typeof cold === "function" ? cold : () => cold) as Attempt;
        });
        return { on: staggeredRace(functions, seconds(delay)) };
      },
    },
  };
}
