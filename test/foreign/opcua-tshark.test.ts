/** What passes a leg without security is OPC UA to Wireshark's own dissector, to the last byte. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { AttributeIds, DataType, TimestampsToReturn } from "node-opcua";
import { expect, onTestFinished } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { pcapngPacket, pcapngStart } from "../../protocols/tape/pcapng.ts";
import { SyntheticTcp } from "../../protocols/tape/synthetic-tcp.ts";
import { startOpcuaServer } from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { openBridge, TICKET } from "../kit/opcua-bridge.ts";
import { signInOpcua, signOut } from "../kit/opcua-client.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const PORT = 4_840;

/** A relay that writes down what passes, as one connection to port 4840. */
async function recorded(port: number) {
  const out = new ByteWriter(65_536);
  const tcp = new SyntheticTcp({ host: 1, port: 50_000 }, { host: 2, port: PORT });
  const put = (frames: readonly Uint8Array[]) => {
    for (const frame of frames) pcapngPacket(out, { wallMs: Date.now(), frame, comments: [] });
  };
  put(tcp.open());
  const relay = net.createServer((client) => {
    const broker = net.connect({ host: "127.0.0.1", port });
    client.on("data", (bytes) => put(tcp.send("client", bytes)));
    broker.on("data", (bytes) => put(tcp.send("server", bytes)));
    client.pipe(broker).pipe(client);
    for (const socket of [client, broker]) socket.on("error", () => undefined);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port: own } = relay.address() as net.AddressInfo;
  const bytes = () => Buffer.concat([pcapngStart("test", "", "test"), out.take()]);
  return { port: own, bytes, close: () => relay.close() };
}

// Slow: a server, a session and a dissector.
testWith(["tshark"])(
  "a session without security has no malformed packet",
  {
    timeout: 60_000,
  },
  async () => {
    const folder = temporaryFolder();
    const works = await startOpcuaServer({ port: 0, folder: join(folder, "w") }, startingPlant(3));
    onTestFinished(() => works.close());
    await works.ready();
    const pem = readFileSync(join(folder, "w", "certificate.pem"), "utf8");
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const options = { folder, assetPort: works.port, certificates: [thumbprintOf(der)] };
    const bridge = await openBridge(options);
    onTestFinished(() => bridge.close());
    const relay = await recorded(bridge.port);
    onTestFinished(() => void relay.close());
    const url = `opc.tcp://127.0.0.1:${relay.port}`;
    const signedIn = await signInOpcua({ url, folder, security: NO_SECURITY, password: TICKET });
    await work(signedIn.session);
    await signOut(signedIn);
    const file = join(folder, "session.pcapng");
    writeFileSync(file, relay.bytes());
    const fields = ["-T", "fields", "-e", "opcua.servicenodeid.numeric"];
    const read = (filter: string, more: readonly string[] = []) =>
      execFileSync("tshark", ["-r", file, "-d", `tcp.port==${PORT},opcua`, "-Y", filter, ...more], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    expect(read("_ws.malformed")).toBe("");
    const services = new Set(read("opcua", fields).split(/[\n,]/));
    // CreateSession, ActivateSession, Read, Write, Browse and their answers, CloseSession.
    for (const id of [
      "461",
      "464",
      "467",
      "470",
      "631",
      "634",
      "673",
      "676",
      "527",
      "530",
      "473",
    ]) {
      expect(services).toContain(id);
    }
  },
);

async function work(session: Awaited<ReturnType<typeof signInOpcua>>["session"]): Promise<void> {
  const nodeId = "ns=2;s=P101.SpeedSetpoint";
  await session.read({ nodeId, attributeId: AttributeIds.Value });
  const value = { value: { dataType: DataType.Double, value: 33 } };
  await session.write({ nodeId, attributeId: AttributeIds.Value, value });
  await session.browse("ns=2;s=P101");
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const item = await subscription.monitor(
    { nodeId, attributeId: AttributeIds.Value },
    { samplingInterval: 50, queueSize: 10, discardOldest: true },
    TimestampsToReturn.Both,
  );
  await new Promise<void>((resolve) => void item.once("changed", () => resolve()));
}
