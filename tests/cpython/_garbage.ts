/**
 * Forces garbage collection, for what a test must see collected.
 *
 * @module
 */

interface Host {
  readonly gc?: () => void;
  readonly process?: {
    getBuiltinModule(
      name: "node:v8",
    ): { setFlagsFromString(flag: string): void };
    getBuiltinModule(
      name: "node:vm",
    ): { runInNewContext(code: string): unknown };
  };
}

const collect = collector();

/** Collects garbage and lets finalizers run. */
export async function collectGarbage(): Promise<void> {
  // A WeakRef that was read keeps its target until the host's turn ends.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function collector(): () => void {
  const { gc, process } = globalThis as Host;
  if (gc !== undefined) return gc;
  process!.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
  return process!.getBuiltinModule("node:vm").runInNewContext("gc") as () =>
    void;
}
