/** In which context the exception handler of a loop is called. */
import { assertEquals } from "@std/assert";
import {
  ContextVar,
  createTask,
  EventLoop,
  type ExceptionContext,
  Future,
  getRunningLoop,
  race,
  run,
  Runner,
  sleep,
} from "@asyncio/asyncio";

const variable = new ContextVar<string>("where", { default: "outside" });

Deno.test("a handler is called in the context of the task that a report names as its future", async () => {
  const seen: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => {
      seen.push((exception as Error).message, variable.get());
    });
    const loser = createTask(async () => {
      variable.set("in the loser");
      try {
        await sleep(3600);
      } catch {
        throw new Error("of the loser");
      }
    });
    await race([loser, sleep(0.001)]);
  });
  assertEquals(seen, ["of the loser", "in the loser"]);
});

/** A loop whose default handler notes in which context it is called. */
class NotingLoop extends EventLoop {
  readonly seen: [string, string][] = [];

  override defaultExceptionHandler({ exception }: ExceptionContext): void {
    this.seen.push([(exception as Error).message, variable.get()]);
  }
}

function fail(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

for (const style of ["async", "generator"]) {
  Deno.test(`the default handler is called outside of the context of a callback that fails, ${style} style`, async () => {
    const loop = new NotingLoop();
    const fails = (): void => {
      variable.set("in the callbacks");
      const future = new Future<void>();
      future.addDoneCallback(fail("done"));
      future.setResult();
      loop.callSoon(fail("soon"));
      loop.callLater(0, fail("later"));
      loop.callSoon(() => {
        loop.callExceptionHandler({
          message: "called",
          exception: new Error("called"),
        });
      });
    };
    await using runner = new Runner({ loopFactory: () => loop });
    await runner.run(
      style === "async"
        ? async () => {
          fails();
          await sleep(0.001);
        }
        : function* () {
          fails();
          yield* sleep(0.001);
        },
    );
    assertEquals(loop.seen.sort(), [
      ["called", "in the callbacks"],
      ["done", "outside"],
      ["later", "outside"],
      ["soon", "outside"],
    ]);
  });
}

Deno.test("a handler that fails is told of outside of the context of the callback that it was told of", async () => {
  const loop = new NotingLoop();
  await using runner = new Runner({ loopFactory: () => loop });
  const seen: string[] = [];
  await runner.run(async () => {
    loop.setExceptionHandler(() => {
      seen.push(variable.get());
      throw new Error("of the handler");
    });
    variable.set("in the callback");
    loop.callSoon(fail("of the callback"));
    await sleep(0.001);
  });
  assertEquals(seen, ["in the callback"]);
  assertEquals(loop.seen, [["of the handler", "outside"]]);
});
