import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { AUDITOR, TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import { type EvidenceKeys, openEvidenceKeys } from "./keys.ts";
import type { TapeWriter } from "./recorder.ts";
import { openSealed, sha256Hex } from "./seal.ts";

const SECRET = "typed while nobody watched";

function open(directory: string, keys: EvidenceKeys = TEST_KEYS): Promise<Evidence> {
  const limits = { writeAheadBytes: 256 * 1024, reserveBytes: 64 * 1024 };
  return openEvidence({ directory, build: "test", clock: systemClock, keys, limits });
}

function headerOf(session: string): Header {
  return {
    version: 1,
    build: "test",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 1_900_000_000_000 },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
    startedMs: Date.now(),
  };
}

async function record(evidence: Evidence, session: string): Promise<TapeWriter> {
  const tape = await evidence.recorder.open(headerOf(session));
  tape.append({ kind: "bytes", channel: 1, from: "client", bytes: Buffer.from(SECRET) });
  const error = await new Promise((resolve) => tape.whenDurable(resolve));
  expect(error).toBeUndefined();
  return tape;
}

async function recordWhole(directory: string, keys?: EvidenceKeys): Promise<void> {
  const evidence = await open(directory, keys);
  const tape = await record(evidence, "s-1");
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await evidence.close();
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
}

function filesWith(folder: string, text: string): string[] {
  return filesIn(folder).filter((file) => readFileSync(file).includes(text));
}

async function textOf(evidence: Evidence): Promise<string> {
  const bytes = await evidence.recordings.segment("s-1", 0);
  const { records } = readSegment(bytes ?? new Uint8Array(0));
  return records
    .map((one) => (one.kind === "bytes" ? Buffer.from(one.bytes).toString() : ""))
    .join("");
}

test("no byte that passed is readable on disk, neither durable nor sealed", async () => {
  const directory = temporaryFolder();
  const evidence = await open(directory);
  const tape = await record(evidence, "s-1");
  expect(filesWith(directory, SECRET)).toEqual([]);
  expect(await textOf(evidence)).toBe(SECRET);
  await tape.close();
  await evidence.close();
  expect(filesWith(directory, SECRET)).toEqual([]);
  const again = await open(directory);
  expect(await textOf(again)).toBe(SECRET);
  await again.close();
});

test("each auditor's key opens a segment, and a stranger's does not", async () => {
  const directory = temporaryFolder();
  await recordWhole(directory, { ...TEST_KEYS, auditors: [AUDITOR.recipient] });
  const folder = path.join(directory, "recordings", "s-1");
  const sealed = new Uint8Array(readFileSync(path.join(folder, "segments", "0.seg")));
  const byAuditor = await openSealed(sealed, [AUDITOR.identity]);
  expect(byAuditor).toEqual(await openSealed(sealed, TEST_KEYS.identities));
  const { recipients } = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"));
  expect(recipients).toEqual([TEST_KEYS.site, AUDITOR.recipient]);
});

test("an auditor who is not named reads nothing", async () => {
  const directory = temporaryFolder();
  await recordWhole(directory);
  const file = path.join(directory, "recordings", "s-1", "segments", "0.seg");
  const sealed = new Uint8Array(readFileSync(file));
  await expect(openSealed(sealed, [AUDITOR.identity])).rejects.toThrow("no identity matched");
});

test("a recording of before there was encryption still plays", async () => {
  const directory = temporaryFolder();
  await recordWhole(directory);
  await undoEncryption(path.join(directory, "recordings", "s-1"));
  expect(filesWith(directory, "recipients")).toEqual([]);
  const evidence = await open(directory);
  expect(await textOf(evidence)).toBe(SECRET);
  expect((await evidence.recordings.get("s-1"))?.state).toBe("sealed");
  await evidence.close();
});

/** As version 1 left it: segments of zstd alone, no recipients in the manifest. */
async function undoEncryption(folder: string): Promise<void> {
  const segment = path.join(folder, "segments", "0.seg");
  const plain = await openSealed(new Uint8Array(readFileSync(segment)), TEST_KEYS.identities);
  const sealed = zstdCompressSync(plain);
  writeFileSync(segment, sealed);
  const index = JSON.parse(readFileSync(path.join(folder, "index"), "utf8"));
  const line = { ...index, bytes: sealed.length, sha256: sha256Hex(sealed) };
  writeFileSync(path.join(folder, "index"), `${JSON.stringify(line)}\n`);
  const manifest = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"));
  const { recipients: _, ...rest } = manifest;
  const text = JSON.stringify({ ...rest, sealedAs: "zstd" });
  writeFileSync(path.join(folder, "manifest.json"), text);
}

test("the site's key is made once, for its owner alone", async () => {
  const folder = temporaryFolder();
  const [file, evidenceFolder] = [path.join(folder, "evidence.key"), path.join(folder, "evidence")];
  const first = await openEvidenceKeys({ file, evidenceFolder, auditors: [] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(filesWith(evidenceFolder, "SECRET")).toEqual([]);
  const second = await openEvidenceKeys({ file, evidenceFolder, auditors: [AUDITOR.recipient] });
  expect(second).toEqual({ ...first, auditors: [AUDITOR.recipient] });
});

test("a missing or other key is never replaced while there are recordings of the first", async () => {
  const folder = temporaryFolder();
  const [file, evidenceFolder] = [path.join(folder, "evidence.key"), path.join(folder, "evidence")];
  const place = { file, evidenceFolder, auditors: [] };
  const { identities, site } = await openEvidenceKeys(place);
  const elsewhere = { ...place, file: path.join(folder, "other.key") };
  await expect(openEvidenceKeys(elsewhere)).rejects.toThrow(`sealed to ${site}`);
  expect(existsSync(elsewhere.file)).toBe(false);
  writeFileSync(file, `${AUDITOR.identity}\n`);
  await expect(openEvidenceKeys(place)).rejects.toThrow("put that key back");
  writeFileSync(file, `# new\n${AUDITOR.identity}\n# old\n${identities[0]}\n`);
  const both = await openEvidenceKeys(place);
  expect(both.site).toBe(AUDITOR.recipient);
  expect(both.identities).toEqual([AUDITOR.identity, ...identities]);
});

test("what is no key is refused, and is not repeated in the message", async () => {
  const folder = temporaryFolder();
  const place = { evidenceFolder: path.join(folder, "evidence"), auditors: [] };
  const file = path.join(folder, "evidence.key");
  writeFileSync(file, `${AUDITOR.identity.slice(0, -1)}Q\n`);
  const refused = openEvidenceKeys({ ...place, file });
  await expect(refused).rejects.toThrow("is no AGE-SECRET-KEY-1… identity");
  await expect(refused).rejects.not.toThrow(AUDITOR.identity.slice(20, 40));
  const cut = {
    ...place,
    file: path.join(folder, "k"),
    auditors: [AUDITOR.recipient.slice(0, -1)],
  };
  await expect(openEvidenceKeys(cut)).rejects.toThrow("no age recipient");
});
