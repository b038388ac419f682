/**
 * Sources of events that count who listens.
 *
 * @module
 */
import { EventEmitter } from "node:events";

/** A source of either kind. */
export interface Source {
  /** What is listened to. */
  readonly target: EventTarget & EventEmitter;
  /** How many listen to it now. */
  listeners(): number;
  /** Emits the event `"item"` with a number. */
  emit(item: number): void;
}

/** An event with a number. */
export class ItemEvent extends Event {
  /** The number. */
  readonly item: number;

  /** Makes the event `"item"`. */
  constructor(item: number) {
    super("item");
    this.item = item;
  }
}

class CountingTarget extends EventTarget {
  count = 0;

  override addEventListener(
    ...args: Parameters<EventTarget["addEventListener"]>
  ): void {
    this.count++;
    super.addEventListener(...args);
  }

  override removeEventListener(
    ...args: Parameters<EventTarget["removeEventListener"]>
  ): void {
    this.count--;
    super.removeEventListener(...args);
  }
}

/** As a socket of `ws` is: of the DOM's methods it has two, which know some names only. */
class SocketOfWs extends EventEmitter {
  addEventListener(name: string, listener: () => void): void {
    if (name === "open" || name === "close") this.on(name, listener);
  }

  removeEventListener(name: string, listener: () => void): void {
    this.off(name, listener);
  }
}

function sourceOf(emitter: EventEmitter): Source {
  return {
    target: emitter as unknown as EventTarget & EventEmitter,
    listeners: () =>
      emitter.eventNames().reduce(
        (sum, name) => sum + emitter.listenerCount(name),
        0,
      ),
    emit: (item) => void emitter.emit("item", { item }, "more"),
  };
}

/** The kinds of sources, by name. */
export const SOURCES: Readonly<Record<string, () => Source>> = {
  "an EventTarget": () => {
    const target = new CountingTarget();
    return {
      target: target as unknown as EventTarget & EventEmitter,
      listeners: () => target.count,
      emit: (item) => void target.dispatchEvent(new ItemEvent(item)),
    };
  },
  "an EventEmitter": () => sourceOf(new EventEmitter()),
  "an EventEmitter with a help for handlers of the DOM": () =>
    sourceOf(new SocketOfWs()),
};
