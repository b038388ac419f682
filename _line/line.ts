/**
 * Lines: what a task's own async function, or the body of a scope, awaits, and all that it
 * calls. A line has its own waits and its own cancel request.
 *
 * @module
 */
import type { CancelReason } from "../_base/cancelled.ts";
import type { InBursts } from "../_base/microtasks.ts";
import type { Waiter } from "../_base/roles.ts";
import { running } from "../_base/running.ts";
import { PROMISE_BODY } from "../_coroutine/promise_body.ts";
import type { Line, PendingAwait } from "../_future/future_await.ts";
import {
  asyncLine,
  runningTask,
  type SlottedLine,
} from "../_host/async_context.ts";
import { type CancelRequest, noteRequests } from "./cancel_request.ts";
import { listWaits, WaitSet } from "./wait_set.ts";

/** So many scopes in each other are looked at one by one. */
export const FEW_LINES = 16;

/** Whether lines wait for nothing of this library, as far as that was asked. */
export type QuietLines = Map<LineState, boolean>;

/** The fields of a line. */
export interface LineState extends Line, SlottedLine, InBursts {
  /** What it waits for: nothing, one alone, or several that stood beside each other. */
  _awaits: PendingAwait | WaitSet | undefined;
  _request: CancelRequest | undefined;
  /** The line round it; `undefined` for a task. */
  readonly _outer: LineState | undefined;
  /** Whether it has ended. */
  _isOver(): boolean;
  /** Ends its wait for the host, where a cancel may. */
  _interrupt?: ((reason: CancelReason) => void) | undefined;
}

/** What resumes the bodies of lines, as far as a cancel needs it. */
export interface LineDriver extends Waiter {
  _waitingOn: unknown;
  /** The innermost scope whose body stands on its stack. */
  _scope: ScopeLine | undefined;
  /** The line for whose sake it runs. */
  readonly _line: LineState | undefined;
}

/** The line of a scope, as far as a cancel needs it. */
export interface ScopeLine extends LineState {
  readonly _driver: LineDriver | undefined;
}

/** The line of what stands on top of a driver's stack. */
export function lineOf(driver: LineDriver): LineState | undefined {
  return driver._scope ?? driver._line;
}

/** The line of the code that runs now in a task. */
export function currentLine(): LineState | undefined {
  return running.driver === undefined
    ? asyncLine() as LineState | undefined
    : lineOf(running.driver as LineDriver);
}

/** As {@linkcode currentLine}, but none where a callback runs in its async context. */
export function runningLine(): LineState | undefined {
  const line = currentLine();
  return line !== undefined && runningTask() === line._task ? line : undefined;
}

/** A line, or what is under way round one that has ended. */
export function lineUnderWay(line: LineState): LineState {
  let each = line;
  while (each._outer !== undefined && each._isOver()) each = each._outer;
  return each;
}

/** Whether code of a task runs now, or starts a task eagerly whose first step does. */
export function isOnStack(task: object): boolean {
  return runningTask() === task ||
    (running.starters as (LineState | undefined)[]).some((line) =>
      line?._task === task
    );
}

/** Whether an async function waits in the place of a wait. */
export function isHosted(wait: PendingAwait): boolean {
  return (wait as Partial<LineDriver>)._waitingOn === PROMISE_BODY;
}

/**
 * Whether a line waits for nothing of this library.
 *
 * @param line The line.
 * @param known Keeps it of the lines inside, for who asks for those too.
 */
export function isQuiet(line: LineState, known?: QuietLines): boolean {
  if (known === undefined) return areInnerQuiet(line);
  const inside: LineState[] = [];
  let each: LineState | undefined = line;
  let quiet: boolean | undefined;
  // As long as a line waits for one scope alone, it is as quiet as that.
  while ((quiet = known.get(each)) === undefined) {
    inside.push(each);
    const scope = onlyScopeIn(each);
    if (scope === undefined) {
      quiet = areInnerQuiet(each);
      break;
    }
    each = scope;
  }
  for (const passed of inside) known.set(passed, quiet);
  return quiet;
}

function onlyScopeIn({ _awaits }: LineState): LineState | undefined {
  if (_awaits === undefined || _awaits instanceof WaitSet) return undefined;
  return isHosted(_awaits)
    ? (_awaits as Partial<LineDriver>)._scope
    : undefined;
}

