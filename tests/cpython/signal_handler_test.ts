import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { coroutine, EventLoop, RuntimeError } from "../../mod.ts";
import { lacks } from "../_permissions.ts";
import { caseTest } from "./_both.ts";

const CANNOT_RUN = lacks("read", "run");

interface Outcome {
  readonly seen: unknown;
  readonly signal: string | null;
}

/** Runs one of the programs in a process of its own, which alone gets the signals. */
async function outcomeOf(program: string): Promise<Outcome> {
  const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-config",
      "--no-prompt",
      "--allow-run",
      new URL("./_signal_program.ts", import.meta.url).href,
      ...program.split(" "),
    ],
  }).output();
  const text = new TextDecoder().decode(stdout);
  return { seen: text === "" ? undefined : JSON.parse(text), signal };
}

// A process can't send itself signals there.
const noKill = Deno.build.os === "windows";

caseTest("events.EventLoopTestsMixin.add_signal_handler", async () => {
  using loop = new EventLoop();
  const handler = (): void => {};
  for (const wrong of [1, undefined, null, {}, Symbol("SIGINT")] as never[]) {
    assertThrows(() => loop.addSignalHandler(wrong, handler), TypeError);
    assertThrows(() => loop.removeSignalHandler(wrong), TypeError);
  }
  // Python's "boom" is no number; here it is no name.
  for (const wrong of ["boom", "", "sigint", "INT", "SIGNSIG"] as never[]) {
    assertThrows(
      () => loop.addSignalHandler(wrong, handler),
      RangeError,
      `Cannot add a signal handler: signal must be the name of a signal, such as "SIGTERM", got "${wrong}"`,
    );
    assertThrows(() => loop.removeSignalHandler(wrong), RangeError);
  }
  assertThrows(
    () => loop.addSignalHandler("SIGKILL", handler),
    RuntimeError,
    "Cannot add a signal handler: no program can catch SIGKILL",
  );
  assertFalse(loop.removeSignalHandler("SIGKILL"));
  if (noKill) return;
  assertEquals((await outcomeOf("add and remove")).seen, [
    "SIGINT",
    true,
    false,
  ]);
  assertEquals((await outcomeOf("the default is restored")).signal, "SIGUSR1");
}, { ignore: CANNOT_RUN });

caseTest(
  "events.EventLoopTestsMixin.signal_handling_while_selecting",
  async () => {
    if (noKill) return;
    assertEquals((await outcomeOf("while asleep")).seen, ["SIGUSR1"]);
  },
  { ignore: CANNOT_RUN },
);

caseTest("events.EventLoopTestsMixin.signal_handling_args", async () => {
  if (noKill) return;
  assertEquals((await outcomeOf("arguments")).seen, [42]);
}, { ignore: CANNOT_RUN });

caseTest("unix_events.SelectorEventLoopSignalTests.check_signal", () => {
  using loop = new EventLoop();
  assertThrows(
    () => loop.addSignalHandler("1" as never, () => {}),
    RangeError,
    'got "1"',
  );
  assertThrows(
    () => loop.addSignalHandler(129 as never, () => {}),
    TypeError,
    "got 129",
  );
});

caseTest(
  "unix_events.SelectorEventLoopSignalTests.handle_signal_cancelled_handler",
  async () => {
    if (noKill) return;
    assertEquals((await outcomeOf("a cancelled handle")).seen, [false]);
  },
  { ignore: CANNOT_RUN },
);

caseTest(
  "unix_events.SelectorEventLoopSignalTests.add_signal_handler_coroutine_error",
  () => {
    using loop = new EventLoop();
    const functions = [
      async () => {},
      function* () {},
      coroutine(async () => {}),
    ];
    for (const wrong of functions) {
      assertThrows(
        () => loop.addSignalHandler("SIGINT", wrong as () => void),
        TypeError,
        "callback must be a plain function",
      );
    }
    const cold = coroutine(async () => {})();
    assertThrows(
      () => loop.addSignalHandler("SIGINT", cold as never),
      TypeError,
    );
    assertFalse(loop.removeSignalHandler("SIGINT"));
  },
);

caseTest(
  "unix_events.SelectorEventLoopSignalTests.install_and_remove_errors",
  () => {
    using loop = new EventLoop();
    const { addSignalListener } = Deno;
    const failure = new Error("signals are not supported");
    let refused = 0;
    Object.defineProperty(Deno, "addSignalListener", {
      configurable: true,
      value: () => {
        refused++;
        throw failure;
      },
    });
    try {
      const error = assertThrows(
        () => loop.addSignalHandler("SIGWINCH", () => {}),
        RuntimeError,
        "Cannot add a signal handler: SIGWINCH cannot be listened to here",
      );
      assertEquals(error.cause, failure);
      assertFalse(loop.removeSignalHandler("SIGWINCH"));
      // Nothing stays from the failure: the host is asked again.
      assertThrows(() => loop.addSignalHandler("SIGWINCH", () => {}));
      assertEquals(refused, 2);
    } finally {
      Object.defineProperty(Deno, "addSignalListener", {
        configurable: true,
        value: addSignalListener,
      });
    }
  },
);

caseTest("unix_events.SelectorEventLoopSignalTests.close", async () => {
  using loop = new EventLoop();
  loop.close();
  assertThrows(
    () => loop.addSignalHandler("SIGINT", () => {}),
    RuntimeError,
    "closed",
  );
  if (noKill) return;
  assertEquals((await outcomeOf("close")).seen, [false, "other"]);
}, { ignore: CANNOT_RUN });
