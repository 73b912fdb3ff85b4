import { expect, test } from "vitest";
import { testClaims, testEndpoint } from "../../test/kit/claims.ts";
import type { VerifiedClaims } from "../access/permits.ts";
import { SharedClaims } from "./shared-claims.ts";

function claims(session: string, port = 502): VerifiedClaims {
  const own = { ...testClaims({ nowMs: 0, session }), endpoint: testEndpoint({ port }) };
  return JSON.parse(JSON.stringify(own)) as VerifiedClaims;
}

test("equal profiles and endpoints are one, and the claims say what they said", () => {
  const shared = new SharedClaims();
  const first = shared.of(claims("a"));
  const second = shared.of(claims("b"));
  expect(second).toEqual(claims("b"));
  expect(second.profile).toBe(first.profile);
  expect(second.endpoint).toBe(first.endpoint);
});

test("an endpoint that differs in anything is another", () => {
  const shared = new SharedClaims();
  const first = shared.of(claims("a"));
  const other = shared.of(claims("b", 503));
  expect(other.endpoint).not.toBe(first.endpoint);
  expect(other).toEqual(claims("b", 503));
});

test("what is kept is bounded", () => {
  const shared = new SharedClaims();
  const first = shared.of(claims("a", 1));
  for (let port = 2; port < 400; port++) shared.of(claims("b", port));
  const again = shared.of(claims("c", 1));
  expect(again.endpoint).not.toBe(first.endpoint);
  expect(again.endpoint).toEqual(first.endpoint);
});
