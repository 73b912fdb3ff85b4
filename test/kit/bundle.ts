/** A real recording of a real log with two witnesses, exported: what `sallyport verify` is given. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { LogBook } from "../../broker/evidence/log/log-book.ts";
import { addLeaf } from "../../broker/evidence/log/progress-leaves.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { openFileSigner } from "../../broker/evidence/log/signer.ts";
import type { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { Witness } from "../../broker/evidence/log/witness.ts";
import {
  type BundleSource,
  writeBundle,
  writeRangeBundle,
} from "../../broker/evidence/log/write-bundle.ts";
import { formatKey, formatNote, parseKey, parseNote } from "../../protocols/log/note.ts";
import { formatCheckpointRequest } from "../../protocols/log/proof.ts";
import type { Header, TapeBody } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { testHeader } from "./tape-header.ts";

export interface ExportedSite {
  /** Bundles of the sessions, in order. */
  readonly bundles: readonly string[];
  /** All of them in one, as a folder. */
  readonly range: string;
  readonly source: BundleSource;
  readonly policyFile: string;
}

const SEGMENT_BYTES = 600;

/** What a tape of a session begins with and holds, but for its end. */
export interface TapeOf {
  readonly header: Header;
  readonly bodies: readonly TapeBody[];
}

/** Bytes of a client that mean nothing. */
export function plainTape(session: string): TapeOf {
  const bodies = Array.from({ length: 121 }, (_, number): TapeBody => {
    const bytes = new Uint8Array(24).map((_, at) => (number * 31 + at * 17) & 0xff);
    return { kind: "bytes", channel: 1, from: "client", bytes };
  });
  return { header: testHeader(session), bodies };
}

/** Sessions of which the log tells, and there is no recording. */
export interface Unrecorded {
  /** Ended before anything was recorded. */
  readonly nothing: string;
  /** Still running when the log was signed. */
  readonly running: string;
}

/** @param folder that is there and empty */
export async function exportSite(
  folder: string,
  sessions: readonly string[],
  tapeOf: (session: string) => TapeOf = plainTape,
  unrecorded?: Unrecorded,
): Promise<ExportedSite> {
  const evidenceFolder = path.join(folder, "evidence");
  mkdirSync(evidenceFolder);
  const clock = systemClock;
  const evidence = await openEvidence({
    directory: evidenceFolder,
    ...{ keys: TEST_KEYS, build: "test", clock, limits: { segmentBytes: SEGMENT_BYTES } },
  });
  const recordings = path.join(evidenceFolder, "recordings");
  const siteLog = path.join(folder, "site-log");
  const book = await LogBook.open({
    directory: siteLog,
    recordings,
    name: "t",
    build: "test",
    clock,
  });
  const log = book.siteLog;
  if (!log) throw new Error("no log");
  const witnesses = [await openWitness(folder, "w1", log), await openWitness(folder, "w2", log)];
  await cosign(log, witnesses);
  for (const session of sessions) {
    const { header, bodies } = tapeOf(session);
    const tape = await evidence.recorder.open(header);
    await book.openSession(header);
    for (const body of bodies.slice(0, -1)) tape.append(body);
    await addLeaf({ book, evidence });
    for (const body of bodies.slice(-1)) tape.append(body);
    await new Promise((resolve) => tape.whenDurable(resolve));
    await addLeaf({ book, evidence });
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
    book.closeSession(session);
  }
  // It is found open when the log is opened again.
  if (unrecorded) await book.openSession(testHeader(unrecorded.nothing));
  await book.close();
  const again = await LogBook.open({
    directory: siteLog,
    recordings,
    name: "t",
    build: "test",
    clock,
  });
  if (unrecorded) await again.openSession(testHeader(unrecorded.running));
  if (again.siteLog) await cosign(again.siteLog, witnesses);
  await again.close();
  await evidence.close();
  const bundles: string[] = [];
  for (const session of sessions) {
    const out = path.join(folder, `bundle-${session}`);
    await writeBundle({ recordings, siteLog }, session, out);
    bundles.push(out);
  }
  const range = path.join(folder, "bundle-range");
  await writeRangeBundle({ recordings, siteLog }, { scope: {} }, range);
  const policyFile = path.join(folder, "policy");
  writeFileSync(policyFile, policyText(log, witnesses));
  return { bundles, range, source: { recordings, siteLog }, policyFile };
}

function openWitness(folder: string, name: string, log: SiteLog): Promise<Witness> {
  const directory = path.join(folder, name);
  mkdirSync(directory);
  const signer = openFileSigner(path.join(directory, "key.pem"));
  const key = parseKey(log.key, sha256);
  return Witness.open({ directory, name, signer, clock: systemClock, logs: key ? [key] : [] });
}

/** All of them, for the newest checkpoint. */
export async function cosign(log: SiteLog, witnesses: readonly Witness[]): Promise<void> {
  await log.publish();
  const { checkpoint } = log;
  let { note } = checkpoint;
  for (const witness of witnesses) note += await cosignature(log, witness);
  const parsed = parseNote(Buffer.from(note));
  if (parsed) await log.keepNote({ ...checkpoint, note: formatNote(parsed) });
}

async function cosignature(log: SiteLog, witness: Witness): Promise<string> {
  const { size, note: checkpoint } = log.checkpoint;
  for (let old = 0; ; ) {
    const hashes = await log.consistency(old, size);
    const answer = await witness.addCheckpoint(
      formatCheckpointRequest({ old, hashes, checkpoint }),
    );
    if (answer.kind === "cosigned") return answer.lines;
    if (answer.kind !== "conflict" || answer.size === old) throw new Error(answer.kind);
    old = answer.size;
  }
}

function policyText(log: SiteLog, witnesses: readonly Witness[]): string {
  const lines = witnesses.map(({ key }) => `witness ${key.name} ${formatKey(key)}`);
  return [`log ${log.key}`, ...lines, "group both all w1 w2", "quorum both", ""].join("\n");
}
