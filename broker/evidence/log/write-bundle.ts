/** Copies a recording and the log's word on it into a folder that proves itself offline. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { BUNDLE_FORMAT } from "../../../protocols/log/bundle.ts";
import { canonicalJson, type JsonValue } from "../../../protocols/log/canonical-json.ts";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { consistencyProof, inclusionProof } from "../../../protocols/log/merkle.ts";
import { parseNote } from "../../../protocols/log/note.ts";
import { formatCheckpointRequest, formatProof } from "../../../protocols/log/proof.ts";
import { TILE_WIDTH } from "../../../protocols/log/tile.ts";
import { diskVolume } from "../disk-volume.ts";
import { isSessionId } from "../session-id.ts";
import { generationsIn } from "./generations.ts";
import { earlierCheckpoints, type PublishedNote } from "./history.ts";
import { DESCRIPTIONS } from "./recording-leaf.ts";
import { sha256, sha256Hex } from "./sha256.ts";
import { TileFiles } from "./tile-files.ts";

/** There is nothing to export, or not yet; the message is for a person. */
export class BundleRefused extends Error {
  override readonly name = "BundleRefused";
}

export interface BundleSource {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Directory of the site log. */
  readonly siteLog: string;
}

interface Leaf {
  readonly index: number;
  readonly kind: string;
  readonly bytes: Uint8Array;
}

interface Found {
  readonly folder: string;
  readonly tiles: TileFiles;
  readonly leaves: readonly Leaf[];
  readonly openIndex: number;
  readonly closeIndex: number;
}

/** Writes the bundle of a session to a folder that must not be there yet. @throws BundleRefused */
export async function writeBundle(
  source: BundleSource,
  session: string,
  out: string,
): Promise<void> {
  const recording = path.join(source.recordings, session);
  if (!isSessionId(session) || !existsSync(recording)) {
    throw new BundleRefused(`there is no recording of session ${JSON.stringify(session)}`);
  }
  if (existsSync(out)) throw new BundleRefused(`${out} is there already: name a new folder`);
  const found = await findLeaves(source.siteLog, session);
  const files = new Map<string, string>();
  mkdirSync(path.join(out, "log"), { recursive: true, mode: 0o700 });
  copyRecording(recording, out, files);
  await writeProofs(found, (name, bytes) => {
    writeFileSync(path.join(out, name), bytes);
    files.set(name, sha256Hex(bytes));
  });
  const inventory = { files: Object.fromEntries(files), format: BUNDLE_FORMAT, session };
  writeFileSync(path.join(out, "bundle.json"), canonicalJson(inventory as JsonValue));
}

function copyRecording(recording: string, out: string, files: Map<string, string>): void {
  mkdirSync(path.join(out, "recording/segments"), { recursive: true, mode: 0o700 });
  const segments = path.join(recording, "segments");
  const names = [
    ...DESCRIPTIONS.filter((name) => existsSync(path.join(recording, name))),
    ...(existsSync(segments) ? readdirSync(segments) : [])
      .filter((name) => /^\d+\.seg$/.test(name))
      .map((name) => `segments/${name}`),
  ];
  for (const name of names) {
    const copy = path.join(out, "recording", name);
    copyFileSync(path.join(recording, name), copy);
    files.set(`recording/${name}`, sha256Hex(readFileSync(copy)));
  }
}

async function writeProofs(
  { folder, tiles, leaves, openIndex, closeIndex }: Found,
  write: (name: string, bytes: Uint8Array) => void,
): Promise<void> {
  const head = bestOf(await notesOf(folder), (size) => size > closeIndex);
  if (!head)
    throw new BundleRefused("its end is not under a checkpoint yet: try again in a minute");
  write("log/checkpoint", Buffer.from(head.note));
  for (const { index, bytes } of leaves) {
    if (index >= head.size) continue;
    const hashes = await tiles.withNodes(head.size, (node) =>
      inclusionProof(index, head.size, node, sha256),
    );
    write(`log/${index}.json`, bytes);
    const proof = formatProof({ index, hashes, checkpoint: head.note });
    write(`log/${index}.tlog-proof`, Buffer.from(proof));
  }
  const earlier = bestOf(
    await earlierCheckpoints(diskVolume, folder, openIndex),
    (size) => size > 0,
  );
  if (!earlier) return;
  const hashes = await tiles.withNodes(head.size, (node) =>
    consistencyProof(earlier.size, head.size, node, sha256),
  );
  const { size: old, note: checkpoint } = earlier;
  write("log/earlier", Buffer.from(formatCheckpointRequest({ old, hashes, checkpoint })));
}

/** The newest ones first. */
async function notesOf(folder: string): Promise<readonly PublishedNote[]> {
  const note = readFileSync(path.join(folder, "checkpoint"), "utf8");
  const parsed = parseNote(Buffer.from(note));
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!checkpoint) throw new BundleRefused("the site log's checkpoint cannot be read");
  const { size } = checkpoint;
  return [{ size, note }, ...(await earlierCheckpoints(diskVolume, folder, size))];
}

/** Among the newest that fit, the one that most have signed. */
function bestOf(
  notes: readonly PublishedNote[],
  fits: (size: number) => boolean,
): PublishedNote | undefined {
  const signatures = ({ note }: PublishedNote) =>
    parseNote(Buffer.from(note))?.signatures.length ?? 0;
  return notes
    .filter(({ size }) => fits(size))
    .slice(0, LOOKED_AT)
    .reduce<PublishedNote | undefined>(
      (best, note) => (best && signatures(best) >= signatures(note) ? best : note),
      undefined,
    );
}

/** Witnesses that lag by more than so many checkpoints are missed. */
const LOOKED_AT = 120;

/** What the log says of a session, newest log first. */
async function findLeaves(siteLog: string, session: string): Promise<Found> {
  const numbers = await generationsIn(diskVolume, siteLog);
  for (const number of numbers.toReversed()) {
    const folder = path.join(siteLog, String(number));
    const tiles = new TileFiles(diskVolume, folder);
    const size = (await notesOf(folder))[0]?.size ?? 0;
    const leaves = await leavesOf(tiles, size, session);
    const open = leaves.find(({ kind }) => kind === "session.open");
    const close = leaves.find(({ kind }) => kind === "session.close" || kind === "session.aborted");
    if (open && close) {
      // Said again after a crash: one of them is enough.
      const once = leaves.filter((leaf) => leaf.kind !== close.kind || leaf === close);
      return { folder, tiles, leaves: once, openIndex: open.index, closeIndex: close.index };
    }
    if (open) throw new BundleRefused("its end is not in the site log yet: end it, or try again");
  }
  throw new BundleRefused("the site log does not tell of this session");
}

async function leavesOf(tiles: TileFiles, size: number, session: string): Promise<Leaf[]> {
  const found: Leaf[] = [];
  const word = Buffer.from(`"session":${JSON.stringify(session)}`);
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    for (const [at, entry] of (await tiles.readEntries({ index, width })).entries()) {
      if (Buffer.from(entry.buffer, entry.byteOffset, entry.length).indexOf(word) < 0) continue;
      const event = JSON.parse(new TextDecoder().decode(entry)) as Record<string, unknown>;
      if (event.session !== session) continue;
      found.push({ index: index * TILE_WIDTH + at, kind: String(event.kind), bytes: entry });
    }
  }
  return found;
}
