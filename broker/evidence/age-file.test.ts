import { randomBytes } from "node:crypto";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { AUDITOR, TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { decryptWith, encryptTo } from "./age-file.ts";

const CHUNK = 64 * 1024;
const BOTH = [TEST_KEYS.site, AUDITOR.recipient];
const LENGTHS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5];

function plainOf(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

async function byLibrary(sealed: Uint8Array, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(sealed);
}

test.each(LENGTHS)("the library opens a file of %i bytes with the key of each", async (length) => {
  const plain = plainOf(length);
  const sealed = await encryptTo(plain, BOTH);
  for (const identity of [...TEST_KEYS.identities.slice(0, 1), AUDITOR.identity]) {
    expect(await byLibrary(sealed, identity)).toEqual(plain);
    expect(await decryptWith(sealed, [identity])).toEqual(plain);
  }
});

test.each(LENGTHS)("what the library made of %i bytes is opened", async (length) => {
  const plain = plainOf(length);
  const encrypter = new Encrypter();
  for (const recipient of BOTH) encrypter.addRecipient(recipient);
  expect(await decryptWith(await encrypter.encrypt(plain), TEST_KEYS.identities)).toEqual(plain);
});

test("a recipient of another kind than X25519 is sealed to beside the site", async () => {
  const identity = await generateHybridIdentity();
  const plain = plainOf(CHUNK + 1);
  const sealed = await encryptTo(plain, [TEST_KEYS.site, await identityToRecipient(identity)]);
  expect(await byLibrary(sealed, identity)).toEqual(plain);
  expect(await decryptWith(sealed, TEST_KEYS.identities)).toEqual(plain);
});

test("no two files of the same bytes have anything alike but the first line", async () => {
  const plain = plainOf(100);
  const [one, two] = [await encryptTo(plain, BOTH), await encryptTo(plain, BOTH)];
  const firstLine = "age-encryption.org/v1\n-> X25519 ".length;
  const alike = one.slice(firstLine).filter((byte, i) => byte === two[firstLine + i]).length;
  expect(alike).toBeLessThan(one.length / 4);
});

test("a file that was cut, lengthened or changed anywhere is not opened", async () => {
  const sealed = await encryptTo(plainOf(2 * CHUNK), BOTH);
  const opened = (bytes: Uint8Array) => decryptWith(bytes, TEST_KEYS.identities);
  const chunk = CHUNK + 16;
  const start = sealed.length - 2 * chunk;
  const empty = sealed.slice(0, sealed.length - 16);
  for (const length of [0, 10, 100, start - 16, start, start + 5, start + chunk, empty.length]) {
    await expect(opened(sealed.slice(0, length)), `${length} bytes`).rejects.toThrow();
  }
  await expect(opened(Buffer.concat([sealed, new Uint8Array(16)]))).rejects.toThrow();
  const swapped = sealed.slice();
  swapped.set(sealed.subarray(start, start + chunk), start + chunk);
  swapped.set(sealed.subarray(start + chunk), start);
  await expect(opened(swapped)).rejects.toThrow();
  for (const at of [3, 40, 90, 150, start - 20, start - 1, start, start + chunk, -1]) {
    const changed = sealed.slice();
    changed.set([(sealed.at(at) ?? 0) ^ 1], at < 0 ? sealed.length + at : at);
    await expect(opened(changed), `byte ${at}`).rejects.toThrow();
  }
});
