import { createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { KeyKind } from "../../test/kit/authenticator.ts";
import { TestIdentity } from "../../test/kit/identity.ts";
import type { JsonValue } from "./canonical-json.ts";
import { sha256 } from "./sha256.ts";
import { readSignedAct, type SignedAct } from "./signed-act.ts";

type Leaf = { readonly [key: string]: JsonValue };

async function leafOf(kind: KeyKind): Promise<Leaf> {
  const site = await TestIdentity.open();
  const { me, authenticator } = await site.firstPerson(kind);
  const { signedActions } = site.identity;
  const content = { request: "r1", reason: "für die Pumpe 100%" };
  const { text, options } = await signedActions.options(me, "request", content);
  const response = authenticator.assert(options);
  const { action } = await signedActions.prove(me, "request", { text, response });
  return { kind: "action.signed", ...action } as unknown as Leaf;
}

function isSigned({ key, message, signature }: SignedAct): boolean {
  const digest = key.kty === "OKP" ? null : "sha256";
  return verify(digest, message, createPublicKey({ format: "jwk", key }), signature);
}

test.each(["P-256", "Ed25519", "RSA"] as const)(
  "an act signed with a %s passkey is read, and its signature holds",
  async (kind) => {
    const act = readSignedAct(await leafOf(kind), sha256);
    expect(typeof act).toBe("object");
    if (typeof act === "string") return;
    expect(isSigned(act)).toBe(true);
    expect(JSON.parse(act.text)).toMatchObject({ content: { request: "r1" } });
  },
);

test("nothing of it can be another: text, site, verification, kind of answer", async () => {
  const leaf = await leafOf("P-256");
  const changed = (name: string, value: JsonValue) =>
    readSignedAct({ ...leaf, [name]: value }, sha256);
  expect(changed("text", `${leaf.text} `)).toMatch(/not the text/);
  expect(changed("rpId", "evil.example")).toMatch(/another site/);
  expect(changed("publicKey", "oQ")).toMatch(/no kind/);
  expect(changed("publicKey", "not base64 !")).toMatch(/lacks/);
  expect(changed("clientDataJson", Buffer.from('{"type":"x"}').toString("base64url"))).toMatch(
    /not of an assertion/,
  );
  const data = Buffer.from(String(leaf.authenticatorData), "base64url");
  data[32] = 0x01;
  expect(changed("authenticatorData", data.toString("base64url"))).toMatch(/not verified/);
  data[32] = 0x1d;
  const act = changed("authenticatorData", data.toString("base64url"));
  expect(typeof act === "object" && isSigned(act)).toBe(false);
});

test("any other value is refused in words, whatever stands in it", async () => {
  const leaf = await leafOf("P-256");
  const names = Object.keys(leaf);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const act = readSignedAct({ ...leaf, [name]: value as JsonValue }, sha256);
      return typeof act === "string" || isSigned(act) || name === "signature";
    }),
  );
  fc.assert(
    fc.property(
      fc.jsonValue(),
      (value) => typeof readSignedAct(value as JsonValue, sha256) === "string",
    ),
  );
});
