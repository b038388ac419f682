/**
 * Random programs for the models: some tasks that use a few primitives, all at once.
 *
 * Their form is that of the differential test's programs, so that they are shrunk and
 * shown by the same code.
 *
 * @module
 */
import type {
  Block,
  Json,
  Program,
  Statement,
} from "../differential/program.ts";
import { Random } from "../differential/random.ts";

/** Makes one statement that uses an object. */
type Use = (name: string, random: Random, inner: () => Block) => Statement;

interface Kind {
  readonly make: (random: Random) => Json[];
  readonly uses: readonly Use[];
}

const hold: Use = (name, _, inner) => ["hold", name, inner()];
const put: Use = (name, random) => ["put", name, random.between(0, 9)];
const plain = (op: string): Use => (name) => [op, name];

const QUEUE_USES: readonly Use[] = [
  put,
  put,
  put,
  plain("get"),
  plain("get"),
  plain("get"),
  (name, random) => ["putNowait", name, random.between(0, 9)],
  plain("getNowait"),
  plain("taskDone"),
  plain("taskDone"),
  plain("join"),
];

const shutdown: Use = (name, random) => ["shutdown", name, random.chance(0.5)];

const KINDS: Readonly<Record<string, Kind>> = {
  lock: { make: () => [], uses: [hold] },
  semaphore: { make: (random) => [random.between(1, 2)], uses: [hold] },
  bounded: {
    make: (random) => [random.between(1, 2)],
    uses: [hold, hold, plain("overRelease")],
  },
  event: {
    make: () => [],
    uses: [plain("wait"), plain("wait"), plain("set"), plain("clear")],
  },
  condition: {
    make: () => [],
    uses: [
      plain("await"),
      plain("await"),
      (name, random) => ["notify", name, random.between(1, 3)],
    ],
  },
  queue: {
    make: (random) => ["fifo", random.between(0, 2)],
    uses: [...QUEUE_USES, ...QUEUE_USES, shutdown],
  },
  priority: {
    make: (random) => ["priority", random.between(0, 2)],
    uses: QUEUE_USES,
  },
  lifo: { make: (random) => ["lifo", random.between(0, 2)], uses: QUEUE_USES },
  barrier: { make: (random) => [random.between(1, 3)], uses: [plain("meet")] },
  future: {
    make: () => [],
    uses: [
      plain("result"),
      plain("result"),
      (name, random) => ["settle", name, random.chance(0.3)],
    ],
  },
};

/** Makes the program of a seed. */
export function generate(seed: number): Program {
  const random = new Random(seed);
  const objects: Record<string, readonly [string, ...Json[]]> = {};
  // Few objects, so that many meet at each.
  for (let i = random.between(1, 2); i >= 0; i--) {
    const kind = random.pick(Object.keys(KINDS));
    objects[`${kind}${i}`] = [kind, ...KINDS[kind]!.make(random)];
  }
  const count = random.between(2, 5);
  const tasks: Statement[] = [];
  for (let task = 0; task < count; task++) {
    tasks.push(["task", `T${task}`, block(random, objects, count, 0)]);
  }
  const main: Program["main"] = ["do", ...tasks];
  return { seed, eager: false, turns: false, runs: null, objects, main };
}

function block(
  random: Random,
  objects: Program["objects"],
  tasks: number,
  depth: number,
): Block {
  const length = depth === 0 ? random.between(2, 7) : random.between(0, 2);
  const statements = Array.from(
    { length },
    () => statement(random, objects, tasks, depth),
  );
  return ["do", ...statements];
}

function statement(
  random: Random,
  objects: Program["objects"],
  tasks: number,
  depth: number,
): Statement {
  const inner = (): Block => block(random, objects, tasks, depth + 1);
  if (depth < 2 && random.chance(0.1)) {
    return ["timeout", random.between(0, 3), inner()];
  }
  if (depth < 2 && random.chance(0.08)) {
    const children = Array.from({ length: random.between(1, 3) }, inner);
    return ["group", random.chance(0.3), ...children];
  }
  if (random.chance(0.2)) return ["sleep", random.between(0, 2)];
  if (random.chance(0.2)) return ["cancel", `T${random.between(0, tasks - 1)}`];
  const name = random.pick(Object.keys(objects));
  const { uses } = KINDS[objects[name]![0]]!;
  return random.pick(uses)(name, random, depth < 2 ? inner : () => ["do"]);
}
