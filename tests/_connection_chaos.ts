/**
 * Random programs over a connection: both ends read, write and end as a seed says, and are
 * cancelled at random moments, in both styles. No byte gets lost, comes twice or in another
 * order, each failure of a handler is reported once, and all ends.
 *
 * ```sh
 * deno run -A tests/_connection_chaos.ts 0 200 [TCP]
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- as a program it prints what failed

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import {
  createTask,
  currentTask,
  type EventLoop,
  openConnection,
  openUnixConnection,
  run,
  sleep,
  startServer,
  startUnixServer,
  timeout,
} from "../mod.ts";
import { connectionPair } from "../testing.ts";
import { Random } from "./differential/random.ts";
import { type Ending, Side, type Streams } from "./_chaos_side.ts";
import { certificate, HOST } from "./_stream_checks.ts";

// What a connection may be lost by, on any host.
const LOST =
  /reset|pipe|closed|lost|EPIPE|ECONN|not connected|EOF|write after|abort/i;

async function connectionOf(
  wire: string,
  random: Random,
  serve: (streams: Streams) => Promise<void>,
): Promise<{ client: Streams; close(): Promise<void> }> {
  const limit = random.between(64, 3000);
  if (wire === "memory") {
    const [client, far] = connectionPair({
      latency: random.pick([0, 0.001]),
      capacity: random.between(1, 10_000),
      limit,
    });
    const task = createTask(() => serve(far).finally(() => far[1].close()));
    return {
      client,
      async close() {
        await task.then(null, () => {});
        await far[1].waitClosed().then(null, () => {});
      },
    };
  }
  if (wire === "unix") {
    const folder = mkdtempSync(`${tmpdir()}/chaos-`);
    const path = `${folder}/socket`;
    const server = await startUnixServer((r, w) => serve([r, w]), path, {
      limit,
    });
    return {
      client: await openUnixConnection(path, { limit }),
      async close() {
        server.close();
        await server.waitClosed();
        rmSync(folder, { recursive: true });
      },
    };
  }
  const { ca, cert, key } = certificate();
  const tls = wire === "TLS";
  const server = await startServer((r, w) => serve([r, w]), HOST, 0, {
    limit,
    ...tls ? { tls: { cert, key } } : {},
  });
  return {
    client: await openConnection(HOST, server.sockets[0]!.port!, {
      limit,
      ...tls ? { tls: { ca } } : {},
    }),
    async close() {
      server.close();
      await server.waitClosed();
    },
  };
}

/** Runs what a seed says. */
export async function connectionChaos(
  wire: string,
  seed: number,
): Promise<void> {
  const problems: unknown[] = [];
  await run(async () => {
    const loop = currentTask()!.getLoop() as EventLoop;
    loop.setExceptionHandler((_loop, context) => {
      problems.push(context.exception ?? context.message);
    });
    await timeout(25, () => converse(wire, new Random(seed), problems));
  });
}

async function converse(
  wire: string,
  random: Random,
  reports: unknown[],
): Promise<void> {
  const mode = random.pick(["mark", "eof", "wild", "wild"]);
  const orderly = mode === "wild" ? undefined : mode as Ending;
  const ends: Ending[] = ["close", "abort", "return", "eof"];
  const endings = [random.pick(ends), random.pick([...ends, "throw" as const])];
  let far: Side | undefined;
  const sides: Side[] = [];
  const meet = (): void => {
    const [one, other] = sides;
    if (other === undefined) return;
    one!.in.sent = other.out;
    other.in.sent = one!.out;
  };
  const served = Promise.withResolvers<void>();
  const farRandom = new Random(random.between(0, 1 << 30));
  const { client, close } = await connectionOf(
    wire,
    random,
    async (streams) => {
      far = new Side("server", farRandom, streams, [1, 2]);
      far.ending = orderly ?? endings[1]!;
      sides.push(far);
      meet();
      try {
        await far.run();
      } catch (error) {
        lost(far, error, orderly);
        if (error === far.failure) throw error;
      } finally {
        far.noteReadEnd();
        served.resolve();
      }
    },
  );
  const near = new Side("client", random, client, [2, 1]);
  near.ending = orderly ?? endings[0]!;
  sides.push(near);
  meet();
  try {
    await near.run();
  } catch (error) {
    lost(near, error, orderly);
  }
  near.noteReadEnd();
  if (random.chance(0.5)) await near.writer.close().then(null, () => {});
  else {
    near.writer.close();
    await near.writer.waitClosed().then(null, () => {});
  }
  near.hasClosed = true;
  await served.promise;
  await close();
  await far!.writer.waitClosed().then(null, () => {});
  const where = `${near.ending} and ${far!.ending}`;
  for (const [side, peer] of [[near, far!], [far!, near]] as const) {
    const got = side.in.count;
    const sent = peer.out.count;
    assert(got <= sent, `${side.name} got more than was sent`);
    if (orderly !== undefined) {
      assert.equal(got, sent, `${side.name} lost something, ${where}`);
    } else if (
      side.readEnd === "eof" && !side.hasClosed && peer.ending !== "abort"
    ) {
      assert.equal(
        got,
        sent,
        `${side.name} got a clean end too early, ${where}`,
      );
    }
  }
  // The handler ends a little later, and is reported then.
  for (let turn = 0; turn < 10; turn++) await sleep(0);
  // What a race() or a group has not given its caller is reported.
  const others = reports.filter((error) =>
    orderly !== undefined || !isLost(error)
  );
  const wanted = wire !== "memory" && far!.failure ? [far!.failure] : [];
  assert.deepEqual(others, wanted, "reports");
}

function isLost(error: unknown): boolean {
  return error instanceof AggregateError
    ? error.errors.every(isLost)
    : LOST.test(`${error} ${(error as { readonly code?: string }).code}`);
}

function lost(side: Side, error: unknown, orderly: Ending | undefined): void {
  if (error === side.failure) return;
  if (orderly !== undefined || !isLost(error)) throw error;
}

if (/_connection_chaos\.ts$/.test(process.argv[1] ?? "")) {
  const [first = "0", end = "20", only] = process.argv.slice(2);
  const wires = only?.split(",") ?? ["memory", "TCP", "unix", "TLS"];
  for (const wire of wires) {
    for (let seed = Number(first); seed < Number(end); seed++) {
      try {
        await connectionChaos(wire, seed);
      } catch (error) {
        console.log(`failed: ${wire}, seed ${seed}: ${(error as Error).stack}`);
      }
    }
  }
  // It ends by itself: nothing is left open.
  console.log("done");
}
