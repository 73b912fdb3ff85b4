/** The leaves of a bundle: each with a proof of its own, or side by side as a range. */
import { encodeUtf8 } from "../tape/utf8.ts";
import type { BundleFiles } from "./bundle-files.ts";
import { BundleRefused, type JsonObject, objectOf, textOf } from "./bundle-refused.ts";
import { parseCanonicalJson } from "./canonical-json.ts";
import type { CheckedNote } from "./checked-note.ts";
import { HASH_LENGTH, leafHash, type Sha256, verifyInclusion } from "./merkle.ts";
import { parseProof } from "./proof.ts";
import { parseRange, type RangeProof, verifyRange } from "./range-proof.ts";

export interface ProvedLeaf {
  readonly index: number;
  readonly event: JsonObject;
}

export interface ProvedLeaves {
  /** Those that tell of recordings, in order. */
  readonly leaves: readonly ProvedLeaf[];
  /** Absent in a bundle of one recording. */
  readonly range: ProvedRange | undefined;
}

export interface ProvedRange {
  readonly first: number;
  /** Behind the last leaf. */
  readonly end: number;
  /** When the first and the last leaf were written, by the broker's clock. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** 128 MiB of hashes: a busy site writes as many leaves in years. */
const LEAVES_MAX = 4 * 1024 * 1024;

const KINDS = new Set(["session.open", "session.close", "session.aborted", "recordings.progress"]);
const EVENTS = new Set(["recording:deleted", "recording:commented"]);

export async function provedLeaves(
  files: BundleFiles,
  head: CheckedNote,
  sha256: Sha256,
): Promise<ProvedLeaves> {
  const single = await singleLeaves(files, head, sha256);
  const names = files.named(/^log\/entries\//);
  const isRange = files.scope !== undefined;
  if (isRange !== files.has("log/range") || (!isRange && names.length > 0)) {
    throw new BundleRefused("part of the range of log entries is missing");
  }
  if (!isRange) return { leaves: single, range: undefined };
  const { leaves, range } = await rangeLeaves(files, names, head, sha256);
  const twice = single.find(({ index }) => index >= range.first && index < range.end);
  if (twice) throw new BundleRefused(`log entry ${twice.index} is there twice`);
  return { leaves: [...leaves, ...single].sort((a, b) => a.index - b.index), range };
}

async function singleLeaves(
  files: BundleFiles,
  { checkpoint }: CheckedNote,
  sha256: Sha256,
): Promise<ProvedLeaf[]> {
  const names = files.named(/^log\/\d+\.json$/);
  if (files.named(/\.tlog-proof$/).length !== names.length) {
    throw new BundleRefused("there is a proof of nothing");
  }
  const note = await files.text("log/checkpoint");
  const leaves: ProvedLeaf[] = [];
  for (const name of names) {
    const proof = parseProof(await files.text(name.replace(/json$/, "tlog-proof")));
    if (!proof || `log/${proof.index}.json` !== name) {
      throw new BundleRefused(`${name} has no proof that can be read`);
    }
    if (proof.checkpoint !== note) throw new BundleRefused(`${name} is proved for another log`);
    const entry = await files.read(name);
    const { size, root } = checkpoint;
    if (!verifyInclusion(leafHash(entry, sha256), proof.index, size, proof.hashes, root, sha256)) {
      throw new BundleRefused(`${name} is not in the log`);
    }
    leaves.push({ index: proof.index, event: eventOf(textOf(entry, name), name) });
  }
  return leaves;
}

async function rangeLeaves(
  files: BundleFiles,
  names: readonly string[],
  { checkpoint }: CheckedNote,
  sha256: Sha256,
): Promise<{ readonly leaves: readonly ProvedLeaf[]; readonly range: ProvedRange }> {
  const proof = parseRange(await files.text("log/range"));
  if (!proof || proof.end - proof.first > LEAVES_MAX || proof.end > checkpoint.size) {
    throw new BundleRefused("log/range is not a proof that can be read");
  }
  const reader = new RangeReader(proof, sha256);
  const inOrder = [...names].sort((a, b) => firstOf(a) - firstOf(b));
  for (const name of inOrder) reader.take(name, await files.text(name));
  const { leaves, hashes, fromMs, untilMs } = reader;
  if (!verifyRange(proof, hashes, checkpoint.size, checkpoint.root, sha256)) {
    throw new BundleRefused("the range of log entries is not the one in the log");
  }
  return { leaves, range: { first: proof.first, end: proof.end, fromMs, untilMs } };
}

/** Takes files of entries, a line each, and keeps of them what tells of recordings. */
class RangeReader {
  readonly leaves: ProvedLeaf[] = [];
  readonly hashes: Uint8Array;
  fromMs: number | undefined;
  untilMs: number | undefined;
  private readonly proof: RangeProof;
  private readonly sha256: Sha256;
  private next: number;

  constructor(proof: RangeProof, sha256: Sha256) {
    this.proof = proof;
    this.sha256 = sha256;
    this.next = proof.first;
    this.hashes = new Uint8Array((proof.end - proof.first) * HASH_LENGTH);
  }

  take(name: string, text: string): void {
    if (firstOf(name) !== this.next)
      throw new BundleRefused(`${name} does not follow what is before`);
    if (!text.endsWith("\n")) throw new BundleRefused(`${name} is cut short`);
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf("\n", from);
      this.takeOne(text.slice(from, end), name);
      from = end + 1;
    }
  }

  private takeOne(line: string, name: string): void {
    const index = this.next++;
    if (index >= this.proof.end) throw new BundleRefused(`${name} has more than the range`);
    const at = (index - this.proof.first) * HASH_LENGTH;
    this.hashes.set(leafHash(encodeUtf8(line), this.sha256), at);
    const event = eventOf(line, `entry ${index}`);
    if (typeof event.atMs === "number") {
      this.fromMs ??= event.atMs;
      this.untilMs = event.atMs;
    }
    if (tellsOfRecordings(event)) this.leaves.push({ index, event });
  }
}

function tellsOfRecordings({ kind, name }: JsonObject): boolean {
  return KINDS.has(String(kind)) || (kind === "event" && EVENTS.has(String(name)));
}

function firstOf(name: string): number {
  return Number(/\/(\d+)\.ndjson$/.exec(name)?.[1]);
}

function eventOf(text: string, name: string): JsonObject {
  const event = objectOf(parseCanonicalJson(text));
  if (!event) throw new BundleRefused(`${name} is not an event`);
  return event;
}
