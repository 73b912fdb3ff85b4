import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { KeyKind } from "../../test/kit/authenticator.ts";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { findSignedAction } from "../store/signed-actions.ts";
import type { ActionPurpose } from "./signed-actions.ts";

const CONTENT = { request: "r1", decision: "approve", endpoints: ["plc/modbus"], nested: { a: 1 } };

async function begun(kind: KeyKind = "P-256") {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson(kind);
  const { signedActions } = site.identity;
  return { site, ada, signedActions };
}

async function signed(site: TestIdentity, who: Somebody, purpose: ActionPurpose = "request") {
  const { text, options } = await site.identity.signedActions.options(who.me, purpose, CONTENT);
  return { text, response: who.authenticator.assert(options), options };
}

test("the challenge is the SHA-256 of the canonical text of exactly the act", async () => {
  const { site, ada } = await begun();
  const { text, options } = await signed(site, ada);
  expect(options.challenge).toBe(createHash("sha256").update(text).digest("base64url"));
  expect(canonicalJson(JSON.parse(text))).toBe(text);
  expect(JSON.parse(text)).toMatchObject({
    ...{ by: ada.me.person.id, purpose: "request", content: CONTENT },
    expiresMs: site.clock.wallMs() + 300_000,
  });
});

test.each(["P-256", "Ed25519", "RSA"] as const)(
  "what is kept of a %s passkey verifies offline with node:crypto alone",
  async (kind) => {
    const { site, ada, signedActions } = await begun(kind);
    const { action, content } = await signedActions.prove(
      ada.me,
      "request",
      await signed(site, ada),
    );
    expect(content).toEqual(CONTENT);
    const kept = await findSignedAction(site.store.queries, action.id);
    expect(kept).toEqual(action);
    expect(kept && verifiesOffline(kept)).toBe(true);
    expect(kept && verifiesOffline({ ...kept, text: `${kept.text} ` })).toBe(false);
    const signature = action.signature.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    expect(verifiesOffline({ ...action, signature })).toBe(false);
  },
);

test("an answer counts once", async () => {
  const { site, ada, signedActions } = await begun();
  const answer = await signed(site, ada);
  await signedActions.prove(ada.me, "request", answer);
  await expect(signedActions.prove(ada.me, "request", answer)).rejects.toMatchObject({
    code: "challenge-invalid",
  });
});

test("an answer is worth nothing for another purpose", async () => {
  const { site, ada, signedActions } = await begun();
  const answer = await signed(site, ada, "hold");
  await expect(signedActions.prove(ada.me, "lock", answer)).rejects.toMatchObject({
    code: "challenge-invalid",
  });
});

test("an answer for another text is refused", async () => {
  const { site, ada, signedActions } = await begun();
  const { text, response } = await signed(site, ada);
  const forged = text.replace("approve", "refuse");
  await expect(
    signedActions.prove(ada.me, "request", { text: forged, response }),
  ).rejects.toMatchObject({ code: "response-invalid" });
});

test("a text that nobody issued is refused even with a genuine signature", async () => {
  const { site, ada, signedActions } = await begun();
  const { text, options } = await signed(site, ada);
  const own = text.replace("approve", "refuse");
  const challenge = createHash("sha256").update(own).digest("base64url");
  const response = ada.authenticator.assert({ ...options, challenge });
  await expect(
    signedActions.prove(ada.me, "request", { text: own, response }),
  ).rejects.toMatchObject({ code: "challenge-invalid" });
});

test("after five minutes it is too late", async () => {
  const { site, ada, signedActions } = await begun();
  const answer = await signed(site, ada);
  site.clock.advance(300_001);
  await expect(signedActions.prove(ada.me, "request", answer)).rejects.toMatchObject({
    code: "challenge-invalid",
  });
});

test("another sign-in, another person, or no user verification: refused", async () => {
  const { site, ada, signedActions } = await begun();
  const bob = await site.invited(ada.me, "Bob", ["supervisor"]);
  const again = await site.signIn(ada.authenticator);
  const one = await signed(site, ada);
  await expect(signedActions.prove(again, "request", one)).rejects.toMatchObject({
    code: "challenge-invalid",
  });
  const two = await signedActions.options(ada.me, "request", CONTENT);
  const response = bob.authenticator.assert(two.options);
  await expect(
    signedActions.prove(ada.me, "request", { text: two.text, response }),
  ).rejects.toMatchObject({ code: "response-invalid" });
  const three = await signedActions.options(ada.me, "request", CONTENT);
  const unverified = ada.authenticator.assert(three.options, { userVerified: false });
  await expect(
    signedActions.prove(ada.me, "request", { text: three.text, response: unverified }),
  ).rejects.toMatchObject({ code: "response-invalid" });
});

test("a signed act is no fresh assertion of the sign-in", async () => {
  const { site, ada, signedActions } = await begun();
  site.clock.advance(600_000);
  await signedActions.prove(ada.me, "request", await signed(site, ada));
  const me = site.identity.signIns.authenticate(ada.me.token, true);
  expect(me?.assertionAgeMs).toBeGreaterThanOrEqual(600_000);
});
