/**
 * The statements of timers, those of time limits too.
 *
 * @module
 */
import type { Interpreter } from "./interpreter.ts";
import type { Block, Json } from "./program.ts";
import { Missing, seconds, UNIT, type Words } from "./words.ts";

/** The words of timers. */
export function timerWords(host: Interpreter): Words {
  const { handles } = host;
  const callback = (name: string, block: Block) => (): void => {
    host.log(`handle ${name}`);
    host.actAll(block);
  };
  return {
    acts: {
      "callSoon": (name: string, block: Block, context?: Json) => {
        const options = host.contexts.options(context);
        handles.set(name, host.loop.callSoon(callback(name, block), options));
      },
      "callLater": (
        name: string,
        delay: number,
        block: Block,
        context?: Json,
      ) => {
        const options = host.contexts.options(context);
        const run = callback(name, block);
        handles.set(name, host.loop.callLater(delay / UNIT, run, options));
      },
      "callAt": (name: string, delay: number, block: Block, context?: Json) => {
        const when = host.loop.time() + delay / UNIT;
        const options = host.contexts.options(context);
        const run = callback(name, block);
        handles.set(name, host.loop.callAt(when, run, options));
      },
      "cancelHandle": (name: string) => {
        const handle = handles.get(name);
        if (handle === undefined) throw new Missing();
        handle.cancel();
      },
      "reschedule": (name: string, delay: Json) => {
        const scope = host.timeouts.get(name);
        if (scope === undefined) throw new Missing();
        const after = seconds(delay);
        scope.reschedule(
          after === undefined ? undefined : host.loop.time() + after,
        );
        const when = scope.when();
        return when === undefined ? undefined : Math.round(when * UNIT);
      },
    },
  };
}
