/**
 * Recordings that have ended, read one after the other from their folders with the site's key:
 * beside a running broker or without one. Nothing is written.
 */
import path from "node:path";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Header, TapeRecord } from "../../../protocols/tape/record.ts";
import { diskVolume } from "../disk-volume.ts";
import { RecordingFolder } from "../recording-folder.ts";
import { openSealed, sha256Hex } from "../seal.ts";
import { isSessionId } from "../session-id.ts";
import type { Volume } from "../volume.ts";

export interface PastPlace {
  /** The folder `recordings` of the evidence. */
  readonly recordings: string;
  /** Secret `AGE-SECRET-KEY-1…` lines. */
  readonly identities: readonly string[];
  /** Reads what an object store alone has; the disk alone if absent. */
  readonly volume?: Volume;
}

export interface PastRecording {
  readonly header: Header;
  /** @throws PastUnreadable */
  records(): AsyncGenerator<readonly TapeRecord[]>;
}

/** A part of a recording is gone, changed, or sealed to another key: what was found is not all. */
export class PastUnreadable extends Error {
  override readonly name = "PastUnreadable";
}

/** Oldest first. What is still open, deleted by policy or no recording at all is left out. */
export async function pastRecordings(
  place: PastPlace,
  wanted: (header: Header) => boolean,
): Promise<readonly PastRecording[]> {
  const sessions = (await diskVolume.list(place.recordings)).filter(isSessionId);
  const found: PastRecording[] = [];
  for (const session of sessions) {
    const folder = new RecordingFolder(diskVolume, place.recordings, session);
    const header = (await folder.readManifest())?.header;
    if (header === undefined || !wanted(header)) continue;
    if ((await folder.readClose()) === undefined || !(await folder.hasContent())) continue;
    found.push({ header, records: () => recordsOf(place, session) });
  }
  return found.sort((a, b) => a.header.startedMs - b.header.startedMs);
}

async function* recordsOf(
  { recordings, identities, volume = diskVolume }: PastPlace,
  session: string,
): AsyncGenerator<readonly TapeRecord[]> {
  const folder = new RecordingFolder(volume, recordings, session);
  for (const { number, sha256 } of (await folder.readIndex()).lines) {
    const name = path.join(session, "segments", `${number}.seg`);
    const sealed = await folder.readSegment(number).catch(() => undefined);
    if (!sealed || sha256Hex(sealed) !== sha256) {
      throw new PastUnreadable(`${name} is not as it was sealed; sallyport verify says more`);
    }
    const read = readSegment(await opened(sealed, identities, name));
    if (read.kind === "malformed") throw new PastUnreadable(`${name}: ${read.reason}`);
    yield read.records;
  }
}

async function opened(
  sealed: Uint8Array,
  identities: readonly string[],
  name: string,
): Promise<Uint8Array> {
  try {
    return await openSealed(sealed, identities);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PastUnreadable(`${name} cannot be opened: ${why}`);
  }
}
