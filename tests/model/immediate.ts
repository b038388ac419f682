/**
 * What a program does to its primitives without waiting.
 *
 * @module
 */
import type { Lock, Semaphore } from "@asyncio/asyncio";
import { must, type PermitModel } from "./judge.ts";
import type { Entry } from "./objects.ts";

/** Gives a permit back that nobody has taken. */
export function releaseTooOften(
  real: Lock | Semaphore,
  model: PermitModel,
): void {
  if (model.free < model.total || model.waits.length > 0) return;
  const error = errorOf(() => real.release());
  must(error === "RangeError", `release() of too many threw ${error}`);
}

/** The name of the error that a call throws. */
function errorOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Does what waits for nothing. */
export function useNow(
  { real, model }: Entry & { readonly kind: "queue" },
  op: string,
  argument: unknown,
): void {
  switch (op) {
    case "putNowait": {
      const error = errorOf(() => real.putNowait(argument as number));
      if (error === undefined) model.put(argument as number);
      else must(model.refusesPut(error), `putNowait() threw ${error}`);
      return;
    }
    case "getNowait": {
      let item: unknown;
      const error = errorOf(() => item = real.getNowait());
      if (error === undefined) model.get(item);
      else must(model.refusesGet(error), `getNowait() threw ${error}`);
      return;
    }
    case "taskDone": {
      const error = errorOf(() => real.taskDone());
      must(
        model.taskDone() === (error === undefined),
        `taskDone() threw ${error}`,
      );
      return;
    }
    case "shutdown":
      model.shutdown(argument as boolean);
      real.shutdown({ immediate: argument as boolean });
  }
}
