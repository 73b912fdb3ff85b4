import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { eventually, openIntegrationSite } from "../../../test/kit/integration-site.ts";
import { systemClock } from "../../clock.ts";

/** Waits are a hundredth of what they are. */
const hasty = {
  ...systemClock,
  after: (ms: number, call: () => void) => systemClock.after(ms / 100, call),
};

interface Collector {
  readonly port: number;
  readonly sockets: Socket[];
  /** What came over each connection that carried something, whole. */
  readonly batches: string[];
}

/** @param met called with each connection; what it does not do, nobody does */
async function startCollector(met: (socket: Socket, nth: number) => void): Promise<Collector> {
  const collector = { port: 0, sockets: [] as Socket[], batches: [] as string[] };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    collector.sockets.push(socket);
    met(socket, collector.sockets.length);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of collector.sockets) socket.destroy();
    server.close();
  });
  return Object.assign(collector, { port: (server.address() as AddressInfo).port });
}

function takes(collector: () => Collector, socket: Socket): void {
  let text = "";
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  socket.on("end", () => {
    if (text !== "") collector().batches.push(text);
    socket.end();
  });
}

async function siteTo({ port }: Collector) {
  const site = await openIntegrationSite({ clock: hasty });
  const place = `form: syslog, host: 127.0.0.1, port: ${port}, security: plain`;
  await site.configure(`siem: [{ name: soc, ${place} }]`);
  return site;
}

const waiting = async ({ integrations }: Awaited<ReturnType<typeof siteTo>>) =>
  (await integrations.list())[0]?.waiting;

test("a batch is taken once the receiver has read and ended it, and is sent once", async () => {
  const collector: Collector = await startCollector((socket) => takes(() => collector, socket));
  const site = await siteTo(collector);
  await site.record("test:event", { text: "one" });
  await eventually(async () => (await waiting(site)) === 0);
  expect(collector.batches).toHaveLength(1);
  expect(collector.batches[0]).toMatch(/^\d+ <110>1 .*"message":"one"/);
});

test("a receiver that reads nothing has taken nothing, whatever the kernel took", async () => {
  const collector = await startCollector(() => {});
  const site = await siteTo(collector);
  await site.record("test:event");
  await eventually(async () => (await site.integrations.list())[0]?.state.kind === "failing");
  const [standing] = await site.integrations.list();
  expect(standing?.state.error).toBe("the receiver does not read, or does not end the connection");
  expect(standing?.waiting).toBe(1);
});

test("one that dies right after it has read gets the batch again", async () => {
  let deaths = 2;
  const collector: Collector = await startCollector((socket) => {
    takes(() => collector, socket);
    socket.on("end", () => {
      // Its process goes, and with it each of its connections.
      if (deaths-- > 0) for (const each of collector.sockets) each.end().resetAndDestroy();
    });
  });
  const site = await siteTo(collector);
  for (const text of ["one", "two", "three"]) await site.record("test:event", { text });
  await eventually(async () => (await waiting(site)) === 0);
  const texts = collector.batches.map((batch) =>
    [...batch.matchAll(/"message":"(\w+)"/g)].map(([, text]) => text),
  );
  expect(texts.length).toBeGreaterThan(1);
  // Each batch is in order, and what was sent last is whole.
  expect(new Set(texts.flat())).toEqual(new Set(["one", "two", "three"]));
  for (const batch of texts) {
    expect(batch).toEqual(["one", "two", "three"].filter((text) => batch.includes(text)));
  }
});

test("one that resets in the middle has not taken it; the broker's end does not wait for it", async () => {
  const collector = await startCollector((socket, nth) => {
    if (nth > 1) socket.once("data", () => socket.resetAndDestroy());
  });
  const site = await siteTo(collector);
  await site.record("test:event");
  await eventually(async () => (await site.integrations.list())[0]?.state.kind === "failing");
  expect(await waiting(site)).toBe(1);
  const beganMs = performance.now();
  await site.close();
  expect(performance.now() - beganMs).toBeLessThan(15_000);
});
