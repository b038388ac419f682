/**
 * What a driver resumes.
 *
 * @module
 */
import { GeneratorClass } from "../_base/repr.ts";

/** A generator, or something that behaves like one. */
export interface Body {
  /** @internal */
  next(value?: unknown): IteratorResult<unknown, unknown>;
  /** @internal */
  throw(error: unknown): IteratorResult<unknown, unknown>;
}

const { next, throw: throwInto } = GeneratorClass.prototype;

/**
 * Resumes a body. A generator is resumed by the host's own functions: the generators of
 * each function have a hidden class of their own, in which V8 looks `next` up anew, and
 * that costs 0.6 µs where the function was made for one call.
 *
 * @param body The body; a generator as {@linkcode asResumed} gives it.
 * @param throwing Whether `input` is thrown into it.
 * @param input What it is resumed with.
 */
export function resume(
  body: Body,
  throwing: boolean,
  input: unknown,
): IteratorResult<unknown, unknown> {
  if (body instanceof GeneratorClass) {
    return throwing
      ? throwInto.call(body, input)
      : next.call(body, input as never);
  }
  return throwing ? body.throw(input) : body.next(input);
}

/** Returns what of a generator is resumed: one whose `next` is its own hides behind it. */
export function asResumed(generator: Generator): Generator {
  return generator.next === next && generator.throw === throwInto
    ? generator
    : new OwnSteps(generator) as unknown as Generator;
}

/** The generator behind what is resumed, as its maker knows it. */
export function asGiven(body: unknown): unknown {
  return body instanceof OwnSteps ? body.generator : body;
}

/** A generator that is asked for its own `next`: a proxy, a test's double. */
class OwnSteps implements Body {
  readonly generator: Generator;

  constructor(generator: Generator) {
    this.generator = generator;
  }

  next(value?: unknown): IteratorResult<unknown, unknown> {
    return this.generator.next(value as never);
  }

  throw(error: unknown): IteratorResult<unknown, unknown> {
    return this.generator.throw(error);
  }

  // It is taken for a generator by its methods.
  return(value?: unknown): IteratorResult<unknown, unknown> {
    return this.generator.return(value as never);
  }
}
