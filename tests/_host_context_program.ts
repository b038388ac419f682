/**
 * Whether the host's async context of a user follows each kind of task, on any host. Prints
 * a line for each that it did not follow.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program: the console is its output
import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import {
  asCompleted,
  closing,
  type Coro,
  coroutine,
  createTask,
  firstSuccess,
  fromSignal,
  gather,
  handleRequests,
  iterate,
  mapConcurrent,
  onClosing,
  openConnection,
  race,
  run,
  shield,
  sleep,
  staggeredRace,
  startServer,
  StreamReader,
  taskGroup,
  timeout,
  waitFor,
} from "../mod.ts";

type Work = () => Promise<number>;

const request = new AsyncLocalStorage<string>();

async function take(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

const FORMS: Readonly<Record<string, (work: Work) => PromiseLike<unknown>>> = {
  "createTask()": (work) => createTask(work),
  "createTask() of a plain function": (work) => createTask(() => work()),
  "createTask() of a coroutine": (work) => createTask(coroutine(work)()),
  "createTask(timeout())": (work) => createTask(timeout(9, work)),
  "createTask(waitFor())": (work) => createTask(waitFor(work, 9)),
  "createTask(fromSignal())": (work) => createTask(fromSignal(work)),
  "gather()": (work) => gather(work, () => work()),
  "gather() with a limit": (work) =>
    gather([work, work, () => work(), coroutine(work)()], { limit: 1 }),
  "taskGroup()": (work) =>
    taskGroup(async (group) => {
      group.createTask(work);
      await work();
    }),
  "taskGroup() with a limit": (work) =>
    taskGroup(async (group) => {
      for (let i = 0; i < 3; i++) group.createTask(work);
      group.createTask(() => work());
      group.createTask(coroutine(work)());
      await sleep(0);
    }, { limit: 1 }),
  "mapConcurrent().collect()": (work) =>
    mapConcurrent([1, 2, 3], work, { limit: 2 }).collect(),
  "mapConcurrent() of a plain function": (work) =>
    mapConcurrent([1, 2, 3], () => work(), { limit: 2 }).collect(),
  "mapConcurrent() in a loop": (work) =>
    take(mapConcurrent([1, 2, 3], work, { limit: 2 })),
  "the callback of forEach()": (work) =>
    mapConcurrent([1, 2, 3], () => sleep(0), { limit: 2 }).forEach(work),
  "race()": (work) => race([work, work]),
  "firstSuccess()": (work) => firstSuccess([work, work]),
  "staggeredRace()": (work) =>
    staggeredRace([() => Promise.reject(new Error("no")), work], 0.001),
  "shield()": (work) => shield(work),
  "asCompleted()": (work) => take(asCompleted([work, work])),
  "waitFor()": (work) => waitFor(work, 9),
  "waitFor() with a signal": (work) =>
    waitFor(work, 9, { signal: new AbortController().signal }),
  "timeout()": (work) => timeout(9, work),
  "timeout() that abandons": (work) => timeout(9, work, { abandon: true }),
  "fromSignal()": (work) => fromSignal(work),
  "coroutine()": (work) => coroutine(work)(),
  "scopes in each other": (work) =>
    timeout(9, () => taskGroup(() => race([() => waitFor(work, 9)]))),
  "a source of mapConcurrent()": (work) =>
    take(mapConcurrent(source(work), () => sleep(0), { limit: 1 })),
  "a source of collect()": (work) =>
    mapConcurrent(source(work), () => sleep(0), { limit: 2 }).collect(),
  "a source of mapConcurrent() that is left": async (work) => {
    const jobs = mapConcurrent(source(work), () => sleep(0), { limit: 2 });
    for await (const _ of jobs) break;
  },
  "a source of iterate()": (work) => take(iterate(source(work))),
  "a source of a StreamReader": (work) =>
    StreamReader.from(source(work)).read(),
  "a source of a StreamReader, for a generator": (work) => {
    const reader = StreamReader.from(source(work));
    return createTask(() => reader.read());
  },
  "a source of lines()": (work) =>
    take(StreamReader.from(source(work)).lines()),
};

/** Works before each item and at its end. */
async function* source(work: Work): AsyncGenerator<Uint8Array, void> {
  try {
    for (let i = 0; i < 2; i++) {
      await work();
      yield new Uint8Array(1);
    }
  } finally {
    await work();
  }
}

