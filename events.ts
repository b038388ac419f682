/**
 * `once()` and `on()`: wait for the events of a DOM EventTarget or a Node EventEmitter.
 *
 * The listener goes away with the wait: when the event has come, when the wait is
 * cancelled, when the loop over the events is left, and when the run ends.
 *
 * ```ts
 * import { getRunningLoop, on, once, run, timeout } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const target = new EventTarget();
 * const types = await run(async () => {
 *   const emit = () => target.dispatchEvent(new Event("change"));
 *   getRunningLoop().callSoon(emit);
 *   const types = [(await timeout(60, () => once(target, "change"))).type];
 *
 *   getRunningLoop().callSoon(emit);
 *   for await (const event of on(target, "change")) {
 *     types.push(event.type);
 *     break;
 *   }
 *   return types;
 * });
 * assertEquals(types, ["change", "change"]);
 * ```
 *
 * @module
 */
import { HostWait } from "./_coroutine/to_future.ts";
import type { Future } from "./future.ts";
import { failureWith } from "./_future/failure.ts";
import type { Scheduler } from "./handle.ts";
import {
  type EventEmitterLike,
  isEmitter,
  isEventTarget,
  listen,
  type Listener,
} from "./_host/listen.ts";
import { isList } from "./_base/repr.ts";
import type { CancelReason } from "./_base/cancelled.ts";
import {
  BOOLEAN,
  check,
  checkOptions,
  copyList,
  integer,
  type Kind,
  NUMBER,
  oneOf,
  type OptionKinds,
  orInfinity,
  STRING,
} from "./_base/arguments.ts";
import { type Resource, resourcesOf } from "./_loop/resources.ts";
import { requireScheduler } from "./_loop/scheduler.ts";
import {
  type ItemIterator,
  ItemStream,
  type Overflow,
} from "./_sync/item_stream.ts";

export type { EventEmitterLike } from "./_host/listen.ts";
export type { ItemIterator, NextItem, Overflow } from "./_sync/item_stream.ts";

/** Says that events of an emitter are given with all their arguments. */
export interface AllArguments {
  /** Whether an event is the array of all that it was emitted with, not the first alone. */
  readonly args: true;
}

/** Options of {@linkcode once}. */
export interface OnceOptions {
  /**
   * Whether an event of a Node EventEmitter is the array of all that it was emitted with,
   * and not the first argument alone.
   *
   * @default {false}
   */
  readonly args?: boolean | undefined;
}

/** Options of {@linkcode on}. */
export interface OnOptions extends OnceOptions {
  /**
   * How many events are kept that nobody has taken yet; 0 means no limit.
   *
   * @default {0}
   */
  readonly maxsize?: number | undefined;
  /**
   * What becomes of an event for which there is no room: `"error"` ends the iteration
   * with a QueueFull after those that are kept, `"dropOldest"` drops the one that has
   * waited the longest, `"dropNewest"` drops the event itself.
   *
   * @default {"error"}
   */
  readonly overflow?: Overflow | undefined;
  /**
   * The names of events that end the iteration, after the events that came before them:
   * `["close"]` of a socket, or `["end", "close"]` of a stream. Without one of them an
   * iteration over a source that says no more waits for ever.
   *
   * @default {no events}
   */
  readonly close?: readonly (string | symbol)[] | undefined;
}

/**
 * Waits for the next event of a name.
 *
 * It listens from the call on, and for one event: its listener is removed when the event
 * has come and when the wait is cancelled. For `"message"` it starts a MessagePort.
 *
 * @typeParam E The type of the event.
 * @param target What has the events.
 * @param name The name of the event.
 * @returns A future of the event.
 * @throws {TypeError} If `target` can't be listened to, or `name` is no name.
 * @throws {RuntimeError} If no loop is running here.
 *
 * @example With a time limit
 * ```ts
 * import { once, run, TimeoutError, timeout } from "@asyncio/asyncio";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() =>
 *   run(async () => {
 *     await timeout(0.001, async () => await once(new EventTarget(), "load"));
 *   }), TimeoutError);
 * ```
 */
export function once<E = Event>(target: EventTarget, name: string): Future<E>;
/**
 * Waits for the next event of a Node EventEmitter. If it says `"error"` first, that error
 * is thrown.
 *
 * @typeParam A The types of what the event is emitted with.
 * @param emitter What has the events.
 * @param name The name of the event.
 * @param options That all arguments are wanted.
 * @returns A future of the arguments.
 * @throws {TypeError} If `emitter` has no events, or an argument is of the wrong kind.
 */
