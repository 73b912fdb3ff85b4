import { createHash, generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import { TEST_LIMITS, testClaims, testEndpoint } from "../../test/kit/claims.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { frame, RawDevice, replyTo } from "../../test/kit/raw-device.ts";
import { StagedVolume } from "../../test/kit/staged-volume.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { mintPermit } from "../access/permits.ts";
import { openEvidence } from "../evidence/evidence.ts";
import { createSessionHost } from "./session-host.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const READ = frame("0001 0000 0006 01 03 0064 0001");
const WRITE = frame("0002 0000 0006 01 06 0064 0007");

/** A device that answers one request at a time, when the test says so; a write waits in the leg. */
async function writeBehindRead() {
  const clock = new TestClock();
  const plc = await RawDevice.start();
  const evidence = await openEvidence({
    ...{ directory: temporaryFolder(), keys: TEST_KEYS, build: "test", clock },
    volume: new StagedVolume(),
  });
  const { recorder } = evidence;
  const host = createSessionHost({ recorder, permitKey: publicKey, clock, build: "test" });
  onTestFinished(async () => {
    await host.shutdown();
    await evidence.close();
    await plc.close();
  });
  const endpoint = testEndpoint({ port: plc.port, limits: { ...TEST_LIMITS, inFlightMax: 1 } });
  const claims = { ...testClaims({ nowMs: clock.wallMs(), session: "session-1" }), endpoint };
  const session = await host.open(mintPermit(claims, privateKey));
  const client = new MemoryLeg();
  await session.attach(client, "test");
  let durable = 0;
  session.watch("sue", (record) => {
    if (record.kind === "verdict") durable += 1;
  });
  client.feed(READ);
  await plc.received(1);
  client.feed(WRITE);
  await until(() => durable === 2);
  // Its group commit; then it waits in the leg.
  for (let n = 0; n < 200; n++) await new Promise(setImmediate);
  const recorded = async () => {
    await session.closed;
    const bytes = await evidence.recordings.segment("session-1", 0);
    return readSegment(bytes ?? new Uint8Array(0)).records;
  };
  return { plc, session, client, recorded };
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 5_000 && !holds(); n++) await new Promise(setImmediate);
  expect(holds()).toBe(true);
}

/** The guard's own frame of the read: its first decision. */
const READ_SENT = createHash("sha256")
  .update(frame("0001 0000 0006 01 03 0064 0001"))
  .digest("hex");

test("a change taken back from the asset's leg is withheld, not lost, and not counted as sent", async () => {
  const { plc, session, client, recorded } = await writeBehindRead();
  session.lease(["observe"], { rule: "grant-revoked", reason: "taken away" });
  plc.send(replyTo(plc.frames[0] ?? Buffer.alloc(0)));
  await until(() => client.written.length === 2);
  expect(Buffer.from(client.written[1] ?? []).toString("hex")).toBe("000200000003018606");
  session.end({ rule: "owner-ended", reason: "done" });
  const records = await recorded();
  const events = records.flatMap((record) => (record.kind === "event" ? [record] : []));
  expect(events).toContainEqual(
    expect.objectContaining({ event: { kind: "withheld", decision: 2 }, cause: "taken away" }),
  );
  expect(events.filter(({ event }) => event.kind === "timeout")).toEqual([]);
  expect(records).toContainEqual(
    expect.objectContaining({ kind: "sent", to: "asset", count: 12, sha256: READ_SENT }),
  );
  expect(plc.frames).toHaveLength(1);
});

test("a change that still waited in the asset's leg at the cut is on the tape as withheld", async () => {
  const { plc, session, recorded } = await writeBehindRead();
  expect(session.end({ rule: "cut", reason: "enough" }).droppedOperations).toBe(1);
  const records = await recorded();
  expect(records).toContainEqual(
    expect.objectContaining({ kind: "event", event: { kind: "withheld", decision: 2 } }),
  );
  expect(records).toContainEqual(
    expect.objectContaining({ kind: "sent", to: "asset", count: 12, sha256: READ_SENT }),
  );
  expect(plc.frames).toHaveLength(1);
});
