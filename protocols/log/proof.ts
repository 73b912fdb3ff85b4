/**
 * C2SP tlog-proof: everything that shows offline that an entry is in a log.
 *
 *     c2sp.org/tlog-proof@v1
 *     index 73894
 *     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
 *
 *     site.example/log
 *     109482
 *     …
 */
import { fromBase64, toBase64 } from "./base64.ts";
import { HASH_LENGTH } from "./merkle.ts";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** One hash a level of the tree; sizes stay below 2^53. */
export const PROOF_HASHES_MAX = 63;
const WHOLE = /^(?:0|[1-9]\d{0,15})$/;

export interface LogProof {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note, as its bytes say in UTF-8. */
  readonly checkpoint: string;
}

export function formatProof({ index, hashes, checkpoint }: LogProof): string {
  return `${FIRST_LINE}\nindex ${index}\n${hashLines(hashes)}\n${checkpoint}`;
}

/** Undefined for anything that is not exactly a proof. Extra data means nothing here and is refused. */
export function parseProof(text: string): LogProof | undefined {
  const end = text.indexOf("\n\n");
  if (end < 0) return undefined;
  const [first, second, ...lines] = text.slice(0, end).split("\n");
  const index = wholeAfter("index ", second);
  const hashes = parseHashes(lines);
  if (first !== FIRST_LINE || index === undefined || hashes === undefined) return undefined;
  return { index, hashes, checkpoint: text.slice(end + 2) };
}

/** What a log sends to a witness (C2SP tlog-witness, add-checkpoint). */
export interface CheckpointRequest {
  /** Size of the tree that the witness knows. */
  readonly old: number;
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: string;
}

export function formatCheckpointRequest({ old, hashes, checkpoint }: CheckpointRequest): string {
  return `old ${old}\n${hashLines(hashes)}\n${checkpoint}`;
}

export function parseCheckpointRequest(text: string): CheckpointRequest | undefined {
  const end = text.indexOf("\n\n");
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split("\n");
  const old = wholeAfter("old ", first);
  const hashes = parseHashes(lines);
  if (old === undefined || hashes === undefined) return undefined;
  return { old, hashes, checkpoint: text.slice(end + 2) };
}

function hashLines(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${toBase64(hash)}\n`).join("");
}

function parseHashes(lines: readonly string[]): Uint8Array[] | undefined {
  if (lines.length > PROOF_HASHES_MAX) return undefined;
  const hashes = lines.flatMap((line) => {
    const hash = fromBase64(line);
    return hash?.length === HASH_LENGTH ? [hash] : [];
  });
  return hashes.length === lines.length ? hashes : undefined;
}

function wholeAfter(prefix: string, line: string | undefined): number | undefined {
  if (!line?.startsWith(prefix) || !WHOLE.test(line.slice(prefix.length))) return undefined;
  const value = Number(line.slice(prefix.length));
  return Number.isSafeInteger(value) ? value : undefined;
}
