import { expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Lies } from "../../test/kit/authenticator.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { findSignedAction } from "../store/signed-actions.ts";
import type { NewRequest, RequestSeen } from "./requests.ts";

const HOUR_MS = 3_600_000;

class Kit {
  readonly access: TestAccess;
  readonly ada: Somebody;
  readonly eva: Somebody;
  readonly sam: Somebody;
  readonly tom: Somebody;

  private constructor(access: TestAccess, eva: Somebody, sam: Somebody, tom: Somebody) {
    this.access = access;
    this.ada = access.ada;
    this.eva = eva;
    this.sam = sam;
    this.tom = tom;
  }

  /** Ada administers, Eva is an engineer, Sam and Tom are supervisors. */
  static async open(): Promise<Kit> {
    const access = await TestAccess.open();
    const { site, ada } = access;
    const eva = await site.invited(ada.me, "Eva", ["engineer"]);
    const sam = await site.invited(ada.me, "Sam", ["supervisor"]);
    const tom = await site.invited(ada.me, "Tom", ["supervisor"]);
    return new Kit(access, eva, sam, tom);
  }

  get requests() {
    return this.access.access.requests;
  }

  get clock() {
    return this.access.site.clock;
  }

  ask(more: Partial<NewRequest> = {}, who = this.eva): Promise<RequestSeen> {
    return this.requests.ask(who.me.person, {
      endpoints: ["plc/modbus"],
      profile: "everything",
      durationMs: HOUR_MS,
      reason: "the pump hums",
      ticket: "WO-4711",
      ...more,
    });
  }

  async answer(
    who: Somebody,
    id: string,
    decision: "approve" | "refuse" = "approve",
    lies: Lies = {},
  ) {
    const reason = decision === "refuse" ? "not today" : "";
    const { text, options } = await this.requests.decisionOptions(who.me, id, { decision, reason });
    return { text, response: who.authenticator.assert(options, lies) };
  }

  async decide(who: Somebody, id: string, decision: "approve" | "refuse" = "approve") {
    return this.requests.decide(who.me, id, await this.answer(who, id, decision));
  }

  openSession(who = this.eva) {
    return this.access.access.openSession(who.me, "plc/modbus", this.grants(who)[0]?.id);
  }

  /** Those that came of requests. */
  grants(who = this.eva) {
    const all = this.access.access.grantsOf(who.me.person);
    return all.filter(({ source }) => source === "request");
  }
}

function refusal(code: string) {
  return expect.objectContaining({ code });
}

test("asked, approved, granted: the clock starts at approval", async () => {
  const kit = await Kit.open();
  const { request, state } = await kit.ask();
  expect(state).toBe("waiting");
  expect(kit.grants()).toEqual([]);
  kit.clock.advance(HOUR_MS / 12);
  const seen = await kit.decide(kit.sam, request.id);
  expect(seen).toMatchObject({ state: "approved", decisions: [{ name: "Sam" }] });
  const nowMs = kit.clock.wallMs();
  expect(kit.grants()).toMatchObject([
    { state: "live", fromMs: nowMs, untilMs: nowMs + HOUR_MS, profile: "everything" },
  ]);
  const session = await kit.openSession();
  expect(session.claims.limits.untilMs).toBe(nowMs + HOUR_MS);
  kit.clock.advance(HOUR_MS);
  expect(kit.grants()).toEqual([]);
  expect(await kit.access.site.events()).toEqual(
    expect.arrayContaining(["event request:made", "event request:approved"]),
  );
});

test("what was signed is kept and verifies with node:crypto alone", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  const { decisions } = await kit.decide(kit.sam, request.id);
  const { queries } = kit.access.site.store;
  const kept = await findSignedAction(queries, decisions[0]?.actionId ?? "");
  expect(kept && verifiesOffline(kept)).toBe(true);
  expect(JSON.parse(kept?.text ?? "")).toMatchObject({
    by: kit.sam.me.person.id,
    purpose: "request",
    content: {
      request: request.id,
      person: { id: kit.eva.me.person.id, name: "Eva" },
      endpoints: ["plc/modbus"],
      profile: "everything",
      window: { fromMs: null, untilMs: null, durationMs: HOUR_MS, weekly: null },
      reason: "the pump hums",
      ticket: "WO-4711",
      decision: "approve",
    },
  });
});

test("a refusal is signed too, and says why", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  await expect(
    kit.requests.decisionOptions(kit.sam.me, request.id, { decision: "refuse", reason: " " }),
  ).rejects.toEqual(refusal("input-invalid"));
  const seen = await kit.decide(kit.sam, request.id, "refuse");
  expect(seen).toMatchObject({ state: "refused", decisions: [{ reason: "not today" }] });
  expect(kit.grants()).toEqual([]);
  await expect(kit.decide(kit.tom, request.id)).rejects.toEqual(refusal("not-waiting"));
});

