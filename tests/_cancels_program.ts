/**
 * What cancels do to async functions, on the host that it is run by: those that main leaves
 * behind, and random ones.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { FORGOTTEN } from "./_forgotten_cases.ts";
import { sweepSeeds } from "./_random_cancels.ts";

const PROGRAMS = 40;

for (const { name, check } of FORGOTTEN) {
  const wrong = await check();
  if (wrong !== "") console.log(`${name}: ${wrong}`);
}
const failure = await sweepSeeds(0, PROGRAMS);
if (failure !== undefined) console.log(failure);
console.log("end");
