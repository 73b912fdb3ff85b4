import { expect, test } from "vitest";
import { ScreenChannel } from "./screen-channel.ts";

async function connected() {
  const toBroker: Uint8Array[] = [];
  const toViewer: number[][] = [];
  const channel = new ScreenChannel((bytes) => toBroker.push(bytes));
  channel.onmessage = ({ data }) => void toViewer.push([...new Uint8Array(data)]);
  channel.start();
  channel.send(new TextEncoder().encode("RFB 003.008\n"));
  channel.send(Uint8Array.of(1));
  await Promise.resolve();
  return { channel, toBroker, toViewer };
}

test("version and security are settled in the page, and nothing of them reaches the broker", async () => {
  const { toBroker, toViewer } = await connected();
  expect(toBroker).toEqual([]);
  expect(toViewer).toEqual([[...new TextEncoder().encode("RFB 003.008\n")], [1, 1], [0, 0, 0, 0]]);
});

test("a message keeps its bytes though the viewer uses its array again", async () => {
  const { channel, toBroker } = await connected();
  const queue = new Uint8Array(64);
  for (let key = 0; key < 100; key += 1) {
    queue.set([4, 1, 0, 0, 0, 0, 0, key]);
    channel.send(queue.subarray(0, 8));
  }
  expect(toBroker.map((bytes) => bytes[7])).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test("what noVNC looks for is there", () => {
  const channel = new ScreenChannel(() => {});
  const names = [...Object.keys(channel), ...Object.getOwnPropertyNames(ScreenChannel.prototype)];
  for (const name of ["send", "close", "binaryType", "onerror", "onmessage", "onopen"]) {
    expect(names).toContain(name);
  }
  let opened = false;
  channel.onopen = () => {
    opened = true;
  };
  expect(channel.readyState).toBe("connecting");
  channel.start();
  expect({ opened, state: channel.readyState }).toEqual({ opened: true, state: "open" });
});

test("after its end nothing passes in either direction", async () => {
  const { channel, toBroker, toViewer } = await connected();
  const before = toViewer.length;
  channel.ended("the session ended");
  channel.send(Uint8Array.of(1));
  channel.received(Uint8Array.of(2));
  expect(toBroker).toEqual([]);
  expect(toViewer.length).toBe(before);
});

test("who closes it hears of the end behind the call, and nothing passes meanwhile", async () => {
  const { channel, toBroker } = await connected();
  const heard: string[] = [];
  channel.onclose = ({ reason }) => void heard.push(reason);
  channel.close();
  channel.send(Uint8Array.of(1));
  expect({ heard: [...heard], state: channel.readyState }).toEqual({ heard: [], state: "closing" });
  await Promise.resolve();
  expect({ heard, state: channel.readyState, toBroker }).toEqual({
    ...{ heard: ["closed here"], state: "closed", toBroker: [] },
  });
});