test("nobody approves what they asked for, whatever their roles", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask({}, kit.ada);
  await expect(kit.decide(kit.ada, request.id)).rejects.toEqual(refusal("not-allowed"));
  expect((await kit.requests.seenBy(kit.ada.me.person))[0]).toMatchObject({ mayDecide: false });
});

test("who is no approver finds nothing", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  const other = await kit.access.site.invited(kit.ada.me, "Otto", ["engineer"]);
  const auditor = await kit.access.site.invited(kit.ada.me, "Aud", ["auditor"]);
  for (const who of [other, auditor]) {
    await expect(kit.decide(who, request.id)).rejects.toEqual(refusal("not-found"));
    expect(await kit.requests.seenBy(who.me.person)).toEqual([]);
  }
});

test("an approval of one request is worth nothing for another, nor as a refusal", async () => {
  const kit = await Kit.open();
  const one = await kit.ask();
  const other = await kit.ask({ endpoints: ["other/modbus"] });
  const answer = await kit.answer(kit.sam, one.request.id);
  await expect(kit.requests.decide(kit.sam.me, other.request.id, answer)).rejects.toEqual(
    refusal("changed"),
  );
  const again = await kit.answer(kit.sam, one.request.id);
  const forged = { ...again, text: again.text.replace('"approve"', '"refuse"') };
  await expect(kit.requests.decide(kit.sam.me, one.request.id, forged)).rejects.toEqual(
    refusal("response-invalid"),
  );
  expect(kit.grants()).toEqual([]);
});

test("a plant that changed between reading and signing voids the answer", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  const answer = await kit.answer(kit.sam, request.id);
  kit.access.plant.edit({ "description: The device.": "description: Another device." });
  await expect(kit.requests.decide(kit.sam.me, request.id, answer)).rejects.toEqual(
    refusal("changed"),
  );
  expect(await kit.decide(kit.sam, request.id)).toMatchObject({ state: "approved" });
});

test("two people where the zone wants two; one person counts once", async () => {
  const kit = await Kit.open();
  kit.access.plant.edit({
    "profiles:\n":
      'approvals:\n  - { zone: cell, by: ["role:supervisor"], needed: 2 }\nprofiles:\n',
  });
  const { request } = await kit.ask();
  expect(await kit.decide(kit.sam, request.id)).toMatchObject({
    state: "waiting",
    standings: [{ given: 1, rule: { needed: 2 } }],
  });
  expect(kit.grants()).toEqual([]);
  await expect(kit.decide(kit.sam, request.id)).rejects.toEqual(refusal("not-waiting"));
  await expect(kit.decide(kit.ada, request.id)).rejects.toEqual(refusal("not-found"));
  expect(await kit.decide(kit.tom, request.id)).toMatchObject({ state: "approved" });
  expect(kit.grants()).toHaveLength(1);
});

test("an approval of somebody who lost the role meanwhile counts no more", async () => {
  const kit = await Kit.open();
  kit.access.plant.edit({
    "profiles:\n":
      'approvals:\n  - { zone: cell, by: ["role:supervisor"], needed: 2 }\nprofiles:\n',
  });
  const { request } = await kit.ask();
  await kit.decide(kit.sam, request.id);
  const { people } = kit.access.site.identity;
  await people.change(kit.ada.me, kit.sam.me.person.id, { roles: ["engineer"] });
  expect(await kit.decide(kit.tom, request.id)).toMatchObject({
    state: "waiting",
    standings: [{ given: 1 }],
  });
});

test("a request that nobody answered in time has expired", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  const answer = await kit.answer(kit.sam, request.id);
  kit.clock.advance(299_000);
  const late = await kit.ask({
    untilMs: kit.clock.wallMs() + HOUR_MS,
    durationMs: undefined,
  } as never);
  kit.clock.advance(HOUR_MS);
  await expect(kit.requests.decide(kit.sam.me, request.id, answer)).rejects.toEqual(
    refusal("challenge-invalid"),
  );
  const seen = await kit.requests.seenBy(kit.eva.me.person);
  expect(seen.find((each) => each.request.id === late.request.id)).toMatchObject({
    ...{ state: "expired", mayWithdraw: false, mayDecide: false },
  });
});

test("taken back while it waits: nobody can approve it; taken back later: its grants end", async () => {
  const kit = await Kit.open();
  const one = await kit.ask();
  await kit.requests.withdraw(kit.eva.me.person, one.request.id);
  await expect(kit.decide(kit.sam, one.request.id)).rejects.toEqual(refusal("not-waiting"));
  const two = await kit.ask();
  await expect(kit.requests.withdraw(kit.sam.me.person, two.request.id)).rejects.toEqual(
    refusal("not-found"),
  );
  await kit.decide(kit.sam, two.request.id);
  const session = await kit.openSession();
  await kit.requests.withdraw(kit.eva.me.person, two.request.id);
  expect(session.told).toEqual(["end grant-revoked"]);
  expect(kit.grants()).toEqual([]);
  await kit.access.restart();
  expect(kit.grants()).toEqual([]);
});

