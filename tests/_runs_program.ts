/**
 * Three runs of one Runner, each interrupted once: the program of `runner_runs_test.ts`.
 * Its argument is the grace, if there is one.
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import {
  closing,
  createTask,
  onClosing,
  Runner,
  type ShutdownReport,
  sleep,
} from "../mod.ts";

const [grace] = process.argv.slice(2);
const runner = new Runner({
  ...grace === undefined ? {} : { grace: Number(grace) },
  onShutdown: ({ signal, services, tasks }: ShutdownReport) => {
    const ends = [...services, ...tasks].map((end) =>
      `${end.name} ${end.outcome}`
    );
    console.log([signal, ...ends.sort()].join(", "));
  },
});

for (const name of ["first", "second", "third"]) {
  try {
    await runner.run(async () => {
      if (name === "first") createTask(() => sleep(3600), { name: "beside" });
      onClosing(`service of the ${name}`, () => {});
      // It listens once the run has had to wait.
      await sleep(0.01);
      console.log("kill SIGINT");
      await (grace === undefined ? sleep(3600) : closing());
      console.log(`${name} was asked`);
    });
    console.log(`${name} has ended`);
  } catch (error) {
    console.log(`${name}: ${(error as Error).name}`);
  }
}
await runner.close();
