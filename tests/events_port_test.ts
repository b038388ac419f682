/**
 * `once()` and `on()` over the ports of a channel, which say nothing before they are started.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { MessageChannel as NodeMessageChannel } from "node:worker_threads";
import { on, once, sleep } from "@asyncio/asyncio";
import { runTest } from "@asyncio/asyncio/testing";

const CHANNELS: Readonly<Record<string, () => MessageChannel>> = {
  "the web's": () => new MessageChannel(),
  "Node's": () => new NodeMessageChannel() as unknown as MessageChannel,
};

for (const [whose, makeChannel] of Object.entries(CHANNELS)) {
  Deno.test(`once() and on() hear the messages of a port (${whose})`, () =>
    runTest(async () => {
      const { port1, port2 } = makeChannel();
      try {
        port2.postMessage("early");
        const first = await once<MessageEvent>(port1, "message");
        assertEquals(first.data, "early");
        using messages = on<MessageEvent>(port1, "message");
        for (const n of [1, 2]) port2.postMessage(n);
        const heard: unknown[] = [];
        while (heard.length < 2) {
          heard.push((await messages.next()).value!.data);
        }
        assertEquals(heard, [1, 2]);
      } finally {
        port1.close();
        await sleep(0);
      }
    }));
}
