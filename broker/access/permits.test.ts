import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { testClaims } from "../../test/kit/claims.ts";
import type { Permit } from "./permit.ts";
import { canonicalJson, mintPermit, verifyPermit } from "./permits.ts";

const NOW = Date.UTC(2026, 0, 5, 8);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const claims = testClaims({ nowMs: NOW });

test("claims come back as they went in", () => {
  const result = verifyPermit(mintPermit(claims, privateKey), publicKey, NOW);
  expect(result).toEqual({ kind: "valid", claims });
});

test("a permit survives a process border as plain JSON", () => {
  const moved = JSON.parse(JSON.stringify(mintPermit(claims, privateKey))) as Permit;
  expect(verifyPermit(moved, publicKey, NOW).kind).toBe("valid");
});

test("every single changed character makes it invalid", () => {
  const permit = mintPermit(claims, privateKey);
  for (let at = 0; at < permit.claims.length; at += 7) {
    const other = permit.claims[at] === "0" ? "1" : "0";
    const altered = permit.claims.slice(0, at) + other + permit.claims.slice(at + 1);
    expect(verifyPermit({ ...permit, claims: altered }, publicKey, NOW).kind).toBe("invalid");
  }
});

test("another key's signature, none, or rubbish is invalid and never throws", () => {
  const other = generateKeyPairSync("ed25519").privateKey;
  expect(verifyPermit(mintPermit(claims, other), publicKey, NOW).kind).toBe("invalid");
  const permit = mintPermit(claims, privateKey);
  for (const signature of ["", "!!!!", "AAAA", `${permit.signature}AAAA`]) {
    expect(verifyPermit({ ...permit, signature }, publicKey, NOW).kind).toBe("invalid");
  }
  expect(verifyPermit({} as Permit, publicKey, NOW).kind).toBe("invalid");
});

test("it expires at its instant, and with the session's end even if that comes first", () => {
  const permit = mintPermit(claims, privateKey);
  expect(verifyPermit(permit, publicKey, claims.expiresMs - 1).kind).toBe("valid");
  expect(verifyPermit(permit, publicKey, claims.expiresMs).kind).toBe("expired");
  const short = { ...claims, limits: { ...claims.limits, untilMs: NOW + 5 } };
  expect(verifyPermit(mintPermit(short, privateKey), publicKey, NOW + 5).kind).toBe("expired");
});

test("the order in which keys were written does not matter", () => {
  expect(canonicalJson({ b: 1, a: { d: undefined, c: [2, 1] } })).toBe('{"a":{"c":[2,1]},"b":1}');
});
