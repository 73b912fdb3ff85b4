import { beforeEach, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { pendingActions } from "../store/log-outbox.ts";
import {
  CONSENT_AWAY_MS,
  CONSENT_USE_MS,
  CONSENT_WAIT_MS,
  type ConsentAnswer,
} from "./consents.ts";

const NEEDS = "grants:\n";
const AGREE: ConsentAnswer = { answer: "agree", reason: "" };

let kit: TestAccess;
let ben: Somebody;
let sue: Somebody;
let grantId: string;

beforeEach(async () => {
  kit = await TestAccess.open();
  kit.plant.edit({ [NEEDS]: `conditions: [{ zone: cell, needs: [consent] }]\n${NEEDS}` });
  ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
  sue = await kit.site.invited(kit.ada.me, "Sue", ["supervisor"]);
  grantId = (await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben))).id;
});

const ask = () => kit.access.consents.ask(ben.me, "plc/modbus", grantId);
const open = (id?: string) => kit.access.openSession(ben.me, "plc/modbus", grantId, id);

async function answer(who: Somebody, id: string, given: ConsentAnswer, signed = given) {
  const { consents } = kit.access;
  const { text, options } = await consents.options(who.me, id, signed);
  const response = who.authenticator.assert(options);
  return consents.answer(who.me, id, { ...given, text, response });
}

const refused = { code: "consent-required" };

test("nothing opens without consent; agreed to, one session does, and its permit names who and by which act", async () => {
  await expect(open()).rejects.toMatchObject(refused);
  const { id } = ask();
  await expect(open(id)).rejects.toMatchObject(refused);
  await answer(sue, id, AGREE);
  const session = await open(id);
  expect(session.claims.consent).toMatchObject({ id, name: "Sue", by: sue.me.person.id });
  await expect(open(id)).rejects.toMatchObject(refused);
});

test("what was signed is kept, verifies offline, and says exactly what was agreed to", async () => {
  const { id } = ask();
  await answer(sue, id, AGREE);
  const [pending] = await pendingActions(kit.site.store.queries, 0, 1);
  const kept = pending?.item;
  if (!kept) throw new Error("nothing was kept");
  expect(verifiesOffline(kept)).toBe(true);
  expect(JSON.parse(kept.text).content).toMatchObject({
    ...{ consent: id, answer: "agree", endpoint: "plc/modbus" },
    person: { id: ben.me.person.id },
    grant: { id: grantId, profile: "everything" },
  });
});

test("nobody agrees to their own session", async () => {
  const { id } = ask();
  await expect(answer(ben, id, AGREE)).rejects.toMatchObject({ code: "not-allowed" });
});

test("an answer other than the one that was signed is worth nothing", async () => {
  const { id } = ask();
  const refusal: ConsentAnswer = { answer: "refuse", reason: "not now" };
  await expect(answer(sue, id, AGREE, refusal)).rejects.toMatchObject({ code: "changed" });
  await expect(open(id)).rejects.toMatchObject(refused);
});

test("refusing needs a reason, which the asker reads", async () => {
  const { id } = ask();
  await expect(answer(sue, id, { answer: "refuse", reason: " " })).rejects.toMatchObject({
    code: "input-invalid",
  });
  await answer(sue, id, { answer: "refuse", reason: "pressure test" });
  expect(kit.access.consents.own(ben.me, id)).toMatchObject({
    ...{ state: "refused", by: "Sue", reason: "pressure test" },
  });
});

test("an asker who goes away has asked nothing", () => {
  const { id } = ask();
  kit.site.clock.advance(CONSENT_AWAY_MS - 1);
  expect(kit.access.consents.own(ben.me, id).state).toBe("waiting");
  kit.site.clock.advance(CONSENT_AWAY_MS);
  expect(kit.access.consents.waiting()).toEqual([]);
  expect(kit.access.consents.own(ben.me, id).state).toBe("withdrawn");
});

test("nobody answers for two minutes: it is over, however often one asks", async () => {
  const { id } = ask();
  for (let ms = 0; ms < CONSENT_WAIT_MS; ms += 5_000) {
    kit.access.consents.own(ben.me, id);
    kit.site.clock.advance(5_000);
  }
  expect(kit.access.consents.own(ben.me, id).state).toBe("expired");
  await expect(answer(sue, id, AGREE)).rejects.toMatchObject({ code: "not-waiting" });
});

test("a consent that is not used soon is good for nothing", async () => {
  const { id } = ask();
  await answer(sue, id, AGREE);
  kit.site.clock.advance(CONSENT_USE_MS);
  await expect(open(id)).rejects.toMatchObject(refused);
});

test("it is good for who asked, in the browser that asked, under the grant it was for", async () => {
  const { id } = ask();
  await answer(sue, id, AGREE);
  const elsewhere = await kit.site.signIn(ben.authenticator);
  await expect(kit.access.openSession(elsewhere, "plc/modbus", grantId, id)).rejects.toMatchObject(
    refused,
  );
  await expect(kit.access.openSession(ben.me, "plc/modbus", "engineers", id)).rejects.toMatchObject(
    refused,
  );
  expect(() => kit.access.consents.own(sue.me, id)).toThrow("no such question");
});

test("who signs out has withdrawn what they asked, even if it was agreed to", async () => {
  const { id } = ask();
  await answer(sue, id, AGREE);
  await kit.site.identity.signIns.signOut(ben.me);
  expect(kit.access.consents.waiting()).toEqual([]);
  await expect(open(id)).rejects.toMatchObject({ code: "not-allowed" });
});

test("asking twice is asking once, and nobody fills the control room's screen", () => {
  expect(ask().id).toBe(ask().id);
  for (const _ of [1, 2, 3, 4]) ask();
  expect(kit.access.consents.waiting()).toHaveLength(1);
});

test("what the asker may not open cannot be asked for", async () => {
  expect(() => kit.access.consents.ask(ben.me, "nowhere/modbus")).toThrow("no such endpoint");
  await kit.access.locks.lock(kit.ada.me.person, {
    ...{ kind: "asset", target: "plc", reason: "gas alarm" },
  });
  expect(ask).toThrow("gas alarm");
});