export function once<A extends readonly unknown[]>(
  emitter: EventEmitterLike,
  name: string | symbol,
  options: AllArguments,
): Future<A>;
/**
 * Waits for the next event of a Node EventEmitter. If it says `"error"` first, that error
 * is thrown.
 *
 * @typeParam E The type of the first argument that the event is emitted with.
 * @param emitter What has the events.
 * @param name The name of the event.
 * @param options Whether all arguments are wanted.
 * @returns A future of the first argument.
 */
export function once<E = unknown>(
  emitter: EventEmitterLike,
  name: string | symbol,
  options?: OnceOptions,
): Future<E>;
export function once(
  target: EventTarget | EventEmitterLike,
  name: string | symbol,
  options: OnceOptions = {},
): Future<unknown> {
  checkSource(target, name);
  options = checkOptions(LISTEN, options, ONCE_KINDS);
  const wait = new EventWait(requireScheduler(), name, options.args ?? false);
  wait.listen(target);
  return wait;
}

/**
 * Iterates over the events of a name, as they come.
 *
 * - **Start**: it listens from the call on; events that nobody waits for are kept. For
 *   `"message"` it starts a MessagePort.
 * - **End**: it has none but the events that `close` names. They, `break`, an error, a cancel
 *   in the body or in the wait, and the end of the run remove the listeners; so does `using`.
 * - **Errors**: the `"error"` of a Node EventEmitter is thrown, after the events before it;
 *   one that nobody takes is reported when the iteration or the run ends.
 *
 * @typeParam E The type of the events.
 * @param target What has the events.
 * @param name The name of the events.
 * @param options How many events are kept, and what becomes of those above.
 * @returns An iterator for `for await`, and for `yield* events.next()`.
 * @throws {TypeError} If `target` can't be listened to, or `name` is no name.
 * @throws {RangeError} If `maxsize` is no count, or `overflow` none of its three words.
 * @throws {RuntimeError} If no loop is running here.
 * @throws {QueueFull} By the iteration, if there is no room and `overflow` is `"error"`.
 *
 * @example Keep the newest only
 * ```ts
 * import { on, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const sizes = new EventTarget();
 * await run(async () => {
 *   using events = on<CustomEvent<number>>(sizes, "resize", {
 *     maxsize: 1,
 *     overflow: "dropOldest",
 *   });
 *   for (const detail of [1, 2, 3]) {
 *     sizes.dispatchEvent(new CustomEvent("resize", { detail }));
 *   }
 *   const { value } = await events.next();
 *   assertEquals(value?.detail, 3);
 * });
 * ```
 *
 * @example Up to the end
 * ```ts
 * import { on, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 * import { EventEmitter } from "node:events";
 *
 * const socket = new EventEmitter();
 * const texts: string[] = [];
 * await run(async () => {
 *   const messages = on<string>(socket, "message", { close: ["close"] });
 *   socket.emit("message", "hello");
 *   socket.emit("close");
 *   for await (const text of messages) texts.push(text);
 * });
 * assertEquals(texts, ["hello"]);
 * ```
 *
 * @example In a generator
 * ```ts
 * import { on, run } from "@asyncio/asyncio";
 * import { assertEquals } from "@std/assert";
 *
 * const target = new EventTarget();
 * await run(function* () {
 *   using events = on(target, "change");
 *   target.dispatchEvent(new Event("change"));
 *   const { value } = yield* events.next();
 *   assertEquals(value?.type, "change");
 * });
 * ```
 */
export function on<E = Event>(
  target: EventTarget,
  name: string,
  options?: Omit<OnOptions, "args">,
): ItemIterator<E>;
/**
 * Iterates over the events of a Node EventEmitter, each as the array of its arguments.
 *
 * @typeParam A The types of what the events are emitted with.
 * @param emitter What has the events.
 * @param name The name of the events.
 * @param options That all arguments are wanted, how many events are kept, and what becomes
 * of those above.
 * @returns An iterator for `for await`, and for `yield* events.next()`.
 * @throws {TypeError} If `emitter` has no events, or an argument is of the wrong kind.
 */