function areInnerQuiet(line: LineState): boolean {
  let each: LineState | undefined = line;
  // Lists are for several: nearly always it is one alone.
  let others: LineState[] | undefined;
  while (each !== undefined) {
    const awaits: LineState["_awaits"] = each._awaits;
    each = undefined;
    if (awaits instanceof WaitSet) {
      // The first that is not quiet is enough: a line asks at the end of each of its waits.
      for (const wait of awaits) {
        if (!isHosted(wait)) return false;
        const { _scope } = wait as Partial<LineDriver>;
        const inner = _scope?._awaits;
        if (inner === undefined) continue;
        // Nearly always it is one alone, and then the first of many scopes may be enough.
        if (!(inner instanceof WaitSet) && !isHosted(inner)) return false;
        (others ??= []).push(_scope!);
      }
    } else if (awaits !== undefined) {
      if (!isHosted(awaits)) return false;
      each = (awaits as Partial<LineDriver>)._scope;
    }
    each ??= others?.pop();
  }
  return true;
}

/** What a line waits for, and the lines of the scopes that stand at their own waits. */
export function waitsOf(line: LineState): PendingAwait[] {
  const waits: PendingAwait[] = [];
  const lines = [line];
  for (const each of lines) {
    for (const wait of listWaits(each._awaits)) {
      waits.push(wait);
      const { _scope } = wait as Partial<LineDriver>;
      if (_scope !== undefined && isHosted(wait)) lines.push(_scope);
    }
  }
  return waits;
}

/**
 * What waits are for, as far as that is known: an async function that is awaited may stand at
 * any wait of its line, but a scope that stands at none waits for the host.
 */
export function knownWaits(waits: readonly PendingAwait[]): unknown[] {
  const known = new Set<unknown>();
  for (const wait of waits) {
    if (!isHosted(wait)) known.add(wait);
    else if (isAtHost(wait as Partial<LineDriver>)) known.add(PROMISE_BODY);
  }
  return [...known];
}

/** As {@linkcode knownWaits}, of a line and the scopes that it waits for. */
export function knownWaitsOf(line: LineState): unknown[] {
  return knownWaits(waitsOf(line));
}

/** The lines of a task: its own, and those of the scopes whose bodies are under way. */
export function linesOf(task: LineState & LineDriver): LineState[] {
  const lines = new Set<LineState>([task]);
  addScopes(task._scope, lines);
  // A driver that has just begun stands at no wait yet.
  const current = currentLine();
  if (current?._task === task) addScopes(current, lines);
  for (const each of lines) {
    for (const wait of listWaits(each._awaits)) {
      addScopes((wait as Partial<LineDriver>)._scope, lines);
    }
  }
  return [...lines];
}

function addScopes(innermost: LineState | undefined, to: Set<LineState>): void {
  for (let each = innermost; each !== undefined; each = each._outer) {
    to.add(each);
  }
}

/** Whether the body of a scope of a task waits for the host and for nothing else. */
export function hasScopeAtHost(task: LineState & LineDriver): boolean {
  if (isAtHost(task)) return true;
  const lines = new Set<LineState>([task]);
  addScopes(task._scope, lines);
  for (const each of lines) {
    for (const wait of listWaits(each._awaits)) {
      const driver = wait as Partial<LineDriver>;
      if (isAtHost(driver)) return true;
      if (driver._scope !== undefined) lines.add(driver._scope);
    }
  }
  return false;
}

// Whether the innermost scope on a driver's stack does.
function isAtHost({ _waitingOn, _scope }: Partial<LineDriver>): boolean {
  return _waitingOn === PROMISE_BODY && _scope !== undefined &&
    _scope._awaits === undefined;
}

/** Takes as many requests back as there are, from a line and those round it. */
export function takeRequestsBack(line: LineState, most: number): void {
  const root = (line._task as LineState)._request;
  let left = most;
  let each: LineState | undefined = line;
  for (; each !== undefined && left > 0; each = each._outer) {
    const request = each._request;
    const taken = Math.min(request?.count ?? 0, left);
    if (taken === 0) continue;
    noteRequests(root!, request!, -taken);
    left -= taken;
  }
}

/** How many requests were made to a line and those round it, and not taken back. */
export function requestsOf(line: LineState): number {
  const root = (line._task as LineState)._request;
  if (!root?.total) return 0;
  // Nearly always none was made to a scope.
  if (root.count === root.total) return root.count;
  let count = 0;
  let each: LineState | undefined = line;
  for (let i = 0; i < FEW_LINES; i++) {
    count += each._request?.count ?? 0;
    each = each._outer;
    if (each === undefined) return count;
  }
  return count + requestsFarOf(each, root);
}

// Scopes may stand in each other by the thousand, and each asks at its end.
function requestsFarOf(line: LineState, root: CancelRequest): number {
  const known = root.known ??= new WeakMap<object, number>();
  const path: LineState[] = [];
  let each: LineState | undefined = line;
  let count: number | undefined;
  while (each !== undefined && (count = known.get(each)) === undefined) {
    path.push(each);
    each = each._outer;
  }
  count ??= 0;
  for (let i = path.length - 1; i >= 0; i--) {
    count += path[i]!._request?.count ?? 0;
    known.set(path[i]!, count);
  }
  return count;
}
