/**
 * Channels to a foreign server whose messages the broker itself seals and opens, while the OPC UA
 * process renews them: nothing is lost, doubled or out of order over many tokens. Slow: the server
 * lets a token live for some seconds, and the process is real.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OpcuaProcess } from "../../broker/legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../broker/legs/opcua/kept-identity.ts";
import type { AssetSession } from "../../broker/legs/opcua/opcua-connection.ts";
import { READ_STATE } from "../../broker/legs/opcua/own-requests.ts";
import { type ChannelSecurity, NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { openSeeingAsset, type SeeingAsset } from "../kit/opcua-seeing-asset.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 180_000;
const [READ, READ_ANSWER] = [631, 634];
/** Renewed after three quarters, refused a quarter after its end: some seconds are to spare. */
const TOKEN_MS = 20_000;
/** Past the end of the first token: without a renewal nothing would leave any more. */
const USED_MS = 27_000;
const folder = makeFolder();
const file = join(folder, "broker.pem");
const failures: string[] = [];

let asset: SeeingAsset;
let opcua: OpcuaProcess;

beforeAll(async () => {
  asset = await openSeeingAsset(join(folder, "asset"), { tokenLifetimeMs: TOKEN_MS });
  opcua = new OpcuaProcess(file, keptIdentity(file), { failed: (why) => failures.push(why) });
}, SLOW_MS);

afterAll(async () => {
  await opcua?.close();
  await asset?.close();
  removeFolder(folder);
}, SLOW_MS);

async function reads(session: AssetSession, forMs: number): Promise<number> {
  const before = performance.now();
  let answers = 0;
  while (performance.now() - before < forMs) {
    const asked = Array.from({ length: 5 }, () => session.ask(READ, READ_STATE, 60_000));
    for (const { typeId } of await Promise.all(asked)) expect(typeId).toBe(READ_ANSWER);
    answers += asked.length;
  }
  return answers;
}

async function renewed(security: ChannelSecurity): Promise<void> {
  const sessions = opcua.sessions({
    ...{ name: "asset/opcua", address: "127.0.0.1", port: asset.port, path: "", security },
    ...{ certificates: [asset.certificate], connectTimeoutMs: 60_000 },
    credential: async () => ({ kind: "password", user: "any", password: "any" }),
  });
  const session = await sessions.open();
  const broken: string[] = [];
  session.onBroken((why) => broken.push(why));
  expect(await session.readNamespaces()).toContain("http://opcfoundation.org/UA/");
  expect(await reads(session, USED_MS)).toBeGreaterThan(0);
  expect([broken, failures, session.isOver]).toEqual([[], [], false]);
  await session.close();
  sessions.done?.();
  expect(session.isOver).toBe(true);
  await expect(session.ask(READ, READ_STATE, 1_000)).rejects.toThrow("closed");
}

test("channels of every security are renewed while they are used, and go on", {
  timeout: SLOW_MS,
}, async () => {
  await Promise.all(
    [NO_SECURITY, SECURE[0], SECURE[5]].map((each) => renewed(each ?? NO_SECURITY)),
  );
});
