import { expect, test } from "vitest";
import { TestIdentity } from "../../test/kit/identity.ts";

test("a person's key stays the same, also after a restart, and is nobody else's", async () => {
  const site = await TestIdentity.open();
  const key = site.identity.drafts.of("anna");
  expect(site.identity.drafts.of("anna")).toBe(key);
  expect(site.identity.drafts.of("ben")).not.toBe(key);
  expect(Buffer.from(key, "base64")).toHaveLength(32);
  await site.restart();
  expect(site.identity.drafts.of("anna")).toBe(key);
});

test("no two sites have the same", async () => {
  const [one, other] = [await TestIdentity.open(), await TestIdentity.open()];
  expect(one.identity.drafts.of("anna")).not.toBe(other.identity.drafts.of("anna"));
});
