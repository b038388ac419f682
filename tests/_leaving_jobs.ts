/** Jobs that leave something behind in their worker. */
import { createSubprocessShell, createTask, sleep } from "../mod.ts";

/** A process that ends when it is asked to, and says so. */
export async function leaveProcess(): Promise<void> {
  await createSubprocessShell(
    `trap "echo ended; exit" TERM; ${UP_TO_TEN_SECONDS}; echo survived`,
  );
}

/** A process that has to be killed. */
export async function leaveStubborn(): Promise<void> {
  await createSubprocessShell(
    `trap "" TERM; ${UP_TO_TEN_SECONDS}; echo survived`,
  );
}

/** A task whose clean-up begins another one, which cleans up too. */
export async function leaveTasks(): Promise<void> {
  createTask(async () => {
    try {
      await sleep(3600);
    } finally {
      createTask(cleanUp);
      await sleep(0.001);
    }
  });
  await sleep(0);
}

async function cleanUp(): Promise<void> {
  try {
    await sleep(3600);
  } finally {
    await createSubprocessShell("echo cleaned up").then((shell) =>
      shell.wait()
    );
  }
}

const UP_TO_TEN_SECONDS =
  "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); sleep 0.05; done";
