/**
 * How runs end: Runner, stop(), KeyboardInterrupt, and the exception handler.
 *
 * @module
 */
import { type ExceptionHandler, KeyboardInterrupt } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import { UserError, type Words } from "./words.ts";

/** The words of ends. */
export function endWords(host: Interpreter): Words {
  const handlers: Record<string, ExceptionHandler | undefined> = {
    default: undefined,
    plain: (_loop, told) => void host.report("loop error", told),
    failing: (_loop, told) => {
      if (host.report("loop error", told)) throw new UserError("X9");
    },
  };
  host.loop.setExceptionHandler(handlers.plain);
  host.loop.defaultExceptionHandler = (told) =>
    void host.report("default handler", told);
  return {
    acts: {
      "stop": () => {
        host.wasEnded = true;
        host.loop.stop();
      },
      "interrupt": () => {
        host.wasEnded = true;
        throw new KeyboardInterrupt();
      },
      "callHandler": (code: string) =>
        host.loop.callExceptionHandler({
          message: "called",
          exception: new UserError(code),
        }),
      "setHandler": (kind: string) =>
        host.loop.setExceptionHandler(handlers[kind]),
    },
  };
}
