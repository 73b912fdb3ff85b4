import { connect, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "../../../test/kit/certificates.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { type Caller, GatewayListener, KNOCKS_PER_ADDRESS_MAX } from "./gateway-listener.ts";

const WITHIN = { timeout: 30_000, interval: 20 };

interface Shown {
  readonly cert?: string;
  readonly key?: string;
}

async function listening() {
  const authority = makeAuthority(temporaryFolder());
  const { certificate, key } = authority.issue("control", "IP:127.0.0.1");
  const came: Caller[] = [];
  const listener = await GatewayListener.open({
    ...{ host: "127.0.0.1", port: 0 },
    identity: { certificate, key, authority: authority.ca },
    came: (socket, caller) => {
      socket.resume();
      came.push(caller);
    },
  });
  const sockets: TLSSocket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await listener.close();
  });
  /** Any loopback address is another sender. */
  const knock = (localAddress: string, shown: Shown = {}) => {
    const to = { host: "127.0.0.1", port: listener.port, localAddress, ...shown };
    const socket = connect({ ...to, rejectUnauthorized: false });
    socket.on("error", () => {});
    sockets.push(socket);
    return socket;
  };
  return { knock, came, authority };
}

test("who shows no certificate has few places at an address, and others have theirs", async () => {
  const { knock, came } = await listening();
  for (let n = 0; n < KNOCKS_PER_ADDRESS_MAX; n += 1) knock("127.0.0.66");
  await expect.poll(() => came.length, WITHIN).toBe(KNOCKS_PER_ADDRESS_MAX);
  const oneMore = knock("127.0.0.66");
  await new Promise((closed) => oneMore.once("close", closed));
  expect(came).toHaveLength(KNOCKS_PER_ADDRESS_MAX);
  knock("127.0.0.67");
  await expect.poll(() => came.length, WITHIN).toBe(KNOCKS_PER_ADDRESS_MAX + 1);
});

test("gateways that showed their certificate take nobody's place, however many are behind one address", async () => {
  const { knock, came, authority } = await listening();
  const { certificate: cert, key } = authority.issue("gateway", "URI:spiffe://site/gateway/one");
  for (let n = 1; n <= KNOCKS_PER_ADDRESS_MAX + 3; n += 1) {
    knock("127.0.0.66", { cert, key });
    await expect.poll(() => came.length, WITHIN).toBe(n);
  }
  expect(new Set(came.map(({ kind }) => kind))).toEqual(new Set(["proved"]));
});
