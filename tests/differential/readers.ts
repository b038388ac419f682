/**
 * The statements of readers.
 *
 * @module
 */
import type { StreamReader } from "../../mod.ts";
import type { Interpreter } from "./interpreter.ts";
import { UserError, type Wait, type Words } from "./words.ts";

const encoder = new TextEncoder();

/** The words of readers. */
export function readerWords(host: Interpreter): Words {
  const reader = (name: string): StreamReader => host.object(name);
  return {
    acts: {
      "reader.feed": (name: string, text: string) =>
        reader(name).feedData(encoder.encode(text)),
      "reader.eof": (name: string) => reader(name).feedEof(),
      "reader.fail": (name: string, code: string) =>
        reader(name).setException(new UserError(code)),
      "reader.state": (
        name: string,
      ) => [reader(name).atEof(), reader(name).exception()],
    },
    waits: {
      "reader.read": (name: string, count: number): Wait => ({
        on: reader(name).read(count),
      }),
      "reader.exactly": (name: string, count: number): Wait => ({
        on: reader(name).readexactly(count),
      }),
      "reader.line": (name: string): Wait => ({ on: reader(name).readline() }),
      "reader.until": (name: string, separators: string[]): Wait => ({
        on: reader(name).readuntil(
          separators.map((each) => encoder.encode(each)),
        ),
      }),
    },
  };
}
