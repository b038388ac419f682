/**
 * Where something was made, for debug mode: the user's frames of the stack that makes it.
 *
 * @module
 */
import { withFrames } from "./error_place.ts";
import { guarded } from "./repr.ts";

// The library has a dozen frames of its own above the user's, and twenty between theirs and
// their call of `run()`.
const DEEPEST_STACK = 64;

// The stack of here: its first frame shows this module as the host shows modules, by a URL or
// by a path. Users may have set `Error.prepareStackTrace`, which may give anything.
function stackOfHere(frames: number): string[] {
  const read = (): unknown => withFrames(frames, () => new Error().stack);
  const stack = guarded(read, undefined);
  return typeof stack === "string" ? stack.split("\n") : [];
}

// "at name (module:1:2)", "at module:1:2", "name@module:1:2".
const FRAME =
  /^\s*at .*?\((.+):\d+:\d+\)$|^\s*at (?:async )?(.+):\d+:\d+$|^[^@]*@(.+):\d+:\d+$/;

function moduleOf(frame: string): string | undefined {
  const [, ...modules] = FRAME.exec(frame) ?? [];
  // Windows' paths have the other slash.
  return modules.find((module) => module !== undefined)?.replaceAll("\\", "/");
}

function ownModule(stack: readonly string[]): string | undefined {
  for (const frame of stack) {
    const module = moduleOf(frame);
    if (module !== undefined) return module;
  }
  return undefined;
}

// This module, where the library is not a part of a bundle.
const OWN = /_base\/creation\.[cm]?[jt]s(\?.*)?$/;

// Public modules stand in the root, internal ones in folders whose names begin with "_".
// Tests and examples are users.
const IN_LIBRARY = /^([^/]+|_[a-z]+\/[^/]+)$/;

function isOfLibrary(frame: string, own: string): boolean {
  const module = moduleOf(frame);
  if (module === undefined) return false;
  if (!OWN.test(own)) return module === own;
  const root = own.replace(OWN, "");
  return module.startsWith(root) && IN_LIBRARY.test(module.slice(root.length));
}

// Frames of the host's own code, and of what it does in itself.
const OF_HOST = /\b(ext|node):|\(<anonymous>\)$/;

/**
 * The user's frames of the stack that makes something now; empty if there are none. In a
 * bundle of the whole program all are of one module, so the library's are among them.
 */
export function creationStack(): string {
  const stack = stackOfHere(DEEPEST_STACK);
  const own = ownModule(stack);
  const frames = stack.slice(1).filter((frame) => !OF_HOST.test(frame));
  if (own === undefined) return frames.join("\n");
  const users = frames.filter((frame) => !isOfLibrary(frame, own));
  const isKnown = users.length > 0 || OWN.test(own);
  return (isKnown ? users : frames).join("\n");
}

/**
 * The first place that a stack names: a module, a line and a column. None if that is the
 * library's, which {@linkcode creationStack} could not tell from the user's.
 */
export function placeIn(stack: string | undefined): string | undefined {
  const frame = stack?.split("\n")[0] ?? "";
  const module = moduleOf(frame);
  const own = ownModule(stackOfHere(1));
  if (module === undefined || module === own) return undefined;
  return module + /:\d+:\d+(?=\)?$)/.exec(frame)![0];
}

/** The words for where something was made, if its stack is known. */
export function describeCreation(stack: string | undefined): string[] {
  const place = placeIn(stack);
  return place === undefined ? [] : [`created at ${place}`];
}
