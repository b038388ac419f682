/**
 * Random async functions, each cancelled at every moment of its life: for a compiler that makes
 * plain functions of them, so there is no top-level await.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { sweepSeeds } from "./_random_cancels.ts";

sweepSeeds(0, 10).then((failure) => console.log(failure ?? "end"));
