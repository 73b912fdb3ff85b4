import { expect, test } from "vitest";
import { testEndpoint } from "../../test/kit/claims.ts";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import type { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";
import type { Tag } from "../plant/model.ts";
import { AFTER_QUIET_MS, BEFORE_WAIT_MAX_MS, READING_EVERY_MS, reportRanges } from "./survey.ts";

const WRITE = fromHex("0002 0000 0006 01 06 000b 0064");
const PLAIN = testEndpoint();
const REPORTED = testEndpoint({ tags: PLAIN.tags.map((tag) => ({ ...tag, report: true })) });

/** Answers reads with 42 (and a set bit) and writes with their echo, as an asset does. */
function answering(leg: MemoryLeg): void {
  leg.onWrite = (frame) => {
    const [code = 0] = frame.subarray(7);
    const head = toHex(frame.subarray(0, 2));
    const reply =
      code === 6
        ? toHex(frame)
        : code === 1
          ? `${head}00000004010101 01`
          : `${head}0000000501 03 02 002a`;
    queueMicrotask(() => leg.feed(fromHex(reply)));
  };
}

/** Those after the first. */
function readings(session: KitSession): string[] {
  return session
    .ofKind("channel")
    .filter(({ by, peer }) => by === "broker" && !peer.includes("before"))
    .map(({ peer }) => peer);
}

test("the values are read before the subject's first byte is looked at, and marked as such", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ endpoint: REPORTED, onAsset: answering });
  expect(session.asset.written).toEqual([]);
  session.client.feed(WRITE);
  await session.sent(1);
  expect((await kit.evidence.recordings.get("session-1"))?.header.tags[0]?.report).toBe(true);
  session.live.end({ rule: "cut", reason: "test" });
  await session.live.closed;
  const tape = await kit.recorded("session-1");
  const kinds = tape.flatMap((record) =>
    record.kind === "channel"
      ? [record.peer]
      : record.kind === "verdict"
        ? [record.items[0]?.rule]
        : [],
  );
  expect(kinds).toEqual([
    "test",
    "report: before the first operation",
    ...["probe", "probe"],
    "test#2",
  ]);
});

test("an asset that does not answer holds nobody up for longer than said", async () => {
  const kit = await SessionKit.start();
  let isOpen = false;
  const legs: MemoryLeg[] = [];
  const onAsset = (leg: MemoryLeg) => legs.push(leg);
  const opening = kit.open({ endpoint: REPORTED, onAsset }).then((session) => {
    isOpen = true;
    return session;
  });
  await kit.until(() => legs[1]?.written.length === 2, "a reading");
  expect(isOpen).toBe(false);
  kit.clock.advance(BEFORE_WAIT_MAX_MS);
  const session = await opening;
  session.client.feed(WRITE);
  await session.sent(1);
});

test("a session that is cut while it waits for the first reading never begins", async () => {
  const kit = await SessionKit.start();
  const legs: MemoryLeg[] = [];
  const opening = kit.open({ endpoint: REPORTED, onAsset: (leg) => legs.push(leg) });
  const refused = expect(opening).rejects.toThrow("ended");
  await kit.until(() => (legs[1]?.written.length ?? 0) > 0, "a reading");
  kit.clock.advance(3_600_000);
  await refused;
  expect(legs.every(({ closed }) => closed)).toBe(true);
});

test("changes in a row are followed by one reading, and those that go on by one now and then", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ endpoint: REPORTED, onAsset: answering });
  const change = async (count: number) => {
    session.client.feed(WRITE);
    await session.answered(count);
  };
  await change(1);
  await change(2);
  expect(readings(session)).toHaveLength(0);
  kit.clock.advance(READING_EVERY_MS);
  await kit.until(() => readings(session).length === 1, "a reading");
  expect(readings(session)).toEqual(["report: after a change"]);
  await change(3);
  kit.clock.advance(AFTER_QUIET_MS);
  expect(readings(session)).toHaveLength(1);
  kit.clock.advance(READING_EVERY_MS);
  await kit.until(() => readings(session).length === 2, "a second reading");
});

test("its owner's end reads once more; a cut reads nothing and waits for nothing", async () => {
  const kit = await SessionKit.start();
  const ended = await kit.open({ endpoint: REPORTED, onAsset: answering });
  await ended.live.readAfter();
  expect(readings(ended)).toEqual(["report: after a change"]);
  const cut = await kit.open({ endpoint: REPORTED, onAsset: answering });
  cut.live.end({ rule: "cut", reason: "test" });
  await cut.live.readAfter();
  kit.clock.advance(60_000);
  expect(readings(cut)).toEqual([]);
});

test("where no tag is marked nothing is read", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(WRITE);
  await session.sent(1);
  kit.clock.advance(60_000);
  await session.live.readAfter();
  expect(readings(session)).toEqual([]);
});

test("tags side by side are one request, and none is longer than an asset takes", () => {
  const tag = (address: number, type: Tag["type"] = "uint16"): Tag => {
    const [first] = PLAIN.tags;
    if (!first) throw new Error("no tag");
    return { ...first, name: `T${address}`, address, type, report: true };
  };
  expect(reportRanges([tag(12), tag(10), tag(11), tag(20, "float32")])).toEqual([
    { unit: 1, table: "holding-registers", address: 10, count: 3 },
    { unit: 1, table: "holding-registers", address: 20, count: 2 },
  ]);
  const many = Array.from({ length: 48 }, (_, n) => tag(4 * n, "uint64"));
  expect(reportRanges(many).map(({ count }) => count)).toEqual([120, 72]);
});
