import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SshLine } from "./ssh-line.ts";

const MIB = 1_048_576;
const WITHIN = { timeout: 30_000, interval: 10 };

/** Two ends of one connection, and a line over the first of them. */
async function pair() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [peer] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    own.destroy();
    peer.destroy();
    server.close();
  });
  peer.pause();
  return { own, peer, line: new SshLine({ _sock: own }) };
}

test("each leg hears when all has left that waited, until it leaves the line", async () => {
  const { own, peer, line } = await pair();
  const heard = { one: 0, other: 0 };
  line.enter(() => {
    heard.one += 1;
  });
  const leave = line.enter(() => {
    heard.other += 1;
  });
  own.write(Buffer.alloc(24 * MIB));
  expect(line.queued).toBeGreaterThan(0);
  leave();
  peer.resume();
  await expect.poll(() => heard, WITHIN).toEqual({ one: 1, other: 0 });
  expect(line.queued).toBe(0);
});

test("a peer that takes nothing of what it asks for is let go of", async () => {
  const { own, line } = await pair();
  let reason = "";
  own.on("error", (error) => {
    reason = error.message;
  });
  for (let n = 0; n < 100 && !own.destroyed; n++) own.write(Buffer.alloc(MIB));
  expect(own.destroyed).toBe(true);
  expect(line.queued).toBeLessThan(40 * MIB);
  await expect.poll(() => reason, WITHIN).toBe("it takes nothing of what it was answered");
});
