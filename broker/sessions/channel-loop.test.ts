import { expect, test } from "vitest";
import { testProfile } from "../../test/kit/claims.ts";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";

const READ = fromHex("0001 0000 0006 01 03 0064 0001");
const WRITE = fromHex("0002 0000 0006 01 06 0064 07d0");
const READ_ONLY = testProfile([]);

/** The asset answers its last request: registers hold 7, a write is echoed. */
function answer({ asset }: KitSession, at = -1): void {
  const request = asset.written.at(at);
  if (!request) throw new Error("nothing to answer");
  const number = toHex(request.subarray(0, 2));
  if (request[7] === 6) asset.feed(request.slice());
  else asset.feed(fromHex(`${number} 0000 0005 01 03 02 0007`));
}

test("a write leaves only after its record is durable, and its reply comes back", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  for (let n = 0; n < 50; n++) await new Promise(setImmediate);
  expect(session.asset.written).toEqual([]);
  expect(session.tape.map(({ kind }) => kind)).toEqual(["channel", "bytes", "verdict"]);
  kit.volume.release();
  await session.sent(1);
  answer(session);
  expect(session.client.written.map(toHex)).toEqual([toHex(WRITE)]);
});

test("a read does not wait for the disk", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  answer(session);
  expect(session.client.written.map(toHex)).toEqual(["00010000000501030200" + "07"]);
});

test("what follows a waiting write waits behind it", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  session.client.feed(READ);
  expect(session.asset.written).toEqual([]);
  kit.volume.release();
  await session.sent(2);
  expect(session.asset.written.map((each) => each[7])).toEqual([6, 3]);
});

test("a denied write never reaches the asset; the client and the owner hear which rule", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: READ_ONLY });
  session.client.feed(WRITE);
  expect(session.client.written.map(toHex)).toEqual(["000200000003018602"]);
  expect(session.asset.written).toEqual([]);
  expect(session.events).toMatchObject([
    { kind: "decision", request: 2, verdict: "deny", rule: "default-deny", refusal: "address" },
  ]);
  expect(session.live.counts).toMatchObject({ observed: 0, changed: 0, refused: 1 });
});

test("one byte at a time does the same as all at once", async () => {
  const kit = await SessionKit.start();
  const whole = await kit.open();
  const dripped = await kit.open();
  for (const bytes of [READ, WRITE, READ]) whole.client.feed(bytes);
  for (const bytes of [READ, WRITE, READ]) dripped.client.feedByteAtATime(bytes);
  await whole.sent(3);
  await dripped.sent(3);
  expect(dripped.asset.written).toEqual(whole.asset.written);
});

test("a session cut while a write waits for the disk: the write never leaves, and the tape says so", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  session.client.feed(READ);
  const report = session.live.end({ rule: "cut", reason: "the shift said stop", by: "sup" });
  expect(report.droppedOperations).toBe(2);
  expect(report.cutMicroseconds).toBeGreaterThanOrEqual(0);
  kit.volume.release();
  expect(await session.live.closed).toMatchObject({ rule: "cut" });
  expect(session.asset.written).toEqual([]);
  expect(session.asset.closed && session.client.closed).toBe(true);
  const records = await kit.recorded("session-1");
  expect(records.at(-1)).toMatchObject({ kind: "end", rule: "cut", reason: /shift said stop/ });
  const withheld = records.filter(
    (each) => each.kind === "event" && each.event.kind === "withheld",
  );
  expect(withheld).toMatchObject([{ event: { decision: 1 } }, { event: { decision: 2 } }]);
});

test("after a cut nothing passes in either direction, whatever still arrives", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(READ);
  const [sink] = [session.asset];
  session.live.end({ rule: "cut", reason: "stop" });
  sink.feed(fromHex("0001 0000 0005 01 03 02 0007"));
  session.client.feed(WRITE);
  expect(session.client.written).toEqual([]);
  expect(session.asset.written.length).toBe(1);
  expect(session.live.end({ rule: "cut", reason: "again" })).toBe(
    session.live.end({ rule: "cut", reason: "again" }),
  );
});

