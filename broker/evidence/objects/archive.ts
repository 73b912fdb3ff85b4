/**
 * What of a recording goes into the store: one tar of its folder, so that it is there whole or not
 * at all, and any `tar` gives the folder back that `sallyport verify` and `age` read. Its bytes
 * follow from the files alone (POSIX ustar, no times, no owners), so that each part of it can be
 * made again after a crash and compared with what the store has of it.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { rootOf } from "../closing.ts";
import type { Close, IndexLine } from "../descriptions.ts";
import { DESCRIPTION_BYTES_MAX, SEGMENT_PLAIN_MAX } from "../limits.ts";
import { RecordingFolder } from "../recording-folder.ts";
import { sha256Hex } from "../seal.ts";
import { readWhole, type Volume, withFile } from "../volume.ts";

const whole = z.number().int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** A file of the recording and where its content lies in the archive. */
const memberSchema = z.strictObject({
  /** Below the recording's folder: `segments/0.seg`. */
  name: z
    .string()
    .regex(/^(manifest\.json|index|progress|close\.json|segments\/\d{1,9}\.(seg|frame))$/),
  offset: whole,
  bytes: whole,
  sha256: digest,
});
export type Member = z.infer<typeof memberSchema>;

export const archiveSchema = z.strictObject({
  bytes: whole,
  sha256: digest,
  members: z.array(memberSchema).min(1),
});
export type Archive = z.infer<typeof archiveSchema>;

/** The recording itself is not as it was sealed: no store can help. */
export class RecordingDamaged extends Error {
  override readonly name = "RecordingDamaged";
}

const BLOCK = 512;
/** Two empty blocks end an archive. */
const END_BYTES = 2 * BLOCK;

/**
 * Reads the whole recording. @throws RecordingDamaged where it is not what its close says
 */
export async function planArchive(
  volume: Volume,
  recordings: string,
  session: string,
): Promise<Archive> {
  const folder = new RecordingFolder(volume, recordings, session);
  const close = await folder.readClose();
  if (close === undefined) throw new RecordingDamaged("it has no close that can be read");
  const { lines } = await folder.readIndex();
  checkAgainstClose(lines, close);
  const members: Member[] = [];
  const hash = createHash("sha256");
  let offset = 0;
  const sealed = new Map(lines.map(({ number, sha256 }) => [`segments/${number}.seg`, sha256]));
  for (const name of await namesOf(volume, path.join(recordings, session), sealed.keys())) {
    const content = await readMember(volume, path.join(recordings, session, name), name);
    const member = {
      name,
      offset: offset + BLOCK,
      bytes: content.length,
      sha256: sha256Hex(content),
    };
    if (sealed.has(name) && sealed.get(name) !== member.sha256) {
      throw new RecordingDamaged(`${name} is not as it was sealed: its hash differs`);
    }
    members.push(member);
    for (const piece of [headerOf(session, member), content, padding(content.length)]) {
      hash.update(piece);
      offset += piece.length;
    }
  }
  hash.update(new Uint8Array(END_BYTES));
  return { bytes: offset + END_BYTES, sha256: hash.digest("hex"), members };
}

function checkAgainstClose(lines: readonly IndexLine[], close: Close): void {
  const root = rootOf(lines.map(({ sha256 }) => sha256));
  if (lines.length === close.segments && root === close.root) return;
  throw new RecordingDamaged("its index is not what its close says");
}

/** What describes it first: a broken copy still says what it was. Frames are taken if there. */
async function namesOf(
  volume: Volume,
  folder: string,
  segments: Iterable<string>,
): Promise<readonly string[]> {
  const described = ["manifest.json", "index", "close.json"];
  if (await volume.exists(path.join(folder, "progress"))) described.push("progress");
  const there = new Set(await volume.list(path.join(folder, "segments")));
  const names = [...segments].flatMap((name) => {
    const frame = name.replace(/seg$/, "frame");
    return there.has(path.basename(frame)) ? [name, frame] : [name];
  });
  return [...described, ...names];
}

async function readMember(volume: Volume, file: string, name: string): Promise<Uint8Array> {
  if (!(await volume.exists(file))) throw new RecordingDamaged(`${name} is missing`);
  const isPart = name.startsWith("segments/");
  return readWhole(volume, file, isPart ? SEGMENT_PLAIN_MAX : DESCRIPTION_BYTES_MAX);
}

/** Bytes of the archive from `from` to `until`, made anew from the files. */
export async function archivePart(
  volume: Volume,
  recordings: string,
  session: string,
  { members, bytes }: Archive,
  [from, until]: readonly [number, number],
): Promise<Uint8Array> {
  const part = new Uint8Array(Math.min(until, bytes) - from);
  const put = (piece: Uint8Array, at: number): void => {
    const start = Math.max(at, from);
    const end = Math.min(at + piece.length, from + part.length);
    if (start < end) part.set(piece.subarray(start - at, end - at), start - from);
  };
  for (const member of members) {
    const { name, offset } = member;
    if (offset + member.bytes <= from || offset - BLOCK >= from + part.length) continue;
    put(headerOf(session, member), offset - BLOCK);
    const skip = Math.max(0, from - offset);
    const content = new Uint8Array(Math.min(member.bytes, until - offset) - skip);
    const file = path.join(recordings, session, name);
    const read = await withFile(volume, file, "read", (opened) => opened.read(content, skip));
    if (read !== content.length) throw new RecordingDamaged(`${name} is shorter than it was`);
    put(content, offset + skip);
  }
  return part;
}

/** POSIX.1-1988 ustar, a regular file; see pax(1), "ustar Interchange Format". */
function headerOf(session: string, { name, bytes }: Pick<Member, "name" | "bytes">): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  header.write(`${session}/${name}`, 0, 100, "latin1");
  header.write("0000600\0", 100, "latin1");
  header.write("0000000\0", 108, "latin1");
  header.write("0000000\0", 116, "latin1");
  header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write(`${"0".padStart(11, "0")}\0`, 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK);
}
