/**
 * What the log keeps of recordings that are not closed. Every ten seconds one leaf holds the root
 * over a member for each open session whose recording grew; the member says how far it had come:
 * the root over the segments in place, as they are encrypted, and the SHA-256 of the plain bytes
 * of the segment behind them. So nothing that was once under a leaf is rewritten later: not the
 * segments, which anybody can check, nor the beginning of the last one, with the key.
 *
 *     leaf     {"atMs":…,"kind":"recordings.progress","root":"<hex>","sessions":3}
 *     member   {"bytes":4711,"root":"<hex>","segments":12,"session":"…","tail":"<hex>"}
 *
 * The recording's file `progress` has a line for each such leaf, with the way from the member to
 * the root; the leaf that closes the recording holds the digest of that file.
 */
import { encodeUtf8 } from "../tape/utf8.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { canonicalJson, type JsonValue } from "./canonical-json.ts";
import { bytesOfHex, hexOf } from "./hex.ts";
import {
  inclusionProof,
  leafHash,
  type NodeHash,
  nodeHash,
  rootOf,
  type Sha256,
  verifyInclusion,
} from "./merkle.ts";

export const PROGRESS_KIND = "recordings.progress";

export interface ProgressMember {
  readonly session: string;
  /** Segments in place. */
  readonly segments: number;
  /** Root (hex) over the SHA-256 of those segments as on disk. */
  readonly root: string;
  /** Plain bytes of the segment behind them. */
  readonly bytes: number;
  /** Their SHA-256 (hex). */
  readonly tail: string;
}

export interface ProgressLine {
  readonly member: ProgressMember;
  /** Place of the member among those of the leaf, and how many there are. */
  readonly at: number;
  readonly of: number;
  readonly hashes: readonly Uint8Array[];
  /** Index of the leaf in the log. */
  readonly index: number;
}

export interface ProgressTree {
  /** Hex. */
  readonly root: string;
  /** In the order of the members. */
  readonly lines: readonly Omit<ProgressLine, "index">[];
}

/** @param members at least one */
export function progressTree(members: readonly ProgressMember[], sha256: Sha256): ProgressTree {
  const node = nodesOf(
    members.map((member) => memberHash(member, sha256)),
    sha256,
  );
  const of = members.length;
  return {
    root: hexOf(rootOf(of, node, sha256)),
    lines: members.map((member, at) => {
      return { member, at, of, hashes: inclusionProof(at, of, node, sha256) };
    }),
  };
}

/** Whether the line leads to the root that a leaf has. */
export function leadsTo({ member, at, of, hashes }: ProgressLine, root: string, sha256: Sha256) {
  return verifyInclusion(memberHash(member, sha256), at, of, hashes, bytesOfHex(root), sha256);
}

export function formatProgress({ member, at, of, hashes, index }: ProgressLine): string {
  const value = { at, hashes: hashes.map(toBase64), index, member: { ...member }, of };
  return `${canonicalJson(value as JsonValue)}\n`;
}

/** Undefined unless the text is exactly a line, without its line feed. */
export function parseProgress(text: string): ProgressLine | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
    const { at, of, index, member, hashes } = value as unknown as ProgressLine;
    const path = (hashes as unknown as readonly string[]).map((hash) => fromBase64(hash));
    const known = path.filter((hash) => hash !== undefined);
    const line = { member, at, of, hashes: known, index };
    return formatProgress(line) === `${text}\n` && isMember(member) ? line : undefined;
  } catch {
    return undefined;
  }
}

function isMember({ session, segments, root, bytes, tail }: ProgressMember): boolean {
  const texts = [session, root, tail].every((text) => typeof text === "string");
  return texts && [segments, bytes].every((count) => Number.isSafeInteger(count) && count >= 0);
}

function memberHash(member: ProgressMember, sha256: Sha256): Uint8Array {
  const { session, segments, root, bytes, tail } = member;
  return leafHash(encodeUtf8(canonicalJson({ session, segments, root, bytes, tail })), sha256);
}

function nodesOf(leaves: readonly Uint8Array[], sha256: Sha256): NodeHash {
  const levels = [leaves];
  for (let below = leaves; below.length > 1; ) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < below.length; at += 2) {
      const [left, right] = [below[at], below[at + 1]];
      if (left && right) above.push(nodeHash(left, right, sha256));
    }
    levels.push(above);
    below = above;
  }
  return (level, index) => {
    const hash = levels[level]?.[index];
    if (!hash) throw new RangeError("no such node");
    return hash;
  };
}
