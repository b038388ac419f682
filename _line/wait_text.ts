/**
 * Says in words what a task waits for, for errors and for the task tree.
 *
 * @module
 */
import { placeIn } from "../_base/creation.ts";
import { guarded, shorten, textOf } from "../_base/repr.ts";
import { running } from "../_base/running.ts";
import { Future } from "../future.ts";
import type { Scheduler } from "../handle.ts";
import { Coroutine } from "../_coroutine/coroutine.ts";
import { knownWaitsOf, type LineDriver, type LineState } from "./line.ts";
import { OWN_TURN } from "../_coroutine/next_turn.ts";
import { PROMISE_BODY } from "../_coroutine/promise_body.ts";

interface Described {
  _describe?(): string;
  _waitsFor?(): unknown[];
}

/** What may run a stack of coroutines: a task, or an `await` of one. */
interface Stack {
  readonly _coroutine?: unknown;
  readonly _body?: unknown;
}

// Where a method of a user's subclass throws that tells of it.
const NOT_SHOWN = "a task waited";
const LONGEST_NAME = 200;
// How many waits are named.
const MOST_WAITS = 5;
// Of what waits for something else in turn.
const MOST_NESTED = 3;
// Of tasks that wait for each other.
const MOST_TASKS = 3;

/**
 * Says in a few words what is waited for, and in debug mode where that was made.
 *
 * @param waits What is waited for.
 * @param loop The loop.
 * @param by Who waits.
 */
export function describeWaits(
  waits: readonly unknown[],
  loop: Scheduler,
  by: object | undefined,
): string {
  const words = waits.slice(0, MOST_WAITS).map((wait) =>
    describeWait(wait) + madeAt(wait, loop, by)
  );
  const more = waits.length - words.length;
  if (more > 0) words.push(`${more} more`);
  return words.join(" and ");
}

/**
 * Says what is waited for, and what that waits for in turn.
 *
 * @param what What is waited for.
 * @param whose Names what waits in turn.
 * @param waits What it waits for; nothing is said of none.
 * @param loop The loop.
 */
export function describeInside(
  what: string,
  whose: string,
  waits: readonly unknown[],
  loop: Scheduler,
): string {
  if (waits.length === 0 || running.nestedWords === MOST_NESTED) return what;
  running.nestedWords++;
  try {
    return `${what}, whose ${whose} waits for ${
      describeWaits(waits, loop, undefined)
    }`;
  } finally {
    running.nestedWords--;
  }
}

/**
 * Says in debug mode where something was made, in brackets.
 *
 * @param made A task, another future, or a wait.
 * @param loop The loop.
 * @param by Who waits for it, if that may say more.
 */
export function madeAt(made: unknown, loop: Scheduler, by?: object): string {
  if (!loop.getDebug()) return "";
  const place = placeIn(framesOf(made, loop)) ?? placeIn(framesOnTop(by));
  return place === undefined ? "" : ` (made at ${place})`;
}

function framesOf(made: unknown, loop: Scheduler): string | undefined {
  if (made instanceof Future) return loop._traceOf(made);
  const future = (made as Described)._waitsFor?.()[0];
  return framesOnTop(made) ??
    (future instanceof Future ? loop._traceOf(future) : undefined);
}

function framesOnTop(stack: unknown): string | undefined {
  const { _coroutine, _body } = (stack ?? {}) as Stack;
  // One that waits itself is its own body.
  const coroutine = _body instanceof Coroutine ? _body : _coroutine;
  return coroutine instanceof Coroutine ? coroutine._record?.frames : undefined;
}

/** Says what one wait is for; it may be of a class of the user's. */
export function describeWait(wait: unknown): string {
  const words = guarded(() => (wait as Described)._describe?.(), undefined);
  return shorten(words ?? textOf(wait), LONGEST_NAME);
}

/**
 * Says which task waited for what in the body of a scope, for the error of that scope.
 *
 * @param line The line of the scope.
 * @param driver On whose stack the body stands.
 */
export function describeBody(line: LineState, driver: LineDriver): string {
  return guarded(() => bodyInWords(line, driver), NOT_SHOWN);
}

function bodyInWords(line: LineState, driver: LineDriver): string {
  const { _waitingOn } = driver;
  if (_waitingOn instanceof Future) {
    return waitsInWords(line, [_waitingOn], driver);
  }
  if (_waitingOn === undefined) {
    return waitsInWords(line, [OWN_TURN], driver);
  }
  if (_waitingOn !== PROMISE_BODY) return `${nameOf(line)} was on its way`;
  const waits = knownWaitsOf(driver._scope ?? line);
  if (waits.length > 0) return waitsInWords(line, waits);
  // Its last wait has just ended: whether it waits for the host now, nobody knows.
  if (line._isOnItsWay()) return `${nameOf(line)} was on its way`;
  return waitsInWords(line, [PROMISE_BODY]);
}

/**
 * Says which task waited for what.
 *
 * @param line The line that waited.
 * @param waits What for.
 */
export function tell(line: LineState, waits: readonly unknown[]): string {
  return guarded(() => waitsInWords(line, waits), NOT_SHOWN);
}

/**
 * Says why what nobody awaits is cancelled.
 *
 * @param line The line that has ended.
 */
export function describeEnd(line: LineState): string {
  const name = guarded(() => nameOf(line), "The task");
  return `${name} has ended, and with it what nobody in it awaits`;
}

function waitsInWords(
  line: LineState,
  waits: readonly unknown[],
  driver?: object,
): string {
  const loop = line.getLoop();
  let text = `${nameOf(line)} waited for ${describeWaits(waits, loop, driver)}`;
  let task = taskIn(waits);
  for (let i = 0; i < MOST_TASKS && task !== undefined; i++) {
    const below = task._waitsFor!();
    if (below.length === 0) break;
    text += `, which waited for ${describeWaits(below, loop, task)}`;
    task = taskIn(below);
  }
  return text;
}

function nameOf(line: LineState): string {
  return shorten(line._describe(), LONGEST_NAME) +
    madeAt(line._task, line.getLoop());
}

// The task that is waited for itself, alone and with nothing in between.
function taskIn(waits: readonly unknown[]): Described | undefined {
  if (waits.length !== 1) return undefined;
  const future = waits[0] instanceof Future
    ? waits[0]
    : (waits[0] as Described)._waitsFor?.()[0];
  const isTask = future instanceof Future && !future.done() &&
    "_awaits" in future;
  return isTask ? future as Described : undefined;
}
