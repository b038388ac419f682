/** The jobs, for all contenders. Piscina and tinypool call the default export. */
export function echo(x) {
  return x;
}

export function busy(microseconds) {
  const end = performance.now() + microseconds / 1000;
  let turns = 0;
  while (performance.now() < end) turns++;
  return turns;
}

export default function run(x) {
  return typeof x === "object" ? busy(x.busy) : echo(x);
}
