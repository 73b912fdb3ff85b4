/**
 * An asset that grants a security token more time than a timer can wait: the channel is renewed as
 * others are, and not without a pause. Slow: the asset is a real server.
 */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { OpenSecureChannelResponse } from "node-opcua-secure-channel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OpcuaSessions } from "../../broker/legs/opcua/asset-session.ts";
import { loadOpcuaIdentity } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import { dials } from "../kit/opcua-dial.ts";
import { openSeeingAsset, type SeeingAsset } from "../kit/opcua-seeing-asset.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 120_000;
/** 49 days; timers end at 25. */
const TOO_LONG_MS = 0xffff_ffff;
const folder = makeFolder();
const { encode } = OpenSecureChannelResponse.prototype;

let asset: SeeingAsset;

beforeAll(async () => {
  asset = await openSeeingAsset(join(folder, "asset"));
  OpenSecureChannelResponse.prototype.encode = function lying(stream) {
    this.securityToken.revisedLifetime = TOO_LONG_MS;
    encode.call(this, stream);
  };
}, SLOW_MS);

afterAll(async () => {
  OpenSecureChannelResponse.prototype.encode = encode;
  await asset?.close();
  removeFolder(folder);
}, SLOW_MS);

/** Counts the openings that pass. */
async function counted(port: number) {
  const told = { openings: 0 };
  const relay = net.createServer((client) => {
    const server = net.connect({ host: "127.0.0.1", port });
    client.on("data", (bytes) => {
      if (bytes.toString("latin1", 0, 3) === "OPN") told.openings += 1;
    });
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  return { told, relay, port: (relay.address() as AddressInfo).port };
}

test("a lifetime that no timer can wait for brings no renewal after renewal", {
  timeout: SLOW_MS,
}, async () => {
  const { told, relay, port } = await counted(asset.port);
  const session = await new OpcuaSessions({
    ...{ name: "asset/opcua", address: "127.0.0.1", port, path: "", certificates: [] },
    ...{ security: NO_SECURITY, connectTimeoutMs: 60_000, dial: dials(port) },
    identity: await loadOpcuaIdentity(join(folder, "broker.pem")),
    credential: async () => ({ kind: "password", user: "any", password: "any" }),
  }).open();
  for (let turn = 0; turn < 100; turn++) {
    await session.readState();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Discovery had one, and the session's channel.
  expect(told.openings).toBe(2);
  await session.close();
  relay.close();
});