export function on<A extends readonly unknown[]>(
  emitter: EventEmitterLike,
  name: string | symbol,
  options: OnOptions & AllArguments,
): ItemIterator<A>;
/**
 * Iterates over the events of a Node EventEmitter, each as its first argument.
 *
 * @typeParam E The type of the first argument that the events are emitted with.
 * @param emitter What has the events.
 * @param name The name of the events.
 * @param options How many events are kept, and what becomes of those above.
 * @returns An iterator for `for await`, and for `yield* events.next()`.
 */
export function on<E = unknown>(
  emitter: EventEmitterLike,
  name: string | symbol,
  options?: OnOptions,
): ItemIterator<E>;
export function on(
  target: EventTarget | EventEmitterLike,
  name: string | symbol,
  options: OnOptions = {},
): ItemIterator<unknown> {
  checkSource(target, name);
  options = checkOptions(LISTEN, options, ON_KINDS);
  const { args = false, maxsize = 0, overflow = "error", close = [] } = options;
  for (const end of close) checkName("each name in close", target, end);
  let stop: (() => void) | undefined = undefined;
  const stream = new ItemStream<unknown>(requireScheduler(), {
    what: describeEvent(name),
    ofHost: true,
    maxsize,
    overflow,
    stop: () => stop?.(),
  });
  try {
    stop = listen(target, name, {
      take: (given) => stream.push(args ? given : given[0]),
      fail: (error) => stream.fail(error),
      end: () => stream.close(),
    }, close);
  } catch (error) {
    stream.close();
    throw error;
  }
  // A source may fail at once, or say more than there is room for.
  if (stream.closed) stop();
  return stream;
}

const LISTEN = "listen";
const SOURCE: Kind = {
  words: "an EventTarget or an EventEmitter",
  fits: (value) => isEventTarget(value) || isEmitter(value),
};
const ONCE_KINDS: OptionKinds<OnceOptions> = { args: BOOLEAN };
const ON_KINDS: OptionKinds<OnOptions> = {
  args: BOOLEAN,
  maxsize: orInfinity({ ...integer(0), fits: NUMBER.fits }),
  overflow: oneOf(["error", "dropOldest", "dropNewest"]),
  close: { words: "an array of names", fits: isList, copy: copyList },
};

/** The wait of `once()`: whatever settles it removes the listener. */
class EventWait extends HostWait<unknown> implements Listener, Resource {
  /** @internal */
  readonly _isClosing = false;
  /** @internal Whether only the host can end it, as far as the loop knows. */
  readonly _ofHost = true;
  readonly #name: string | symbol;
  readonly #args: boolean;
  #stop: (() => void) | undefined = undefined;

  constructor(loop: Scheduler, name: string | symbol, args: boolean) {
    super({ loop });
    this.#name = name;
    this.#args = args;
  }

  listen(target: EventTarget | EventEmitterLike): void {
    this.#stop = listen(target, this.#name, this);
    // A source that says at once what it has to say.
    if (this.done()) return this.#stopListening();
    resourcesOf(this.scheduler)?.add(this);
  }

  take(args: readonly unknown[]): void {
    if (!this.done()) this.setResult(this.#args ? args : args[0]);
  }

  fail(error: unknown): void {
    if (!this.done()) {
      this.setException(failureWith(error));
    }
  }

  override setResult(result: unknown): void {
    this.#stopListening();
    super.setResult(result);
  }

  override setException(error: unknown): void {
    this.#stopListening();
    super.setException(error);
  }

  override _settleCancelled(reason: CancelReason): void {
    this.#stopListening();
    super._settleCancelled(reason);
  }

  _endWithLoop(): void {
    this.cancel();
  }

  _abandon(): void {
    this.cancel();
  }

  _describe(): string {
    return describeEvent(this.#name);
  }

  #stopListening(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    resourcesOf(this.scheduler)?.delete(this);
    try {
      stop?.();
    } catch (exception) {
      // A cancel must not fail for that.
      this.scheduler.callExceptionHandler({
        message: `Exception while stopping to listen for ${this._describe()}`,
        exception,
      });
    }
  }
}

function checkSource(source: unknown, name: unknown): void {
  check(LISTEN, "the source", source, SOURCE);
  checkName("the name", source, name);
}

function checkName(parameter: string, source: unknown, name: unknown): void {
  // Emitters take symbols too.
  if (typeof name === "symbol" && !isEventTarget(source)) return;
  check(LISTEN, parameter, name, STRING);
}

function describeEvent(name: string | symbol): string {
  return `the event ${
    typeof name === "symbol" ? name.toString() : JSON.stringify(name)
  }`;
}
