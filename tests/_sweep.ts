/**
 * The cancel sweep: cancels a task at every turn of a program, early and late in the
 * turn, and then a second time at every turn after that.
 *
 * A primitive passes if the program's check holds whenever the cancel came: no permit,
 * item, notification or wake-up is lost, nobody hangs, and the task ends.
 *
 * @module
 */
import {
  CancelledError,
  type Coro,
  type CoroutineFunction,
  createTask,
  EventLoop,
  run,
  sleep,
  type Task,
  VirtualClock,
} from "../mod.ts";

/** What is swept: made anew for each run. */
export interface Program {
  /** What the tasks run, in the order in which they are made. */
  readonly bodies: readonly CoroutineFunction<unknown>[];
  /** Ends what is left when the tasks have come to rest; the rest must end by that. */
  finish?(tasks: readonly Task<unknown>[]): Coro<void>;
  /** Asserts what must hold when all tasks are done. */
  check(tasks: readonly Task<unknown>[]): void;
}

interface Moment {
  /** Which of the tasks is cancelled. */
  readonly victim: number;
  /** In which turns. */
  readonly turns: readonly number[];
  /** Whether the cancel comes before the tasks of the turn run, or after. */
  readonly early: boolean;
}

const REST = 40;

/** Runs a program with each of its tasks cancelled at each moment. */
export async function sweep(make: () => Program): Promise<void> {
  const { length } = make().bodies;
  for (let victim = 0; victim < length; victim++) {
    for (const early of [true, false]) {
      const turns = await runOnce(make(), { victim, turns: [], early });
      for (let first = 0; first <= turns; first++) {
        const after = await runOnce(make(), { victim, turns: [first], early });
        for (let second = first; second <= after; second++) {
          await runOnce(make(), { victim, turns: [first, second], early });
        }
      }
    }
  }
}

/** Gives after how many turns the victim was done. */
async function runOnce(program: Program, moment: Moment): Promise<number> {
  try {
    return await run(() => watch(program, moment), {
      loopFactory: () => new EventLoop({ clock: new VirtualClock() }),
    });
  } catch (error) {
    throw new Error(`Sweep failed at ${JSON.stringify(moment)}`, {
      cause: error,
    });
  }
}

function* watch(program: Program, moment: Moment): Coro<number> {
  const tasks: Task<unknown>[] = [];
  let lived = 0;
  function* cancel(): Coro<void> {
    for (let turn = 0; turn < REST; turn++) {
      for (const due of moment.turns) {
        if (due === turn) tasks[moment.victim]!.cancel();
      }
      if (!tasks[moment.victim]!.done()) lived = turn + 1;
      yield* sleep(0);
    }
  }
  const early = moment.early ? createTask(cancel()) : undefined;
  for (const body of program.bodies) tasks.push(createTask(body));
  yield* early ?? createTask(cancel());
  if (program.finish !== undefined) yield* program.finish(tasks);
  for (let turn = 0; turn < REST; turn++) yield* sleep(0);
  for (const [index, task] of tasks.entries()) {
    if (!task.done()) throw new Error(`Task ${index} hangs: ${task}`);
    const error = task.cancelled() ? undefined : task.exception();
    if (error !== undefined && !(error instanceof CancelledError)) throw error;
    if (task.cancelled() && index !== moment.victim) {
      throw new Error(`Task ${index} was cancelled, but it was another's turn`);
    }
  }
  program.check(tasks);
  return lived;
}
