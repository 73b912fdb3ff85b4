import { generateKeyPairSync, sign, verify } from "node:crypto";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { loadSigningKey } from "./signing-key.ts";

test("the key is made once, its owner's alone, and signs", () => {
  const path = join(temporaryFolder(), "permit.key");
  const { privateKey } = loadSigningKey(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { publicKey } = loadSigningKey(path);
  const message = Buffer.from("open");
  expect(verify(null, message, publicKey, sign(null, message, privateKey))).toBe(true);
});

test("a key that others can read is refused", () => {
  const path = join(temporaryFolder(), "permit.key");
  loadSigningKey(path);
  chmodSync(path, 0o644);
  expect(() => loadSigningKey(path)).toThrow(`run chmod 600 ${path}`);
});

test("what is no Ed25519 key is refused and left alone", () => {
  const path = join(temporaryFolder(), "permit.key");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(path, pem, { mode: 0o600 });
  expect(() => loadSigningKey(path)).toThrow(/no Ed25519 key/);
  expect(readFileSync(path, "utf8")).toBe(pem);
});
