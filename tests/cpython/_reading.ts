/**
 * Tests of readers, whose reads are done by tasks in both styles.
 *
 * @module
 */
import {
  type Coro,
  type Coroutine,
  createTask,
  StreamReader,
  type StreamReaderOptions,
  type Task,
} from "../../mod.ts";
import { inStyles, type Turns } from "./_styles.ts";

/** Reads in a task of its own. */
export type Read = <T>(open: () => Coroutine<T>) => Task<T>;

/** Makes the tests `<id> (generator)` and `<id> (async)`. */
export function reading(
  id: string,
  main: (read: Read, turns: Turns) => Coro<unknown>,
): void {
  const generator: Read = (open) =>
    createTask(function* () {
      return yield* open();
    });
  const async: Read = (open) => createTask(async () => await open());
  inStyles<Read>(id, { generator, async }, main);
}

/** A reader that was fed some texts. */
export function readerOf(
  texts: readonly string[] = [],
  options: StreamReaderOptions = {},
): StreamReader {
  const reader = new StreamReader(options);
  for (const text of texts) reader.feedData(bytes(text));
  return reader;
}

/** A reader that was fed some texts, and then the end. */
export function endedReader(
  texts: readonly string[],
  options: StreamReaderOptions = {},
): StreamReader {
  const reader = readerOf(texts, options);
  reader.feedEof();
  return reader;
}

/** Reads what is left, after the end of it was fed. */
export function* restOf(reader: StreamReader): Coro<string> {
  reader.feedEof();
  return textOf(yield* reader.read());
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of bytes. */
export function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
