/** The asset's leg of OPC UA against what a server of another stack once answered. */
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { OpcuaSessions } from "../../broker/legs/opcua/asset-session.ts";
import { loadOpcuaIdentity } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import { dials } from "../kit/opcua-dial.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { replayServer } from "./opcua-replayed.ts";
import { streamsOf } from "./traces-pcap.ts";

const TRACES =
  process.env.SALLYPORT_TRACES ?? fileURLToPath(new URL("../../../shared/traces", import.meta.url));
const captures = join(TRACES, "icsnpp-opcua-binary");
const why = existsSync(captures) ? "" : " (skipped: no captures here, SALLYPORT_TRACES names them)";
const SLOW = { timeout: 60_000 };

async function target(password?: string) {
  const capture = readFileSync(join(captures, "open62541_client-server_mainloop.pcap"));
  const server = await replayServer(streamsOf(capture)[3] ?? Buffer.alloc(0));
  onTestFinished(() => void server.close());
  const credential = { kind: "password", user: "user1", password: password ?? "" } as const;
  const { port } = server.address() as AddressInfo;
  return new OpcuaSessions({
    ...{ name: "works/opcua", address: "127.0.0.1", path: "", connectTimeoutMs: 30_000 },
    ...{ port, dial: dials(port), security: NO_SECURITY, certificates: [] },
    identity: await loadOpcuaIdentity(join(temporaryFolder(), "broker.pem")),
    credential: async () => (password === undefined ? undefined : credential),
  });
}

test.skipIf(why !== "")(`a session is opened at open62541's own answers${why}`, SLOW, async () => {
  const session = await (await target()).open();
  onTestFinished(() => session.close());
  expect(session.timeoutMs).toBe(1_200_000);
});

test.skipIf(why !== "")(
  `its wish for the password in clear is not granted${why}`,
  SLOW,
  async () => {
    const opening = (await target("secret")).open();
    await expect(opening).rejects.toThrow("wants the password in clear, which is never sent");
  },
);
