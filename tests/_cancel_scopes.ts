/**
 * How the victim of a sweep is made, so that who is to cancel it can.
 *
 * @module
 */
import {
  type CoroutineFunction,
  createTask,
  Future,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../mod.ts";
import type { Sweeper } from "./_cancel_sweeper.ts";

/** What fails beside the victim, in its group. */
class Failure extends Error {
  override readonly name = "Failure";
}

/** Makes the task of the victim. */
export function createVictim(
  work: CoroutineFunction<unknown>,
  name: string,
  sweeper: Sweeper,
): Task<unknown> {
  if (sweeper.plan.by !== "signal") {
    return createTask(inScope(work, sweeper), { name });
  }
  const controller = new AbortController();
  sweeper.canceller = { cancel: () => controller.abort() };
  return createTask(inScope(work, sweeper), {
    name,
    signal: controller.signal,
  });
}

/** Gives a function that runs the work, in the scope that is to cancel it. */
function inScope(
  work: CoroutineFunction<unknown>,
  sweeper: Sweeper,
): CoroutineFunction<unknown> {
  if (isGeneratorFunction(work)) return work;
  const body = async () => {
    await (work as () => PromiseLike<unknown>)();
    sweeper.hasReturned = true;
  };
  switch (sweeper.plan.by) {
    case "timeout":
      return inScopeOf(sweeper, () =>
        timeout(undefined, (scope) => {
          sweeper.canceller = {
            cancel: () => scope.reschedule(-Infinity),
            // The deadline comes in the next turn.
            cameInTime: () => scope.expired(),
          };
          return body();
        }));
    case "group":
      return inScopeOf(sweeper, () =>
        taskGroup((group) => {
          sweeper.canceller = { cancel: () => group.cancel() };
          return body();
        }));
    case "failure":
      return inScopeOf(sweeper, () => besideFailure(body, sweeper));
    default:
      return body;
  }
}

const isGeneratorFunction = (work: unknown) =>
  Object.prototype.toString.call(work) === "[object GeneratorFunction]";

function inScopeOf(sweeper: Sweeper, scoped: () => PromiseLike<unknown>) {
  return async () => {
    try {
      await scoped();
    } finally {
      sweeper.isOver = true;
    }
  };
}

/** Runs a body in a group of which another task fails when it is to be cancelled. */
async function besideFailure(
  body: () => Promise<void>,
  sweeper: Sweeper,
): Promise<void> {
  const mayFail = new Future<void>();
  let cameInTime = false;
  try {
    await taskGroup(async (group) => {
      sweeper.canceller = {
        cancel: () => mayFail.done() || mayFail.setResult(undefined),
        cameInTime: () => cameInTime,
      };
      const failing = group.createTask(async () => {
        await mayFail;
        throw new Failure("beside it");
      });
      // The group hears of it first.
      failing.addDoneCallback(() => cameInTime = !sweeper.mayBeLate);
      try {
        await body();
      } finally {
        failing.cancel();
      }
    });
  } catch (error) {
    if (!isFailure(error)) throw error;
  }
  // A cancel that its errors have hidden comes here.
  await sleep(1);
}

function isFailure(error: unknown): boolean {
  return error instanceof AggregateError &&
    error.errors.every((each) => each instanceof Failure);
}
