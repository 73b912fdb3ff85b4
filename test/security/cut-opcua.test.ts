/**
 * Every cause that takes a session or a right away, on an OPC UA session that polls, subscribes,
 * has a write on its way to the disk and another one before a second person: no change gets
 * through, who lost everything hears nothing more, who may only look goes on looking, and the tape
 * run again says the same.
 */
import { expect, test } from "vitest";
import { cutFrame, type OpcUaFrame } from "../../protocols/opcua/frame.ts";
import { OpcUaGuard } from "../../protocols/opcua/guard.ts";
import { CutSite } from "../kit/cut-site.ts";
import type { MemoryLeg } from "../kit/memory-leg.ts";
import { PLANT } from "../kit/opcua-asset.ts";
import * as m from "../kit/opcua-messages.ts";
import { MODBUS_AGAIN, rerun } from "../kit/rerun.ts";
import type { KitSession } from "../kit/session-kit.ts";
import { degrades, ENDS } from "./cut-causes.ts";

const [READ, WRITE, PUBLISH] = [631, 673, 826];
const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };

function frames({ written }: MemoryLeg): readonly OpcUaFrame[] {
  return written.map((bytes) => {
    const cut = cutFrame(bytes);
    if (cut.kind !== "frame") throw new Error(`somebody heard something ${cut.kind}`);
    return cut.frame;
  });
}

const heard = (session: KitSession) => frames(session.asset).map(({ typeId }) => typeId);

function lastOf(leg: MemoryLeg, typeId: number): OpcUaFrame {
  const found = frames(leg).findLast((frame) => frame.typeId === typeId);
  if (!found) throw new Error(`no message of type ${typeId}`);
  return found;
}

/** A subscription with a Publish open, a poll that goes on, and two writes that have not left. */
async function working(): Promise<[CutSite, KitSession]> {
  const site = await CutSite.open("plc/opcua");
  const session = await site.session();
  const { asset, client } = session;
  const answered = async (typeId: number, answer: (id: number) => Uint8Array) => {
    await site.kit.until(() => heard(session).includes(typeId), `a request of type ${typeId}`);
    asset.feed(answer(lastOf(asset, typeId).requestId));
  };
  asset.feed(m.namespaces(["urn:asset", PLANT]));
  client.feed(m.createSubscription(1));
  await answered(787, (id) => m.subscribed(id, 40));
  client.feed(m.monitor(2, 40, [["2:s:Speed", 1]]));
  await answered(751, (id) => m.monitored(id, [501]));
  client.feed(m.publish(3));
  client.feed(m.read(4, ["2:s:Level"]));
  await answered(READ, (id) => m.values(id, [1]));
  site.kit.volume.hold();
  client.feed(m.write(5, [["2:s:Speed", 7]]));
  client.feed(m.write(6, [["2:s:Held", 8]]));
  await valueShown(site, session);
  await site.kit.until(() => session.live.holds.length === 1, "the hold");
  expect(heard(session)).not.toContain(WRITE);
  return [site, session];
}

/** The second person is shown the value of now: the broker reads it on a channel of its own. */
async function valueShown(site: CutSite, session: KitSession): Promise<void> {
  if (session.legCount < 2) return;
  const probe = session.legAt(1);
  probe.feed(m.namespaces(["urn:asset", PLANT]));
  await site.kit.until(() => probe.written.length > 0, "the reading of the namespaces");
  const uris = new m.Words().array(["http://opcfoundation.org/UA/", "urn:asset", PLANT], (w, uri) =>
    w.text(uri),
  );
  const all = m
    .responseHeader()
    .u32(1)
    .u8(0x01, 0x80 | 12)
    .raw(uris.bytes())
    .u32(0);
  probe.feed(m.answer(lastOf(probe, READ).requestId, 634, all));
  await site.kit.until(() => probe.written.length > 1, "the reading of the value");
  probe.feed(m.values(lastOf(probe, READ).requestId, [5]));
}

async function settle(site: CutSite): Promise<void> {
  site.kit.volume.release();
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

async function heldIsDead(session: KitSession, hold: string): Promise<void> {
  const answer = session.live.answerHold(hold, { kind: "permit", ...ANSWER });
  if (answer) expect((await answer).kind).toBe("void");
}

function runsAgain({ tape }: KitSession): void {
  const again = rerun(tape, { ...MODBUS_AGAIN, guardOf: () => new OpcUaGuard([]) });
  expect(again).toMatchObject({ difference: undefined, left: [] });
}

test("without a cause the write leaves once it is durable, and the other one once it is permitted", async () => {
  const [site, session] = await working();
  const hold = session.live.holds[0]?.id ?? "";
  const writes = () => heard(session).filter((typeId) => typeId === WRITE);
  await settle(site);
  await site.kit.until(() => writes().length === 1, "the write that waited for the disk");
  // The value is read once more before the held one leaves.
  const probe = session.legAt(1);
  probe.onWrite = (bytes) => {
    const cut = cutFrame(bytes);
    if (cut.kind !== "frame") throw new Error(cut.kind);
    setImmediate(() => probe.feed(m.values(cut.frame.requestId, [5])));
  };
  session.asset.feed(m.statuses(lastOf(session.asset, WRITE).requestId, 676, [0]));
  void session.live.answerHold(hold, { kind: "permit", ...ANSWER });
  await site.kit.until(() => writes().length === 2, "the write that was held");
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
});

test.each(ENDS)("%s", async (_, rule, cause) => {
  const [site, session] = await working();
  const hold = session.live.holds[0]?.id ?? "";
  const publishing = lastOf(session.asset, PUBLISH).requestId;
  await Promise.resolve(cause(site, session));
  expect(session.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  const [passed, said] = [session.asset.written.length, session.client.written.length];
  session.client.feed(m.read(7, ["2:s:Level"]));
  session.client.feed(m.write(8, [["2:s:Speed", 9]]));
  session.asset.feed(m.published(publishing, 40, [[1, 10]]));
  await settle(site);
  expect(session.asset.written).toHaveLength(passed);
  expect(heard(session)).not.toContain(WRITE);
  expect(session.client.written).toHaveLength(said);
  expect(session.asset.closed).toBe(true);
  expect(session.client.closed).toBe(true);
  await heldIsDead(session, hold);
  await session.live.closed;
  expect(heard(session)).not.toContain(WRITE);
  runsAgain(session);
});

test.each(degrades(["operate"]))("%s", async (_, rule, cause) => {
  const [site, session] = await working();
  const hold = session.live.holds[0]?.id ?? "";
  const publishing = lastOf(session.asset, PUBLISH).requestId;
  await Promise.resolve(cause(site, session));
  const takes = ["freeze", "capabilities", "conditions"];
  const told = session.events.find(({ kind }) => takes.includes(kind));
  expect(told).toMatchObject({ cause: { rule } });
  session.client.feed(m.write(8, [["2:s:Speed", 9]]));
  await settle(site);
  await heldIsDead(session, hold);
  expect(heard(session)).not.toContain(WRITE);
  // Who may only look goes on looking: a poll, and what was subscribed.
  const polls = heard(session).filter((typeId) => typeId === READ).length;
  session.client.feed(m.read(9, ["2:s:Level"]));
  await site.kit.until(
    () => heard(session).filter((typeId) => typeId === READ).length > polls,
    "the poll",
  );
  const said = session.client.written.length;
  session.asset.feed(m.published(publishing, 40, [[1, 10]]));
  expect(session.client.written.length).toBe(said + 1);
  session.live.end({ rule: "cut", reason: "the test is over" });
  await session.live.closed;
  expect(heard(session)).not.toContain(WRITE);
  runsAgain(session);
});
