/** Jobs that are cancelled. They say by shared memory where they are. */
const { sleep } = await import(process.env.ASYNCIO_ROOT + "mod.ts");
const { checkCancelled } = await import(process.env.ASYNCIO_ROOT + "worker.ts");

export async function wait(flag) {
  const marks = new Int32Array(flag);
  Atomics.store(marks, 0, 1);
  try {
    await sleep(3600);
  } finally {
    Atomics.store(marks, 0, 2);
  }
}

export function spin(flag) {
  const marks = new Int32Array(flag);
  Atomics.store(marks, 0, 1);
  try {
    for (;;) checkCancelled();
  } finally {
    Atomics.store(marks, 0, 2);
  }
}
