/** Closed recordings of a folder, with as many bytes as a test wants, and the places of their copies. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import type { CopyPlaces } from "../../broker/evidence/objects/stored.ts";
import type { TapeWriter } from "../../broker/evidence/recorder.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { testHeader } from "./tape-header.ts";

/** What one read of a socket gives. */
const PIECE_BYTES = 32 * 1024;

export function copyPlaces(directory: string): CopyPlaces {
  const recordings = path.join(directory, "recordings");
  return { volume: diskVolume, recordings, states: path.join(directory, "objects") };
}

/** @param sizes bytes that nobody can compress, by session */
export async function makeRecordings(
  directory: string,
  sizes: Readonly<Record<string, number>>,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const clock = systemClock;
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock });
  for (const [session, bytes] of Object.entries(sizes)) {
    const tape = await evidence.recorder.open(testHeader(session));
    for (let at = 0; at < bytes; at += PIECE_BYTES) {
      const piece = randomBytes(Math.min(PIECE_BYTES, bytes - at));
      tape.append({ kind: "bytes", channel: 0, from: "asset", bytes: piece });
      if (at % (1024 * 1024) === 0) await onDisk(tape);
    }
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
  }
  await evidence.close();
}

function onDisk(tape: TapeWriter): Promise<void> {
  return new Promise((resolve, reject) => {
    tape.whenDurable((error) => (error ? reject(error) : resolve()));
  });
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
