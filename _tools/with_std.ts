/**
 * Runs a Deno command with the `@std` packages, or with their stand-ins where
 * JSR is out of reach: `with_std.ts test --doc`.
 *
 * @module
 */
import { runDeno, standInFlags } from "./_deno.ts";

if (import.meta.main) {
  const [command, ...args] = Deno.args;
  Deno.exitCode = await runDeno([command!, ...await standInFlags(), ...args]);
}
