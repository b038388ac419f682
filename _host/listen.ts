/**
 * Listens to a source of events, and stops: the only place that adds listeners for users'
 * events, so that every listener has a remover.
 *
 * @module
 */

/**
 * What Node's `EventEmitter` has, as far as it is used here. It says `never`, so that an
 * emitter fits whatever it takes: some have no symbols for names, some a few names alone,
 * each with its own listeners.
 */
export interface EventEmitterLike {
  /** Adds a listener for the events of a name. */
  on(name: never, listener: never): unknown;
  /** Removes a listener. */
  off(name: never, listener: never): unknown;
}

/** As {@linkcode EventEmitterLike}, to be called. */
interface Emitter {
  on(name: string | symbol, listener: (...args: unknown[]) => void): unknown;
  off(name: string | symbol, listener: (...args: unknown[]) => void): unknown;
}

/** Who is told of the events. */
export interface Listener {
  /** Takes what an event was emitted with: of an EventTarget, the Event alone. */
  take(args: readonly unknown[]): void;
  /** Takes the error of an emitter that says "error" while another event is wanted. */
  fail(error: unknown): void;
  /** Is told that there will be no more: one of the events that say so has come. */
  end?(): void;
}

/**
 * Says whether `source` is to be listened to as an EventTarget.
 *
 * An emitter may have `addEventListener()` for a few names only, as a socket of `ws` has,
 * which does nothing for the others. One that is no more than such a help has no
 * `dispatchEvent()`; the types tell the two by that as well. Nor has the `parentPort` of Deno.
 */
export function isEventTarget(source: unknown): source is EventTarget {
  return isFunction(source, "addEventListener") &&
    isFunction(source, "removeEventListener") &&
    (isFunction(source, "dispatchEvent") ||
      isFunction(source, "postMessage") || !isEmitter(source));
}

/** Says whether `source` can be listened to as a Node emitter. */
export function isEmitter(source: unknown): source is Emitter {
  return isFunction(source, "on") && isFunction(source, "off");
}

/**
 * Listens to the events of one name.
 *
 * @param source What has them; an EventTarget first, since ports of Node are both.
 * @param name The name.
 * @param listener Who is told.
 * @param ends The names of the events that say that there will be no more.
 * @returns Stops listening.
 */
export function listen(
  source: EventTarget | EventEmitterLike,
  name: string | symbol,
  listener: Listener,
  ends: readonly (string | symbol)[] = [],
): () => void {
  const calls: Call[] = [];
  if (!isEventTarget(source) && name !== "error") {
    calls.push({ of: "error", call: (error) => listener.fail(error) });
  }
  calls.push({ of: name, call: (...args) => listener.take(args) });
  for (const of of ends) calls.push({ of, call: () => listener.end?.() });
  const begun: Call[] = [];
  const stop = (): void => removeAll(source, begun);
  try {
    if (isEventTarget(source) && name === "message") startPort(source);
    for (const each of calls) {
      add(source, each);
      begun.push(each);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/** What is called for the events of one name. */
interface Call {
  readonly of: string | symbol;
  readonly call: (...args: unknown[]) => void;
}

function add(
  source: EventTarget | EventEmitterLike,
  { of, call }: Call,
): void {
  if (isEventTarget(source)) source.addEventListener(of as string, call);
  else (source as Emitter).on(of, call);
}

// The last first; one that fails keeps none of the others.
function removeAll(
  source: EventTarget | EventEmitterLike,
  begun: Call[],
): void {
  const last = begun.pop();
  if (last === undefined) return;
  try {
    const { of, call } = last;
    if (isEventTarget(source)) source.removeEventListener(of as string, call);
    else (source as Emitter).off(of, call);
  } finally {
    removeAll(source, begun);
  }
}

// Node and Bun start a port with its first listener; elsewhere it would never say anything.
function startPort(source: EventTarget): void {
  if (isFunction(source, "start") && isFunction(source, "postMessage")) {
    (source as MessagePort).start();
  }
}

function isFunction(source: unknown, method: string): boolean {
  return (typeof source === "object" || typeof source === "function") &&
    source !== null &&
    typeof (source as Record<string, unknown>)[method] === "function";
}
