import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import {
  COSIGNATURE_V1,
  cosignatureBytes,
  cosignedMessage,
  ED25519,
  formatKey,
  formatNote,
  isSignedBy,
  type NoteKey,
  noteKey,
  parseKey,
  parseNote,
  signatureTime,
  type VerifyEd25519,
} from "./note.ts";
import { decodeEntries, ENTRY_LENGTH_MAX, encodeEntries } from "./tile.ts";

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(bytes).digest());
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKey]),
    format: "der",
    type: "spki",
  });
  return verify(null, message, key, signature);
};

/** The example of the signed note format's first implementation. */
const VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

function keyPair(name: string, algorithm: number) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  return { key: noteKey(name, algorithm, raw, sha256), privateKey };
}

test("a note signed by another implementation verifies, and no changed one does", () => {
  const key = parseKey(VKEY, sha256) as NoteKey;
  const note = parseNote(utf8(NOTE));
  if (!note) throw new Error("the note was not read");
  expect(isSignedBy(note, key, verifyEd25519)).toBe(true);
  expect(formatNote(note)).toBe(NOTE);
  expect(isSignedBy({ ...note, text: note.text.replace("your", "my") }, key, verifyEd25519)).toBe(
    false,
  );
});

test("keys are read only with the id that fits them", () => {
  const key = parseKey(VKEY, sha256) as NoteKey;
  expect(formatKey(key)).toBe(VKEY);
  for (const wrong of [
    VKEY.replace("c74f", "c74e"),
    VKEY.replace("Peter", "Pete"),
    `${VKEY}=`,
    "",
  ]) {
    expect(parseKey(wrong, sha256)).toBeUndefined();
  }
});

test("a witness's cosignature carries its time, and its time cannot be changed", () => {
  const { key, privateKey } = keyPair("witness.example", COSIGNATURE_V1);
  const text = formatCheckpoint({
    origin: "a.example/log",
    size: 7,
    root: new Uint8Array(32),
    extensions: [],
  });
  const time = 1_796_000_123;
  const signature = sign(null, cosignedMessage(text, time), privateKey);
  const signed = (at: number) => ({
    text,
    signatures: [{ name: key.name, keyId: key.id, bytes: cosignatureBytes(at, signature) }],
  });
  const read = parseNote(utf8(formatNote(signed(time))));
  expect(read && signatureTime(read, key, verifyEd25519)).toBe(time);
  expect(signatureTime(signed(time + 1), key, verifyEd25519)).toBeUndefined();
});

test("a plain signature is not taken for a cosignature, nor the other way round", () => {
  const { key, privateKey } = keyPair("log.example", ED25519);
  const text = "a\n";
  const bytes = new Uint8Array(sign(null, utf8(text), privateKey));
  const note = { text, signatures: [{ name: key.name, keyId: key.id, bytes }] };
  expect(isSignedBy(note, key, verifyEd25519)).toBe(true);
  expect(isSignedBy(note, { ...key, algorithm: COSIGNATURE_V1 }, verifyEd25519)).toBe(false);
});

test("whatever a stranger sends as a note or a key, reading does not throw", () => {
  const pieces = fc.constantFrom("\n", "\n\n", "— ", "a", " x08g", "=", "\u0000", "+", NOTE);
  const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (some) => {
      const note = parseNote(utf8(some));
      if (note) expect(parseNote(utf8(formatNote(note)))).toEqual(note);
      parseKey(some, sha256);
      parseCheckpoint(some);
    }),
  );
});

test("checkpoints come back as they were written, and nothing else is one", () => {
  const checkpoint = {
    origin: "a.example/log",
    size: 20_852_163,
    root: sha256(utf8("x")),
    extensions: ["time 5"],
  };
  const text = formatCheckpoint(checkpoint);
  expect(parseCheckpoint(text)).toEqual(checkpoint);
  const wrong = [
    text.slice(0, -1),
    text.replace("2085", "02085"),
    text.replace("=\n", "\n"),
    "a\n1\n",
    "",
  ];
  for (const other of wrong) expect(parseCheckpoint(other)).toBeUndefined();
});

test("base64 has one text for one array of bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(fromBase64(text)).toEqual(new Uint8Array(bytes));
    }),
  );
  for (const wrong of ["a", "ab==", "a===", "YQ=", "Y Q=", "YR==", "YQ==YQ=="]) {
    expect(fromBase64(wrong)).toBeUndefined();
  }
});

test("entry bundles come back as they were written; a cut one is refused", () => {
  const entries = [utf8("one"), new Uint8Array(0), new Uint8Array(ENTRY_LENGTH_MAX)];
  const bytes = encodeEntries(entries);
  expect(decodeEntries(bytes)).toEqual(entries);
  expect(decodeEntries(bytes.subarray(0, -1))).toBeUndefined();
  expect(() => encodeEntries([new Uint8Array(ENTRY_LENGTH_MAX + 1)])).toThrow(/65535/);
});