const wrong: string[] = [];
function work(name: string): Work {
  return async () => {
    const before = request.getStore();
    await sleep(0);
    const after = request.getStore();
    if (before !== name || after !== name) {
      wrong.push(`${name}: ${before}, ${after}`);
    }
    return 1;
  };
}

const READY = ["timeout()", "fromSignal()", "coroutine()", "taskGroup()"];

function ready(name: string): Work {
  // deno-lint-ignore require-await
  return async () => {
    const store = request.getStore();
    if (store !== name) wrong.push(`${name}, giving way: ${store}`);
    return 1;
  };
}

async function main(): Promise<void> {
  const begin = ([name, form]: (typeof entries)[number]) =>
    request.run(name, async () => void await form(work(name)));
  const entries = Object.entries(FORMS);
  await Promise.all(entries.map(begin));
  for (const entry of entries) await begin(entry);
  // The call alone is in the context, as in a callback of a tracer or a web framework.
  const call = ([name, form]: (typeof entries)[number]) =>
    request.run(name, () => form(work(name)));
  await Promise.all(entries.map(call));
  for (const entry of entries) await call(entry);
  // Those that have nothing to wait for give way now and then.
  for (const entry of entries.filter(([name]) => READY.includes(name))) {
    await request.run(entry[0], async () => {
      for (let i = 0; i < 1500; i++) await entry[1](ready(entry[0]));
    });
  }
}

function is(expected: string, what: string): void {
  const store = request.getStore();
  if (store !== expected) wrong.push(`${what}: ${store} for ${expected}`);
}

// What is called later, by the host, has the context of who has set it up.
async function callbacks(): Promise<void> {
  const server = await request.run(
    "server",
    () =>
      startServer(async (reader, writer) => {
        is("server", "a connection");
        await writer.write(await reader.read(1));
        is("server", "a connection, later");
      }, "127.0.0.1"),
  );
  const { port } = server.sockets[0]!;
  const [reader, writer] = await openConnection("127.0.0.1", port);
  await writer.write(new Uint8Array(1));
  await reader.read();
  await writer.close();
  server.close();
  await server.waitClosed();

  request.run("service", () => {
    onClosing("async", async () => {
      is("service", "onClosing()");
      await sleep(0);
      is("service", "onClosing(), later");
    });
    onClosing("generator", function* () {
      is("service", "onClosing() of a generator");
    });
  });
  setTimeout(() => process.kill(process.pid, "SIGTERM"), 1);
  const alive = setInterval(() => {}, 1000);
  await closing();
  clearInterval(alive);
  await sleep(0.01);
}

// A handler has that of its request, and what fails is answered there. A loop that the
// first request has started lends its context to nobody.
async function requests(): Promise<void> {
  const { error } = console;
  console.error = (text: unknown) => {
    if (!`${text}`.includes("Error: no")) wrong.push(`${text}`);
  };
  try {
    await answerRequests();
  } finally {
    console.error = error;
  }
}

async function answerRequests(): Promise<void> {
  const onError = () => new Response(request.getStore());
  const fail = async () => {
    await sleep(0);
    throw new Error("no");
  };
  const handler = request.run("maker", () =>
    handleRequests(async () => {
      const before = request.getStore();
      await sleep(0);
      return new Response(`${before},${request.getStore()}`);
    }));
  const failing = handleRequests(fail, { onError });
  const failingGenerator = handleRequests(function* (): Coro<Response> {
    yield* sleep(0);
    throw new Error("no");
  }, { onError });
  const generator = request.run("maker", () =>
    handleRequests(function* () {
      yield* sleep(0);
      return new Response(request.getStore());
    }));
  for (const name of ["first", "second"]) {
    const answers = await request.run(name, () =>
      Promise.all(
        [handler, failing, failingGenerator, generator].map(async (handler) => {
          const response = await handler(new Request("http://localhost/"));
          return await response.text();
        }),
      ));
    const expected = [`${name},${name}`, name, name, "maker"];
    if (`${answers}` !== `${expected}`) {
      wrong.push(`requests: ${answers} for ${expected}`);
    }
  }
}

await run(main);
await request.run("run()", () => run(work("run()")));
await run(callbacks, { signals: ["SIGTERM"], grace: 1 });
await requests();
for (const line of wrong) console.log(line);
console.log("end");
