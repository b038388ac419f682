/**
 * Programs that send themselves signals, run apart by `signal_handler_test.ts`. Each prints
 * what it saw.
 *
 * @module
 */
import process from "node:process";
import { EventLoop, getRunningLoop, run, sleep } from "../../mod.ts";

const seen: unknown[] = [];

function send(signal: string): void {
  process.kill(process.pid, signal);
}

/** Waits for something to have been seen, a second at most. */
async function someSeen(count: number): Promise<void> {
  for (let i = 0; i < 1000 && seen.length < count; i++) await sleep(0.001);
}

const programs: Readonly<Record<string, () => Promise<void>>> = {
  "add and remove": () =>
    run(async () => {
      const loop = getRunningLoop();
      loop.addSignalHandler("SIGINT", () => seen.push("SIGINT"));
      send("SIGINT");
      await someSeen(1);
      seen.push(loop.removeSignalHandler("SIGINT"));
      seen.push(loop.removeSignalHandler("SIGINT"));
    }),
  "the default is restored": async () => {
    const loop = new EventLoop();
    loop.addSignalHandler("SIGUSR1", () => {});
    loop.removeSignalHandler("SIGUSR1");
    send("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 10_000));
  },
  "while asleep": () =>
    run(async () => {
      const loop = getRunningLoop();
      const asleep = loop.createFuture<void>();
      loop.addSignalHandler("SIGUSR1", () => {
        seen.push("SIGUSR1");
        asleep.setResult(undefined);
      });
      loop.callLater(60, () => {});
      setTimeout(() => send("SIGUSR1"), 1);
      await asleep;
      await sleep(0.01);
    }),
  "arguments": () =>
    run(async () => {
      const handler = (value: number): void => void seen.push(value);
      getRunningLoop().addSignalHandler("SIGUSR1", () => handler(42));
      send("SIGUSR1");
      await someSeen(1);
    }),
  "a cancelled handle": () =>
    run(async () => {
      const loop = getRunningLoop();
      const handle = loop.addSignalHandler("SIGUSR1", () => seen.push("ran"));
      // Keeps the signal from ending the program.
      const other = new EventLoop();
      other.addSignalHandler("SIGUSR1", () => {});
      handle.cancel();
      send("SIGUSR1");
      await sleep(0.05);
      seen.push(loop.removeSignalHandler("SIGUSR1"));
      other.close();
    }),
  "close": async () => {
    const loop = new EventLoop();
    const other = new EventLoop();
    other.addSignalHandler("SIGUSR1", () => {
      seen.push("other");
      other.stop();
    });
    loop.addSignalHandler("SIGUSR1", () => seen.push("closed"));
    loop.addSignalHandler("SIGUSR2", () => seen.push("closed"));
    loop.close();
    seen.push(loop.removeSignalHandler("SIGUSR1"));
    setTimeout(() => send("SIGUSR1"), 1);
    other.callLater(60, () => {});
    await other.runForever();
    other.close();
  },
};

if (import.meta.main) {
  await programs[process.argv.slice(2).join(" ")]!();
  // deno-lint-ignore no-console
  console.log(JSON.stringify(seen));
}
