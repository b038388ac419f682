/** Ends a process that has started another one, with whatever permissions it has. */
import { createSubprocessExec, PIPE, run } from "../mod.ts";

await run(async () => {
  const process = await createSubprocessExec(
    "sh",
    ["-c", `sleep ${Deno.args[0]} > /dev/null & echo ready; wait`],
    { stdout: PIPE, stderr: "null", grace: 1 },
  );
  await process.stdout!.readline();
  const how = await process.end();
  // deno-lint-ignore no-console
  console.log(how, process.returncode);
});
