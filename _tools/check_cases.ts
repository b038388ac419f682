/**
 * Checks that every behaviour of CPython has a test or a reason, and that
 * `tests/cpython/STATUS.md` says so.
 *
 * @module
 */
import { compareAll } from "./cases_status.ts";

if (import.meta.main) Deno.exitCode = await compareAll(true) ? 0 : 1;