test("more time asked and given moves the deadline of the live session", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  await kit.decide(kit.sam, request.id);
  const session = await kit.openSession();
  const [grant] = kit.grants();
  if (!grant) throw new Error("no grant");
  const more = await kit.requests.askMoreTime(kit.eva.me.person, grant.id, {
    ...{ durationMs: HOUR_MS, reason: "one more valve" },
  });
  await expect(kit.decide(kit.eva, more.request.id)).rejects.toEqual(refusal("not-allowed"));
  await kit.decide(kit.sam, more.request.id);
  const untilMs = (grant.untilMs ?? 0) + HOUR_MS;
  expect(session.told).toEqual([`moved grant-end ${untilMs}`]);
  expect(kit.grants()[0]?.untilMs).toBe(untilMs);
  await kit.access.restart();
  expect(kit.grants()[0]?.untilMs).toBe(untilMs);
});

test("no more time for a grant that has ended, is another's, or was revoked", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  await kit.decide(kit.sam, request.id);
  const [grant] = kit.grants();
  const wanted = { durationMs: HOUR_MS, reason: "more" };
  await expect(
    kit.requests.askMoreTime(kit.ada.me.person, grant?.id ?? "", wanted),
  ).rejects.toEqual(refusal("no-grant"));
  const more = await kit.requests.askMoreTime(kit.eva.me.person, grant?.id ?? "", wanted);
  await kit.access.access.revokeGrant(kit.ada.me.person, grant?.id ?? "");
  await expect(kit.decide(kit.sam, more.request.id)).rejects.toEqual(refusal("not-waiting"));
  expect(kit.grants()).toEqual([]);
});

test("weekly windows: it opens on Tuesdays from 08:00 to 12:00 in Vienna, summer and winter", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask({
    ...{ weekly: [{ day: "tue", from: "08:00", until: "12:00" }], durationMs: undefined },
    untilMs: kit.clock.wallMs() + 300 * 24 * HOUR_MS,
  } as never);
  await kit.decide(kit.sam, request.id);
  const grant = kit.grants()[0];
  const wall = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: "Europe/Vienna", weekday: "short", hour: "2-digit", minute: "2-digit" },
  });
  expect(wall.format(grant?.opensMs ?? 0)).toMatch(/Tue.*08:00/);
  expect(wall.format(grant?.closesMs ?? 0)).toMatch(/Tue.*12:00/);
  if (grant?.state === "coming") {
    kit.clock.advance((grant.opensMs ?? 0) - kit.clock.wallMs() - 1);
    expect(kit.grants()[0]?.state).toBe("coming");
    kit.clock.advance(1);
  }
  expect(kit.grants()[0]?.state).toBe("live");
  const me = await kit.access.site.signIn(kit.eva.authenticator);
  const session = await kit.access.access.openSession(me, "plc/modbus", grant?.id);
  expect(session.claims.limits.untilMs).toBe(kit.grants()[0]?.closesMs);
  await expect(
    kit.requests.askMoreTime(me.person, grant?.id ?? "", { durationMs: HOUR_MS, reason: "more" }),
  ).rejects.toEqual(refusal("input-invalid"));
  kit.clock.advance(5 * HOUR_MS);
  expect(kit.grants()[0]?.state).toBe("coming");
});

test.each<[string, object]>([
  ["no endpoint", { endpoints: [] }],
  ["neither end nor duration", { durationMs: undefined }],
  ["both", { untilMs: 4e12 }],
  ["an end that has passed", { durationMs: undefined, untilMs: 1 }],
  ["too long", { durationMs: 40 * 24 * HOUR_MS }],
  ["too short", { durationMs: 1_000 }],
  ["no reason", { reason: " " }],
  ["a window backwards", { weekly: [{ day: "tue", from: "12:00", until: "08:00" }] }],
  ["no sessions", { sessionsMax: 0 }],
])("%s is refused with words", async (_, wrong) => {
  const kit = await Kit.open();
  await expect(kit.ask(wrong)).rejects.toEqual(refusal("input-invalid"));
});

test("what does not exist cannot be asked for, nor by who opens no sessions", async () => {
  const kit = await Kit.open();
  await expect(kit.ask({ profile: "none" })).rejects.toEqual(refusal("not-found"));
  await expect(kit.ask({ endpoints: ["none/modbus"] })).rejects.toEqual(refusal("not-found"));
  await expect(kit.ask({}, kit.sam)).rejects.toEqual(refusal("not-allowed"));
});

test("one person has a bounded number of requests waiting", async () => {
  const kit = await Kit.open();
  for (let n = 0; n < 20; n++) await kit.ask();
  await expect(kit.ask()).rejects.toEqual(refusal("too-many"));
});

test("a disabled person's request cannot be approved", async () => {
  const kit = await Kit.open();
  const { request } = await kit.ask();
  const { people } = kit.access.site.identity;
  await people.change(kit.ada.me, kit.eva.me.person.id, { disabled: true });
  await expect(kit.decide(kit.sam, request.id)).rejects.toEqual(refusal("not-waiting"));
});
