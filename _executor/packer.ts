/**
 * Messages between processes, as bytes.
 *
 * What cannot be sent throws here: the channel of Deno 2.9 itself would break with it, on
 * both sides.
 *
 * @module
 */
import { builtin } from "../_host/environment.ts";

interface Serializer {
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** Packs messages, and unpacks them. */
export interface Packer {
  /** Throws if it cannot be sent. */
  pack(message: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

/** Returns the packer of this host. */
export function packer(): Packer {
  const { serialize, deserialize } = builtin<Serializer>("node:v8")!;
  return {
    pack: (message) => serialize(message),
    unpack: (bytes) => deserialize(bytes),
  };
}
