/**
 * The export of a recording whose both channels were encrypted, as Wireshark's dissector reads it:
 * every message as it was, refusals in the packets that they belong to, nothing malformed.
 * Slow: a server, a session and a dissector are real.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AttributeIds, DataType, TimestampsToReturn } from "node-opcua";
import { expect, onTestFinished } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { exportRecording } from "../../broker/evidence/export.ts";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { SECURE } from "../../broker/legs/opcua/security.ts";
import { OPCUA_LOGIN, startOpcuaServer } from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { signInOpcua, signOut } from "../kit/opcua-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const node = (name: string) => `ns=2;s=${name}`;

function plantFile(port: number, certificate: string): string {
  const rules = [
    `{ name: no dosing, deny: [observe, operate], opcua: { nodes: ["nsu=urn:nordwasser:water-plant;s=D201.*"] } }`,
    `{ name: all else, permit: [observe, operate] }`,
  ];
  return opcuaPlantText(port, certificate, rules);
}

async function worked(folder: string): Promise<void> {
  const works = await startOpcuaServer({ port: 0, folder: join(folder, "w") }, startingPlant(3));
  onTestFinished(() => works.close());
  await works.ready();
  const pem = readFileSync(join(folder, "w", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  writeFileSync(plant, plantFile(works.port, thumbprintOf(der)));
  const { user, password } = OPCUA_LOGIN;
  const conduit = await startConduit({
    ...{ plant, profile: "work", recordings: join(folder, "recordings"), endpoint: "works/opcua" },
    env: { CONDUIT_USER: user, CONDUIT_PASSWORD: password },
  });
  try {
    const url = `opc.tcp://127.0.0.1:${conduit.port}`;
    const [security] = SECURE;
    if (!security) throw new Error("no security is offered");
    const signedIn = await signInOpcua({ url, folder, security, password: "any" });
    await work(signedIn.session);
    await signOut(signedIn);
  } finally {
    await conduit.stop();
  }
}

async function work(session: Awaited<ReturnType<typeof signInOpcua>>["session"]): Promise<void> {
  const nodeId = node("P101.SpeedSetpoint");
  const target = (name: string) => ({ nodeId: node(name), attributeId: AttributeIds.Value });
  await session.read([target("T101.Level"), target("D201.Flow")]);
  const value = { value: { dataType: DataType.Double, value: 33 } };
  await session.write({ nodeId, attributeId: AttributeIds.Value, value });
  await session.call({ objectId: node("P101"), methodId: node("P101.Start"), inputArguments: [] });
  await session.browse(node("P101"));
  const from = new Date(Date.now() - 3_600_000);
  await session.readHistoryValue(node("T101.Level"), from, new Date());
  // More than one chunk has room for.
  await session.read(Array.from({ length: 4_000 }, () => target("T101.Level")));
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 50, publishingEnabled: true },
  });
  const item = await subscription.monitor(
    target("P101.SpeedSetpoint"),
    { samplingInterval: 50, queueSize: 10, discardOldest: true },
    TimestampsToReturn.Both,
  );
  await new Promise<void>((resolve) => void item.once("changed", () => resolve()));
  await subscription.terminate();
}

async function exported(folder: string): Promise<string> {
  const directory = join(folder, "recordings");
  const options = { directory, keys: TEST_KEYS, build: "test", clock: systemClock };
  const evidence = await openEvidence(options);
  const parts: Buffer[] = [];
  for (const recording of await evidence.recordings.list()) {
    for await (const part of exportRecording(evidence.recordings, recording, "pcapng")) {
      parts.push(Buffer.from(part));
    }
  }
  await evidence.close();
  const file = join(folder, "session.pcapng");
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

testWith(["tshark"])(
  "an encrypted session is read in the clear, to the last byte and with its decisions",
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    await worked(folder);
    const file = await exported(folder);
    const read = (filter: string, fields: readonly string[]) =>
      execFileSync(
        "tshark",
        ["-r", file, "-d", "tcp.port==4840,opcua", "-Y", filter, "-T", "fields"].concat(
          fields.flatMap((field) => ["-e", field]),
        ),
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 64 * 1024 * 1024 },
      ).trim();
    expect(read("_ws.malformed", ["frame.number"])).toBe("");
    const services = new Set(read("opcua", ["opcua.servicenodeid.numeric"]).split(/[\n,]/));
    // The channel's opening, then each service with its answer.
    for (const id of [446, 449, 631, 634, 673, 676, 712, 715, 527, 530, 664, 667, 751, 754, 829]) {
      expect(services).toContain(String(id));
    }
    const transport = new Set(read("opcua", ["opcua.transport.type"]).split(/[\n,]/));
    for (const kind of ["HEL", "ACK", "OPN", "MSG"]) expect(transport).toContain(kind);
    const comments = read("frame.comment", ["frame.comment"]);
    expect(comments).toContain("deny (address) because work/no dosing");
    expect(comments).toContain("s=P101.SpeedSetpoint = 33 (Double)");
  },
);
