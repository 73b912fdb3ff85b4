/** A screen's end of a channel, with a screen that says no more than the test lets it. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { VncAssetLeg } from "./vnc-asset-leg.ts";

const CONNECT_TIMEOUT_MS = 10_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Lets everybody in, without a password; `hears` what comes behind that. */
async function screen(hears: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.write("RFB 003.008\n");
    const said = [Uint8Array.of(1, 1), new Uint8Array(4)];
    socket.on("data", () => {
      const next = said.shift();
      if (next) socket.write(next);
      else hears(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function legTo(port: number) {
  const leg = new VncAssetLeg({
    ...{ host: "127.0.0.1", address: "127.0.0.1", port },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    ...{ certificates: () => [], unknownCertificate: () => undefined },
    credential: async () => undefined,
    over: () => undefined,
  });
  onTestFinished(() => leg.close());
  const closed = Promise.withResolvers<string>();
  const heard = Promise.withResolvers<string>();
  leg.start({
    bytes: (bytes) => heard.resolve(Buffer.from(bytes).toString("latin1")),
    ...{ lost: () => undefined, withheld: () => undefined, drained: () => undefined },
    closed: closed.resolve,
  });
  return { leg, closed: closed.promise, heard: heard.promise };
}

const CLIENT_INIT = Uint8Array.of(1);

test("a screen that lets in and then says nothing is given up, and that is said", async () => {
  const asked = Promise.withResolvers<void>();
  const { leg, closed } = legTo(await screen(() => asked.resolve()));
  leg.write(CLIENT_INIT);
  await asked.promise;
  vi.advanceTimersByTime(CONNECT_TIMEOUT_MS);
  expect(await closed).toBe("it did not answer in time");
});

test("a screen that is not listened to is not silent, and one that spoke once may be", async () => {
  const asked = Promise.withResolvers<Socket>();
  const { leg, closed, heard } = legTo(await screen(asked.resolve));
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  leg.write(CLIENT_INIT);
  const socket = await asked.promise;
  leg.pause();
  vi.advanceTimersByTime(3 * CONNECT_TIMEOUT_MS);
  leg.resume();
  socket.write("a size");
  expect(await heard).toBe("a size");
  vi.advanceTimersByTime(100 * CONNECT_TIMEOUT_MS);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
});
