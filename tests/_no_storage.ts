/**
 * Takes the host's async storage away, as browsers have none: to be imported before the
 * library is.
 *
 * @module
 */
Object.defineProperty(globalThis, "process", { value: undefined });
