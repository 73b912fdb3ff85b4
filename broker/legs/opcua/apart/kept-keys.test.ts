import { createCipheriv, createHmac, KeyObject, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { keptKey } from "./kept-keys.ts";

test("bytes that come again are a key by then, and do what they did", () => {
  for (let round = 0; round < 20; round++) {
    const [key, iv, said] = [randomBytes(32), randomBytes(16), randomBytes(160)];
    const signed = () => createHmac("sha256", keptKey(key)).update(said).digest("hex");
    const sealed = () =>
      createCipheriv("aes-256-cbc", keptKey(key), iv).update(said).toString("hex");
    const first = [signed(), sealed()];
    expect(keptKey(key)).toBeInstanceOf(KeyObject);
    expect(keptKey(key)).toBe(keptKey(key));
    expect([signed(), sealed()]).toEqual(first);
  }
});

test("equal bytes elsewhere are another key, and what is no bytes stays what it is", () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 1)];
  for (const key of [one, other]) keptKey(key);
  expect(keptKey(one)).not.toBe(keptKey(other));
  for (let n = 0; n < 3; n++) expect(keptKey("secret")).toBe("secret");
  // An empty key is refused by Node as a key, and is none of a channel's.
  const none = Buffer.alloc(0);
  for (let n = 0; n < 3; n++) expect(createHmac("sha256", keptKey(none)).digest().length).toBe(32);
});
