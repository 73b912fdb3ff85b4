import { expect, test } from "vitest";
import { endOf } from "../../../../test/kit/opcua-secured.ts";
import type { TokenKeys } from "./channel-keys.ts";
import { TokenWindow } from "./token-window.ts";

const LIFETIME_MS = 1_000;
const { sealer, opener } = endOf({ policy: "Basic256Sha256", mode: "Sign" }, "client").channel
  .token;

function token(tokenId: number, createdMs: number): TokenKeys {
  return { kind: "token", tokenId, createdMs, lifetimeMs: LIFETIME_MS, sealer, opener };
}

test("a token is taken until a quarter over its lifetime, and sent under as long", () => {
  const window = new TokenWindow({ token: token(1, 0) }, "client");
  expect(window.receiving(1, 1_250)?.tokenId).toBe(1);
  expect(window.receiving(1, 1_251)).toBeUndefined();
  expect(window.sending(1_250)?.tokenId).toBe(1);
  expect(window.sending(1_251)).toBeUndefined();
  expect(window.receiving(2, 0)).toBeUndefined();
});

test("a client sends under the newest one at once, and hears the older one until it is over", () => {
  const [first, second] = [token(1, 0), token(2, 750)];
  const window = new TokenWindow({ token: first }, "client");
  expect(window.add(second)).toBe(true);
  expect(window.sending(760)?.tokenId).toBe(2);
  window.heard(second);
  window.heard(first);
  expect(window.receiving(1, 1_250)?.tokenId).toBe(1);
  expect(window.receiving(1, 1_251)).toBeUndefined();
  expect(window.receiving(2, 1_251)?.tokenId).toBe(2);
});

test("a server goes on under the old one until the client has used the new one", () => {
  const [first, second] = [token(1, 0), token(2, 750)];
  const window = new TokenWindow({ token: first }, "server");
  window.add(second);
  expect(window.sending(900)?.tokenId).toBe(1);
  expect(window.sending(1_000)?.tokenId).toBe(1);
  // The old one is over, whether or not the client has said anything since.
  expect(window.sending(1_001)?.tokenId).toBe(2);
  expect(window.receiving(1, 900)?.tokenId).toBe(1);
  window.heard(first);
  expect(window.receiving(1, 900)?.tokenId).toBe(1);
  window.heard(second);
  expect(window.receiving(1, 900)).toBeUndefined();
  expect(window.sending(900)?.tokenId).toBe(2);
});

test("a token that is known is no renewal, and tokens do not pile up", () => {
  const window = new TokenWindow({ token: token(1, 0) }, "server");
  expect(window.add(token(1, 10))).toBe(false);
  for (let id = 2; id < 20; id++) expect(window.add(token(id, 10))).toBe(true);
  expect(window.add(token(19, 10))).toBe(false);
  const taken = Array.from({ length: 20 }, (_, id) => window.receiving(id, 20)?.tokenId);
  // The one in use besides the newest ones.
  expect(taken.filter((id) => id !== undefined)).toEqual([1, 17, 18, 19]);
});

test("once it is closed nothing is opened or sealed under any token, and none is added", () => {
  const window = new TokenWindow({ token: token(1, 0) }, "server");
  window.add(token(2, 0));
  window.close();
  expect([1, 2].map((id) => window.receiving(id, 1))).toEqual([undefined, undefined]);
  expect(window.sending(1)).toBeUndefined();
  expect(window.add(token(3, 0))).toBe(false);
});

test("without security a token has no end: an old one is known until newer ones took its place", () => {
  const plain = (tokenId: number): TokenKeys => ({
    ...{ ...token(tokenId, 0), sealer: undefined, opener: undefined },
  });
  const window = new TokenWindow({ token: plain(1) }, "client");
  expect(window.sending(100_000)?.tokenId).toBe(1);
  const second = plain(2);
  window.add(second);
  window.heard(second);
  expect(window.receiving(1, 100_000)?.tokenId).toBe(1);
  expect(window.receiving(9, 0)).toBeUndefined();
});
