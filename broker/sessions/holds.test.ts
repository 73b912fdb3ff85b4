import { expect, test } from "vitest";
import { writePoints } from "../../protocols/modbus/build.ts";
import { testEndpoint, testProfile } from "../../test/kit/claims.ts";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import type { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { type KitSession, SessionKit } from "../../test/kit/session-kit.ts";
import type { Rule, RuleLimits } from "../plant/model.ts";
import type { HoldAnswer } from "./hold.ts";

/** Register 11 (P101.SpeedSetpoint) to 100. */
const WRITE = fromHex("0002 0000 0006 01 06 000b 0064");
const READ = fromHex("0001 0000 0006 01 03 0064 0001");
const BUSY = "000200000003018606";
const VALUE = "000200000003018603";

const rule = (limits: RuleLimits = {}): Rule => ({
  name: "second person",
  verdict: "hold",
  match: { classes: ["operate"], tags: ["P101.SpeedSetpoint"] },
  limits,
});
/** A move of the value by more than 5 makes an answer void. */
const BOUNDS = { min: 0, max: 100 };
const ANSWER: Omit<HoldAnswer, "kind"> = {
  ...{ by: "person-2", name: "Sam Supervisor", actionId: "act-1", digest: "d1gest" },
};

async function open(limits: RuleLimits = BOUNDS): Promise<[SessionKit, KitSession]> {
  const kit = await SessionKit.start();
  return [kit, await kit.open({ profile: testProfile([rule(limits)]) })];
}

/** Answers the next read of the broker with this value of the register. */
async function plantSays(kit: SessionKit, session: KitSession, value: number, nth = 1) {
  await kit.until(() => session.hasProbed && session.probed.written.length >= nth, "a probe");
  reply(session.probed, value);
  for (let n = 0; n < 5; n++) await new Promise(setImmediate);
}

function reply(leg: MemoryLeg, value: number): void {
  const number = toHex((leg.written.at(-1) ?? READ).subarray(0, 2));
  leg.feed(fromHex(`${number} 0000 0005 01 03 02 ${value.toString(16).padStart(4, "0")}`));
}

/** Asked for, and shown to whoever may answer. */
async function held(limits?: RuleLimits): Promise<[SessionKit, KitSession, string]> {
  const [kit, session] = await open(limits);
  session.client.feed(WRITE);
  await plantSays(kit, session, 60);
  const [hold] = session.live.holds;
  return [kit, session, hold?.id ?? ""];
}

const answers = (session: KitSession) => session.client.written.map(toHex);

test("a held write waits, with the value now beside the one asked for; the owner is told", async () => {
  const [, session] = await held();
  expect(session.live.holds).toMatchObject([
    {
      ...{ state: "waiting", rule: "second person", current: [[60]] },
      changes: [{ point: "P101.SpeedSetpoint", now: "60 Hz", asked: "100 Hz" }],
    },
  ]);
  expect(session.events.at(-1)).toMatchObject({
    ...{ kind: "decision", verdict: "hold", rule: "second person", request: 2 },
    answerByMs: session.live.holds[0]?.untilMs,
  });
  expect(session.asset.written).toEqual([]);
});

test("permitted: read again, sent, and the tape says who agreed by which signed act", async () => {
  const [kit, session, id] = await held();
  const result = session.live.answerHold(id, { kind: "permit", ...ANSWER });
  await plantSays(kit, session, 61, 2);
  expect(await result).toEqual({ kind: "permitted", reason: "" });
  await session.sent(1);
  expect(toHex(session.asset.written[0] ?? READ).slice(12)).toBe("0106000b0064");
  const verdicts = session.ofKind("verdict").filter(({ channel }) => channel === 1);
  expect(verdicts.map(({ items }) => [items[0]?.answer.kind, items[0]?.reason])).toEqual([
    ["hold", "a person must agree to writing P101.SpeedSetpoint (holding register 40012)"],
    ["permit", "Sam Supervisor agreed; signed act act-1, SHA-256 d1gest"],
  ]);
  expect(session.live.holds).toEqual([]);
});

test("refused: answered in the protocol's way, and the asset hears nothing", async () => {
  const [, session, id] = await held();
  const result = await session.live.answerHold(id, { kind: "refuse", ...ANSWER });
  expect(result).toEqual({ kind: "refused", reason: "" });
  expect(answers(session)).toEqual([VALUE]);
  expect(session.asset.written).toEqual([]);
  expect(session.events.at(-1)).toMatchObject({ verdict: "deny", reason: /^Sam .* refused/ });
});

test("nobody answers: refused as busy after the rule's time, and no answer counts any more", async () => {
  const [kit, session, id] = await held({ ...BOUNDS, holdMs: 5_000 });
  kit.clock.advance(4_900);
  expect(answers(session)).toEqual([]);
  kit.clock.advance(100);
  expect(answers(session)).toEqual([BUSY]);
  expect(session.live.answerHold(id, { kind: "permit", ...ANSWER })).toBeUndefined();
  expect(session.live.holds).toMatchObject([{ state: "lapsed", why: "nobody answered in time" }]);
});

test.each<[string, RuleLimits, number]>([
  ["a twentieth of the bounds", BOUNDS, 66],
  ["the rule's own distance", { ...BOUNDS, holdDistance: 20 }, 81],
  ["at all, where nothing is bounded", {}, 61],
])("an answer is void if the value moved by more than %s", async (_, limits, now) => {
  const [kit, session, id] = await held(limits);
  const result = session.live.answerHold(id, { kind: "permit", ...ANSWER });
  await plantSays(kit, session, now, 2);
  const reason = `the answer is void: P101.SpeedSetpoint moved from 60 Hz to ${now} Hz meanwhile`;
  expect(await result).toEqual({ kind: "void", reason });
  expect(answers(session)).toEqual([BUSY]);
  expect(session.asset.written).toEqual([]);
});

test("a value that moved no further than the distance does not void the answer", async () => {
  const [kit, session, id] = await held();
  const result = session.live.answerHold(id, { kind: "permit", ...ANSWER });
  await plantSays(kit, session, 65, 2);
  expect((await result)?.kind).toBe("permitted");
});

test("the tag's own distance goes before the rule's, whose tags may be in other units", async () => {
  const kit = await SessionKit.start();
  const own = testEndpoint();
  const tags = own.tags.map((tag) => ({ ...tag, holdDistance: 2 }));
  const limits = { ...BOUNDS, holdDistance: 50 };
  const endpoint = { ...own, tags };
  const session = await kit.open({ profile: testProfile([rule(limits)]), endpoint });
  session.client.feed(WRITE);
  await plantSays(kit, session, 60);
  const result = session.live.answerHold(session.live.holds[0]?.id ?? "", {
    ...{ kind: "permit", ...ANSWER },
  });
  await plantSays(kit, session, 63, 2);
  expect((await result)?.kind).toBe("void");
});

test("limits come first: what breaks them is refused without asking anybody", async () => {
  const [, session] = await open({ min: 0, max: 50 });
  session.client.feed(WRITE);
  await session.answered(1);
  expect(answers(session)).toEqual([VALUE]);
  expect(session.live.holds).toEqual([]);
});

test("a step is judged before anybody is asked, and again when it leaves", async () => {
  const [kit, session] = await open({ ...BOUNDS, stepMax: 40, holdDistance: 50 });
  session.client.feed(WRITE);
  await plantSays(kit, session, 70);
  await plantSays(kit, session, 70, 2);
  const [hold] = session.live.holds;
  const result = session.live.answerHold(hold?.id ?? "", { kind: "permit", ...ANSWER });
  await kit.until(() => session.probed.written.length >= 4, "two more probes");
  for (const frame of session.probed.written.slice(2)) {
    session.probed.feed(fromHex(`${toHex(frame.subarray(0, 2))} 0000 0005 01 03 02 0032`));
  }
  expect(await result).toMatchObject({ kind: "void" });
  expect(session.asset.written).toEqual([]);
});

test("reads go past it, and a second write of the client does not", async () => {
  const [, session] = await held();
  session.client.feed(READ);
  session.client.feed(fromHex("0003 0000 0006 01 06 0064 07d0"));
  expect(session.asset.written.length).toBe(1);
});

test.each<[string, (session: KitSession) => void, string[]]>([
  ["frozen", (s) => s.live.freeze({ rule: "frozen", reason: "wait" }), [BUSY]],
  [
    "without the right",
    (s) => s.live.lease(["observe"], { rule: "policy", reason: "gone" }),
    ["000200000003018601"],
  ],
  ["cut", (s) => s.live.end({ rule: "cut", reason: "stop" }), []],
])("a session that is %s takes its holds along", async (_, act, expected) => {
  const [, session, id] = await held();
  act(session);
  expect(session.live.answerHold(id, { kind: "permit", ...ANSWER })).toBeUndefined();
  expect(answers(session)).toEqual(expected);
  expect(session.asset.written).toEqual([]);
});

test("a cut while the permitted write reads its value again voids the answer", async () => {
  const [kit, session, id] = await held();
  const result = session.live.answerHold(id, { kind: "permit", ...ANSWER });
  await kit.until(() => session.probed.written.length === 2, "the second reading");
  session.live.end({ rule: "cut", reason: "stop" });
  expect((await result)?.kind).toBe("void");
  expect(session.asset.written).toEqual([]);
});

test("one that lapsed may be permitted for next time: exactly it, once, for minutes", async () => {
  const [kit, session, id] = await held();
  kit.clock.advance(30_000);
  const kept = await session.live.answerHold(id, { kind: "permit-next", forMs: 60_000, ...ANSWER });
  expect(kept).toEqual({ kind: "kept", reason: "" });
  session.client.feed(WRITE);
  await plantSays(kit, session, 60, 2);
  await plantSays(kit, session, 60, 3);
  await session.sent(1);
  session.asset.feed(new Uint8Array(session.asset.written[0] ?? READ));
  session.client.feed(WRITE);
  await kit.until(() => session.probed.written.length >= 4, "another probe");
  reply(session.probed, 100);
  await kit.until(() => session.live.holds.length === 1, "a new hold");
  expect(session.asset.written.length).toBe(1);
});

test("a permission for next time is for these values and ends in time", async () => {
  const [kit, session, id] = await held();
  kit.clock.advance(30_000);
  await session.live.answerHold(id, { kind: "permit-next", forMs: 60_000, ...ANSWER });
  session.client.feed(fromHex("0004 0000 0006 01 06 000b 0063"));
  await plantSays(kit, session, 60, 2);
  expect(session.live.holds).toHaveLength(1);
  kit.clock.advance(60_000);
  session.client.feed(WRITE);
  await plantSays(kit, session, 60, 3);
  expect(session.asset.written).toEqual([]);
});

test("what is more at once than a person can sign is refused at once, and not shown", async () => {
  const kit = await SessionKit.start();
  const anything: Rule = { ...rule(), match: { classes: ["operate"] } };
  const session = await kit.open({ profile: testProfile([anything]) });
  // 1,968 coils, as many as one request takes.
  session.client.feed(fromHex(`0002 0000 00fd 01 0f 0000 07b0 f6 ${"ff".repeat(246)}`));
  await kit.until(() => session.hasProbed && session.probed.written.length >= 1, "a probe");
  const number = toHex((session.probed.written[0] ?? READ).subarray(0, 2));
  session.probed.feed(fromHex(`${number} 0000 00f9 01 01 f6 ${"00".repeat(246)}`));
  await kit.until(() => session.client.written.length > 0, "an answer");
  expect(answers(session)).toEqual(["00020000000301" + "8f03"]);
  expect(session.live.holds).toEqual([]);
  expect(session.asset.written).toEqual([]);
});

test("a flood of held writes is refused, not shown", async () => {
  const endpoint = testEndpoint();
  const kit = await SessionKit.start();
  const session = await kit.open({ profile: testProfile([rule()]), endpoint });
  for (let n = 0; n < 3; n++) session.client.feed(WRITE);
  await plantSays(kit, session, 60);
  expect(session.live.holds.length).toBeLessThanOrEqual(8);
});

test("a value that cannot be read is not put before a person", async () => {
  const [kit, session] = await open();
  session.client.feed(WRITE);
  await kit.until(() => session.hasProbed, "a probe");
  session.probed.lose(1, "no answer");
  await session.answered(1);
  expect(answers(session)).toEqual([BUSY]);
  expect(session.live.holds).toEqual([]);
});

const SPEED = writePoints(1, "holding-registers", 11, [100]);

test("asked for beforehand: put before a person, and then exactly it passes once, by either code", async () => {
  const [kit, session] = await open();
  const asking = session.live.askBeforehand(SPEED);
  await plantSays(kit, session, 60);
  const hold = await asking;
  if (typeof hold === "string") throw new Error(hold);
  expect(session.live.holds).toMatchObject([
    { state: "asked", changes: [{ now: "60 Hz", asked: "100 Hz" }], current: [[60]] },
  ]);
  expect(session.asset.written).toEqual([]);
  const kept = await session.live.answerHold(hold.id, {
    ...{ kind: "permit-next", forMs: 60_000, ...ANSWER },
  });
  expect(kept).toEqual({ kind: "kept", reason: "" });
  // Who asked is told.
  expect(session.events.at(-1)).toEqual({
    ...{ kind: "answered", hold: hold.id, permitted: true, by: ANSWER.name },
    changes: [{ point: "P101.SpeedSetpoint", asked: "100 Hz" }],
    untilMs: kit.clock.wallMs() + 60_000,
  });
  // Function 16 writes the same register to the same value.
  session.client.feed(fromHex("0007 0000 0009 01 10 000b 0001 02 0064"));
  await plantSays(kit, session, 60, 2);
  await plantSays(kit, session, 60, 3);
  await session.sent(1);
  const verdicts = session.ofKind("verdict").filter(({ channel }) => channel === 1);
  expect(verdicts.at(-1)?.items[0]?.reason).toBe(
    "pre-approved by Sam Supervisor; signed act act-1, SHA-256 d1gest",
  );
  const transaction = toHex(session.asset.written[0] ?? READ).slice(0, 4);
  session.asset.feed(fromHex(`${transaction} 0000 0006 01 10 000b 0001`));
  session.client.feed(WRITE);
  await kit.until(() => session.probed.written.length >= 4, "another probe");
  reply(session.probed, 100);
  await kit.until(() => session.live.holds.length === 1, "a new hold");
  expect(session.asset.written.length).toBe(1);
});

test("a pre-approval is void once the value has moved away, ends in time, and can be refused", async () => {
  const [kit, session] = await open();
  const ask = async (nth: number) => {
    const asking = session.live.askBeforehand(SPEED);
    await plantSays(kit, session, 60, nth);
    const hold = await asking;
    return typeof hold === "string" ? hold : hold.id;
  };
  const refused = await session.live.answerHold(await ask(1), { kind: "refuse", ...ANSWER });
  expect(refused).toEqual({ kind: "refused", reason: "" });
  const told = session.events.at(-1);
  expect(told).toMatchObject({ kind: "answered", permitted: false, by: ANSWER.name });
  expect(told).not.toHaveProperty("untilMs");
  const next = { kind: "permit-next", forMs: 60_000, ...ANSWER } as const;
  const id = await ask(2);
  expect(session.live.answerHold(id, { kind: "permit", ...ANSWER })).toBeUndefined();
  await session.live.answerHold(id, next);
  session.client.feed(WRITE);
  await plantSays(kit, session, 60, 3);
  await plantSays(kit, session, 80, 4);
  await session.answered(1);
  expect(answers(session)).toEqual([BUSY]);
  await session.live.answerHold(await ask(5), next);
  kit.clock.advance(60_001);
  session.client.feed(WRITE);
  await plantSays(kit, session, 60, 6);
  expect(session.asset.written).toEqual([]);
});

test("what the profile refuses, or lets pass anyway, is not put before a person", async () => {
  const [, session] = await open();
  const other = writePoints(1, "holding-registers", 40, [1]);
  expect(await session.live.askBeforehand(other)).toMatch(/default-deny/);
  session.live.end({ rule: "cut", reason: "stop" });
  expect(await session.live.askBeforehand(SPEED)).toBe("the session has ended");
});