test("a right lost between decision and send withholds the send; reading goes on", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  kit.volume.hold();
  session.client.feed(WRITE);
  session.live.lease(["observe"], { rule: "grant-revoked", reason: "operate was taken away" });
  kit.volume.release();
  await session.answered(1);
  expect(session.client.written.map(toHex)).toEqual(["000200000003018606"]);
  expect(session.asset.written).toEqual([]);
  const [withheld] = session.ofKind("event").filter(({ event }) => event.kind === "withheld");
  expect(withheld?.cause).toMatch("operate was taken away");
  session.client.feed(READ);
  expect(session.asset.written.length).toBe(1);
  answer(session);
  session.client.feed(WRITE);
  expect(toHex(session.client.written.at(-1) ?? new Uint8Array())).toBe("000200000003018601");
});

test("a request that the asset's leg lost is answered and taped as such", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(WRITE);
  await session.sent(1);
  session.asset.lose(1, "the asset did not answer within 2000 ms");
  expect(session.client.written.map(toHex)).toEqual(["00020000000301860b"]);
  expect(session.ofKind("event")).toMatchObject([
    { event: { kind: "timeout", request: 1 }, cause: /did not answer/ },
  ]);
});

test.each([
  ["a reply that nobody asked for", fromHex("0055 0000 0005 01 03 02 0007")],
  ["something else than Modbus", fromHex("53 53 48 2d 32 2e 30 0d 0a")],
])("%s from the asset ends the channel, and nothing of it reaches the client", async (_, bytes) => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(READ);
  session.asset.feed(bytes);
  expect(await session.live.closed).toMatchObject({ rule: "violation", reason: /the asset/ });
  expect(session.client.written).toEqual([]);
});

test("a client that breaks the protocol ends its channel, and the session if it has no other", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const other = await kit.open();
  session.client.feed(fromHex("474554202f20485454502f312e31"));
  expect(await session.live.closed).toMatchObject({ rule: "violation", reason: /the client/ });
  other.client.feed(READ);
  expect(other.asset.written.length).toBe(1);
});

test("a client that hangs up leaves the session open for the next", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.hangUp();
  expect(session.asset.closed).toBe(true);
  expect(session.events.some(({ kind }) => kind === "end")).toBe(false);
});

test("a client that does not read is not read either, and costs no more than its queue", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const many = fromHex("0001 0000 0006 01 03 0000 007d");
  for (let n = 0; n < 2_000 && !session.client.paused; n++) {
    session.client.feed(many);
    const request = session.asset.written.at(-1);
    if (!request) continue;
    const reply = new Uint8Array(9 + 250);
    reply.set([request[0] ?? 0, request[1] ?? 0, 0, 0, 0, 253, 1, 3, 250]);
    session.asset.feed(reply);
  }
  expect(session.client.paused && session.asset.paused).toBe(true);
  session.client.take();
  expect(session.client.paused || session.asset.paused).toBe(false);
});

test("a client that floods while the asset is slow is not read beyond the backlog", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  const flood = new Uint8Array(12 * 1_000);
  for (let n = 0; n < 1_000; n++) flood.set(READ, n * 12);
  let fed = 0;
  for (; fed < 50 && !session.client.paused; fed++) session.client.feed(flood);
  expect(session.client.paused).toBe(true);
  expect(fed).toBeLessThan(10);
  expect(session.asset.written.length).toBe(16);
});

test("the tape carries count and digest of what each leg was given", async () => {
  const kit = await SessionKit.start();
  const session = await kit.open();
  session.client.feed(WRITE);
  await session.sent(1);
  answer(session);
  session.live.end({ rule: "owner-ended", reason: "done" });
  await session.live.closed;
  const sent = (await kit.recorded("session-1")).filter((each) => each.kind === "sent");
  expect(sent).toMatchObject([
    { to: "client", count: 12 },
    { to: "asset", count: 12, sha256: /^[0-9a-f]{64}$/ },
  ]);
});
