/**
 * The program of `bundle_test.ts` beside zone.js.
 *
 * @module
 */
import "./_zones.ts";
import "./_bundle_program.ts";
