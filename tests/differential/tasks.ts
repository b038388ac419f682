/**
 * The statements of tasks and futures, and of what waits for them.
 *
 * @module
 */
import {
  CancelledError,
  eagerTaskFactory,
  type Future,
  gather,
  type ReturnWhen,
  shield,
  sleep,
  Task,
  type TaskFactory,
  wait,
  waitFor,
} from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Block, Json } from "./program.ts";
import {
  Missing,
  seconds,
  state,
  UNIT,
  UserError,
  type Wait,
  type Words,
} from "./words.ts";

class OwnTask<T> extends Task<T> {}

const FACTORIES: Readonly<Record<string, TaskFactory | undefined>> = {
  eager: eagerTaskFactory,
  own: (loop, coro, options) => new OwnTask(coro, { ...options, loop }),
  none: undefined,
};

/** The words of tasks and futures. */
export function taskWords(host: Interpreter): Words {
  const gatherAll = (operands: Json, returnExceptions: Json) =>
    gather(host.operands(operands), {
      returnExceptions: returnExceptions as boolean,
    });
  const callbacks = new Map<string, (future: Future<unknown>) => void>();
  return {
    acts: {
      "raise": (code: string) => {
        throw new UserError(code);
      },
      "raiseGroup": (codes: readonly string[]) => {
        throw new AggregateError(codes.map((code) => new UserError(code)));
      },
      "raiseCancelled": (message: string | null) => {
        throw new CancelledError(message ?? undefined);
      },
      "raiseKept": (name: string) => {
        if (!host.kept.has(name)) throw new Missing();
        throw host.kept.get(name);
      },
      "task": (name: string, eager: boolean, block: Block, context?: Json) => {
        const task = host.loop.createTask(host.body(name, block), {
          name,
          ...(eager && { eagerStart: true }),
          ...host.contexts.options(context),
        });
        host.keep(name, task);
      },
      "setFactory": (kind: string) => host.loop.setTaskFactory(FACTORIES[kind]),
      "spawn": (
        groupName: string,
        name: string,
        eager: boolean,
        block: Block,
        context?: Json,
      ) => {
        const group = host.groups.get(groupName);
        if (group === undefined) throw new Missing();
        const options = {
          name,
          ...(eager && { eagerStart: true }),
          ...host.contexts.options(context),
        };
        host.keep(name, group.createTask(host.body(name, block), options));
      },
      "gatherAs": (name: string, operands: Json, returnExceptions: Json) =>
        void host.futures.set(name, gatherAll(operands, returnExceptions)),
      "shieldAs": (name: string, operand: Json) =>
        void host.futures.set(name, shield(host.operand(operand))),
      "cancel": (name: string, message: string | null) =>
        host.future(name).cancel(message ?? undefined),
      "uncancel": (name: string) => host.task(name).uncancel(),
      "cancelling": (name: string) => host.task(name).cancelling(),
      "inspect": (name: string) => state(host.future(name)),
      "result": (name: string) => host.future(name).result(),
      "exception": (name: string) => host.future(name).exception(),
      "setResult": (name: string, value: Json) =>
        host.future(name).setResult(value),
      "setError": (name: string, code: string) =>
        host.future(name).setException(new UserError(code)),
      "setCancelled": (name: string, message: string | null) =>
        host.future(name).setException(
          new CancelledError(message ?? undefined),
        ),
      "onDone": (target: Json, name: string, block: Block, context?: Json) => {
        const future = host.future(target);
        const callback = (done: Future<unknown>): void => {
          host.log(`callback ${name} ${done === future} ${state(done)}`);
          host.actAll(block);
        };
        const options = host.contexts.options(context);
        callbacks.set(name, callback);
        future.addDoneCallback(callback, options);
      },
      "offDone": (future: Json, name: string) => {
        const callback = callbacks.get(name);
        if (callback === undefined) throw new Missing();
        return host.future(future).removeDoneCallback(callback);
      },
    },
    waits: {
      "sleep": (delay: number, value: Json) => ({
        on: sleep(delay / UNIT, value),
      }),
      "gather": (operands: Json, returnExceptions: Json) => ({
        on: gatherAll(operands, returnExceptions),
      }),
      "wait": (names: readonly string[], limit: Json, returnWhen: ReturnWhen) =>
        waitForSome(host, names, limit, returnWhen),
      "waitFor": (operand: Json, limit: Json) => ({
        on: waitFor(host.operand(operand), seconds(limit)),
      }),
      "shield": (operand: Json) => ({ on: shield(host.operand(operand)) }),
    },
  };
}

function waitForSome(
  host: Interpreter,
  names: readonly string[],
  limit: Json,
  returnWhen: ReturnWhen,
): Wait {
  const byFuture = new Map<Future<unknown>, string>();
  for (const name of names) {
    const future = host.futures.get(name);
    if (future !== undefined && !byFuture.has(future)) {
      byFuture.set(future, name);
    }
  }
  if (byFuture.size === 0) throw new Missing();
  const timeout = seconds(limit);

  return {
    on: wait([...byFuture.keys()], {
      returnWhen,
      ...(timeout !== undefined && { timeout }),
    }),
    show: (parts: readonly Set<Future<unknown>>[]) =>
      parts.map((part) =>
        [...byFuture].filter(([future]) => part.has(future)).map(([, name]) =>
          name
        )
      ),
  };
}
