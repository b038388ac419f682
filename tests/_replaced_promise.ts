/**
 * Puts a subclass in the place of `Promise`, as some that watch over promises do: to be
 * imported before the library is.
 *
 * @module
 */
const Native = Promise;
Object.assign(globalThis, { Promise: class Promise<T> extends Native<T> {} });
