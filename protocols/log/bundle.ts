/**
 * Whether a recording is the one that the site log tells of: whole, unaltered, and in a history
 * that witnesses have seen. Everything that counts comes from the auditor's policy; the bundle is
 * a stranger's word until it fits.
 *
 *     bundle.json                     {"files":{"log/checkpoint":"<sha256>",…},"format":1,"session":"…"}
 *     log/checkpoint                  the signed note that all proofs end in
 *     log/earlier                     `old SIZE`, consistency proof, and an earlier signed note
 *     log/<index>.json, .tlog-proof   a leaf as it is in the log, and its proof
 *     recording/…                     manifest.json, index, close.json, segments/<n>.seg
 */

import { treeRoot } from "../tape/tree.ts";
import { encodeUtf8, readUtf8 } from "../tape/utf8.ts";
import { canonicalJson, type JsonValue, parseCanonicalJson } from "./canonical-json.ts";
import { type CheckedNote, type Cosigned, checkNote, type Primitives } from "./checked-note.ts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
import type { LogPolicy } from "./policy.ts";
import { parseCheckpointRequest, parseProof } from "./proof.ts";

export const BUNDLE_FORMAT = 1;
const DESCRIPTIONS = ["manifest.json", "index", "close.json"] as const;

export interface Bundle {
  /** Text of `bundle.json`. */
  readonly inventory: string;
  /** SHA-256 (hex) of every other file by its path. */
  readonly digests: ReadonlyMap<string, string>;
  /** Contents of the files that are read: all but the segments. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** What the log says of the session, once it is proved. */
export interface ProvedSession {
  readonly session: string;
  readonly origin: string;
  /** Leaves in the log at the checkpoint. */
  readonly size: number;
  readonly openIndex: number;
  readonly closeIndex: number;
  readonly open: JsonObject;
  readonly close: JsonObject;
  readonly segments: number;
  readonly cosigned: readonly Cosigned[];
  readonly quorumNeeded: boolean;
  /** The beginning of the log before the session, as witnesses saw it; absent if not enclosed. */
  readonly earlier: { readonly size: number; readonly cosigned: readonly Cosigned[] } | undefined;
}

export type JsonObject = { readonly [name: string]: JsonValue | undefined };

export type BundleVerdict =
  | { readonly kind: "proved"; readonly session: ProvedSession }
  /** At least one sentence about what does not fit. */
  | { readonly kind: "refused"; readonly faults: readonly string[] };

/** A fault found; ends the check, since what follows would rest on it. */
class Refused {
  readonly fault: string;
  constructor(fault: string) {
    this.fault = fault;
  }
}

export function checkBundle(bundle: Bundle, policy: LogPolicy, pure: Primitives): BundleVerdict {
  try {
    return { kind: "proved", session: proveAll(bundle, policy, pure) };
  } catch (error) {
    if (error instanceof Refused) return { kind: "refused", faults: [error.fault] };
    // JSON that has no canonical form: half a character, a number beyond all numbers.
    if (error instanceof RangeError) return { kind: "refused", faults: [error.message] };
    throw error;
  }
}

function proveAll(bundle: Bundle, policy: LogPolicy, pure: Primitives): ProvedSession {
  const session = checkInventory(bundle);
  const head = checkpointOf(bundle, policy, pure);
  const leaves = provedLeaves(bundle, head, pure);
  const open = only(leaves, ["session.open"], session);
  const close = only(leaves, ["session.close", "session.aborted"], session);
  const other = leaves.find(({ event }) => event.session !== session);
  if (other) throw new Refused(`log entry ${other.index} is not about this session`);
  if (open.index > close.index) throw new Refused("the session ends before it begins in the log");
  const segments = checkRecording(bundle, open.event, close.event, pure);
  return {
    session,
    origin: head.checkpoint.origin,
    size: head.checkpoint.size,
    openIndex: open.index,
    closeIndex: close.index,
    open: open.event,
    close: close.event,
    segments,
    cosigned: head.cosigned,
    quorumNeeded: policy.quorum !== "none",
    earlier: earlierOf(bundle, policy, head, open.index, pure),
  };
}

/** Exactly the files of the inventory, each as it says. Answers the session. */
function checkInventory({ inventory, digests }: Bundle): string {
  const value = objectOf(parseCanonicalJson(inventory));
  const files = objectOf(value?.files);
  if (!value || !files || value.format !== BUNDLE_FORMAT || typeof value.session !== "string") {
    throw new Refused("bundle.json is not the inventory of a bundle that can be read here");
  }
  for (const [name, digest] of digests) {
    if (files[name] === undefined) throw new Refused(`${name} is not in the inventory`);
    if (files[name] !== digest) throw new Refused(`${name} is not as the inventory says`);
  }
  const missing = Object.keys(files).find((name) => !digests.has(name));
  if (missing !== undefined) throw new Refused(`${missing} is missing`);
  if (inventory !== canonicalJson({ files, format: BUNDLE_FORMAT, session: value.session })) {
    throw new Refused("bundle.json says more than an inventory does");
  }
  return value.session;
}

function checkpointOf(bundle: Bundle, policy: LogPolicy, pure: Primitives): CheckedNote {
  const head = checkNote(contentOf(bundle, "log/checkpoint"), policy, pure);
  if (typeof head === "string") throw new Refused(`the checkpoint is refused: ${head}`);
  if (head.quorum) return head;
  const seen = head.cosigned.map(({ witness }) => witness).join(", ") || "nobody";
  throw new Refused(`the checkpoint lacks its quorum of witnesses (cosigned by ${seen})`);
}

interface ProvedLeaf {
  readonly index: number;
  readonly event: JsonObject;
}

function provedLeaves(bundle: Bundle, head: CheckedNote, pure: Primitives): ProvedLeaf[] {
  const checkpoint = textOf(bundle, "log/checkpoint");
  const all = [...bundle.contents.keys()];
  const names = all.filter((name) => /^log\/\d+\.json$/.test(name));
  const proofs = all.filter((name) => name.endsWith(".tlog-proof"));
  if (proofs.length !== names.length) throw new Refused("there is a proof of nothing");
  return names.map((name) => {
    const proof = parseProof(textOf(bundle, name.replace(/json$/, "tlog-proof")));
    if (!proof || `log/${proof.index}.json` !== name) {
      throw new Refused(`${name} has no proof that can be read`);
    }
    if (proof.checkpoint !== checkpoint) throw new Refused(`${name} is proved for another log`);
    const leaf = leafHash(contentOf(bundle, name), pure.sha256);
    const { size, root } = head.checkpoint;
    if (!verifyInclusion(leaf, proof.index, size, proof.hashes, root, pure.sha256)) {
      throw new Refused(`${name} is not in the log`);
    }
    const event = objectOf(parseCanonicalJson(textOf(bundle, name)));
    if (!event) throw new Refused(`${name} is not an event`);
    return { index: proof.index, event };
  });
}

function only(
  leaves: readonly ProvedLeaf[],
  kinds: readonly string[],
  session: string,
): ProvedLeaf {
  const found = leaves.filter(
    ({ event }) => kinds.some((kind) => event.kind === kind) && event.session === session,
  );
  const [leaf, ...more] = found;
  if (leaf && more.length === 0) return leaf;
  const count = leaf ? "more than one" : "no";
  throw new Refused(`there is ${count} entry ${kinds.join(" or ")} of session ${session}`);
}

/** Every byte of the recording against what the log says of it. Answers how many segments. */
function checkRecording(
  bundle: Bundle,
  open: JsonObject,
  close: JsonObject,
  pure: Primitives,
): number {
  const files = objectOf(close.files) ?? {};
  for (const name of DESCRIPTIONS) {
    if (bundle.digests.get(`recording/${name}`) === files[name]) continue;
    throw new Refused(`recording/${name} is not the one that was closed`);
  }
  checkHeader(bundle, open, pure);
  const segments = segmentsOf(bundle);
  const hashes = segments.map(({ sha256 }) => bytesOfHex(sha256));
  if (segments.length !== close.segments || hexOf(treeRoot(hashes, pure.sha256)) !== close.root) {
    throw new Refused("the segments are not those that were closed");
  }
  return segments.length;
}

function checkHeader(bundle: Bundle, open: JsonObject, { sha256 }: Primitives): void {
  // A recording of which nothing was written has no manifest, and its close says so.
  if (!bundle.contents.has("recording/manifest.json")) return;
  const header = objectOf(jsonOf(textOf(bundle, "recording/manifest.json")))?.header;
  const digest = header === undefined ? "" : hexOf(sha256(encodeUtf8(canonicalJson(header))));
  if (digest !== open.header) throw new Refused("the manifest is of another session");
}

/** The segments of the index, each with its file and nothing besides, in order. */
function segmentsOf(bundle: Bundle): { readonly number: number; readonly sha256: string }[] {
  const index = bundle.contents.has("recording/index") ? textOf(bundle, "recording/index") : "";
  const lines = index.split("\n").filter((line) => line !== "");
  const segments = lines.map((line) => {
    const value = objectOf(jsonOf(line));
    if (typeof value?.number !== "number" || typeof value.sha256 !== "string") {
      throw new Refused("the index of the recording cannot be read");
    }
    return { number: value.number, sha256: value.sha256 };
  });
  for (const { number, sha256 } of segments) {
    if (bundle.digests.get(`recording/segments/${number}.seg`) === sha256) continue;
    throw new Refused(`segment ${number} is missing or is not as it was sealed`);
  }
  const files = [...bundle.digests.keys()].filter((name) => name.startsWith("recording/segments/"));
  if (files.length === segments.length) return segments;
  throw new Refused("there are segments that the recording does not have");
}

function earlierOf(
  bundle: Bundle,
  policy: LogPolicy,
  head: CheckedNote,
  openIndex: number,
  pure: Primitives,
): ProvedSession["earlier"] {
  if (!bundle.contents.has("log/earlier")) return undefined;
  const request = parseCheckpointRequest(textOf(bundle, "log/earlier"));
  if (!request) throw new Refused("the earlier checkpoint cannot be read");
  const earlier = checkNote(encodeUtf8(request.checkpoint), policy, pure);
  if (typeof earlier === "string")
    throw new Refused(`the earlier checkpoint is refused: ${earlier}`);
  const { size, root, origin } = earlier.checkpoint;
  const { sha256 } = pure;
  const fits = origin === head.checkpoint.origin && size === request.old && size <= openIndex;
  const { size: later, root: laterRoot } = head.checkpoint;
  if (!fits || !verifyConsistency(size, later, request.hashes, root, laterRoot, sha256)) {
    throw new Refused("the earlier checkpoint is not a beginning of this log");
  }
  return { size, cosigned: earlier.cosigned };
}

function contentOf({ contents }: Bundle, name: string): Uint8Array {
  const bytes = contents.get(name);
  if (!bytes) throw new Refused(`${name} is missing`);
  return bytes;
}

function textOf(bundle: Bundle, name: string): string {
  const bytes = contentOf(bundle, name);
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) throw new Refused(`${name} is not text`);
  return text;
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
