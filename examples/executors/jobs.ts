/** The jobs of `primes.ts`: what it runs in threads or processes. */
// deno-lint-ignore-file no-console
import { sleep } from "../../sleep.ts";
import { checkCancelled } from "../../worker.ts";

/** Counts the primes below `n`. */
export function countPrimes(n: number): number {
  let count = 0;
  for (let i = 2; i < n; i++) {
    if (i % 1000 === 0) checkCancelled();
    if (isPrime(i)) count++;
  }
  return count;
}

/** Waits, as for a database, and cleans up whatever happens. */
export async function fetchName(id: number): Promise<string> {
  try {
    await sleep(id === 0 ? 3600 : 0.001);
    return `name ${id}`;
  } finally {
    console.log(`connection ${id} closed`);
  }
}

/** Yields the primes below `n` as it finds them. */
export async function* listPrimes(n: number): AsyncGenerator<number, string> {
  for (let i = 2; i < n; i++) if (isPrime(i)) yield i;
  return "no more";
}

function isPrime(x: number): boolean {
  for (let i = 2; i * i <= x; i++) if (x % i === 0) return false;
  return true;
}
