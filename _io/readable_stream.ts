/**
 * A reader as a stream of the Web.
 *
 * @module
 */
import { NO_CONTEXT } from "../_loop/scheduler.ts";
import { NEED_MORE, readSome, type ReadState } from "./reads.ts";
import { RuntimeError } from "../errors.ts";
import { Future } from "../future.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

const PIECE: ReadState<number> = {
  argument: 65_536,
  offset: 0,
  pieces: undefined,
  takenBefore: 0,
  search: undefined,
  isWoken: false,
};
const PIECE_THAT_CAME: ReadState<number> = { ...PIECE, isWoken: true };

const CUT_OFF =
  "Cannot read to the end: the source was closed here before, by whoever uses it or by the end of the run";

/** Makes a stream that takes from the buffer when it is asked, and not before. */
export function readableStreamOf(
  buffer: ReceiveBuffer,
): ReadableStream<Uint8Array> {
  let waiter: ReturnType<ReceiveBuffer["wait"]> | undefined;
  // Not async: it may be called in the context of a task, which it does not belong to.
  const give = (
    controller: ReadableStreamDefaultController<Uint8Array>,
    state: ReadState<number>,
  ): Promise<void> | void => {
    const bytes = readSome(buffer, state);
    if (bytes === NEED_MORE) {
      const wait = waiter = buffer.wait("toReadableStream");
      return new Promise<void>((resolve) => {
        wait.addDoneCallback(() => resolve(), NO_CONTEXT);
      }).then(() => {
        if (wait.cancelled()) return;
        const hasCome = wait.exception() === undefined;
        return give(controller, hasCome ? PIECE_THAT_CAME : PIECE);
      });
    }
    if (bytes.length === 0) close(controller);
    // A copy, since whoever gets it may hand it over to another thread.
    else controller.enqueue(bytes.slice());
  };
  // Whoever reads it is outside of the loop, such as the client of a server that ends, and
  // would take a part for all.
  const close = (controller: ReadableStreamDefaultController): void => {
    if (buffer.isCutOff) controller.error(new RuntimeError(CUT_OFF));
    else controller.close();
  };
  const cancel = (reason: unknown): Promise<void> | void => {
    buffer.giveUp(waiter);
    waiter?.cancel();
    const closing = buffer.source?.cancel?.(reason);
    // Not by its then(): that would be a wait of the task whose context this is.
    if (closing instanceof Future) return promiseOf(closing);
  };
  return new ReadableStream<Uint8Array>({
    pull: (controller) => give(controller, PIECE),
    cancel,
  }, { highWaterMark: 0 });
}

function promiseOf(future: Future<void>): Promise<void> {
  return new Promise((resolve, reject) =>
    future.addDoneCallback(() => {
      const error = future.cancelled() ? undefined : future.exception();
      if (error === undefined) resolve();
      else reject(error);
    }, NO_CONTEXT)
  );
}
