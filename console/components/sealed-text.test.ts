import { expect, test } from "vitest";
import { seal, unseal } from "./sealed-text.ts";

const key = btoa("k".repeat(32));
const text = "site: { id: nord, name: Wässer }\n".repeat(2_000);

test("a text comes back whole with its key, and is small meanwhile", async () => {
  const sealed = await seal(text, key);
  expect(sealed.length).toBeLessThan(text.length / 10);
  expect(await unseal(sealed, key)).toBe(text);
  expect(await unseal(await seal("", key), key)).toBe("");
});

test("with another key, or when one sign of it is another, it stays shut", async () => {
  const sealed = await seal(text, key);
  await expect(unseal(sealed, btoa("o".repeat(32)))).rejects.toThrow();
  const at = sealed.indexOf(".") + 9;
  const other = sealed.charAt(at) === "A" ? "B" : "A";
  await expect(unseal(sealed.slice(0, at) + other + sealed.slice(at + 1), key)).rejects.toThrow();
  await expect(unseal("nonsense", key)).rejects.toThrow();
});
