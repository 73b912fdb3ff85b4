/**
 * What this browser proves of the site log, and with which keys. Nothing that the broker says is
 * believed: it only brings the pieces.
 */
import type { LogEntryView, LogHeadView } from "../../../broker/api/shapes/log.ts";
import { fromBase64 } from "../../../protocols/log/base64.ts";
import { parseCanonicalJson } from "../../../protocols/log/canonical-json.ts";
import { type CheckedNote, checkNote } from "../../../protocols/log/checked-note.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "../../../protocols/log/merkle.ts";
import { ED25519, parseKey } from "../../../protocols/log/note.ts";
import { type LogPolicy, parsePolicy } from "../../../protocols/log/policy.ts";
import { sha256 } from "../../../protocols/log/sha256.ts";
import { checkSigned } from "../../components/check-signed.ts";
import { withSignatures } from "../../components/web-signatures.ts";

/** Whose signatures count, and where their keys come from. */
export interface Trust {
  /** `own`: the policy that this person put in. `first`: as this browser saw them first. */
  readonly from: "own" | "first";
  readonly policy: LogPolicy;
}

export type HeadCheck =
  | { readonly kind: "good"; readonly checked: CheckedNote }
  | { readonly kind: "bad"; readonly reason: string };

export type EntryCheck =
  | { readonly kind: "proved"; readonly leaf: Uint8Array }
  | { readonly kind: "bad"; readonly reason: EntryFault; readonly leaf?: Uint8Array };

/** `missing`: not to be read. `head`: its checkpoint is not good. `misfit`: not in the signed tree. */
export type EntryFault = "missing" | "head" | "misfit" | "not-canonical";

/** @param keys of the logs, where this person has no policy; @param witnesses lines of a policy */
export function trustOf(
  own: string | null,
  keys: readonly string[],
  witnesses: string | null,
): Trust | undefined {
  const policy = own === null ? undefined : policyOf(own);
  if (policy) return { from: "own", policy };
  const known = (witnesses === null ? undefined : policyOf(witnesses)) ?? NO_WITNESS;
  const logs = keys.flatMap((key) => parseKey(key, sha256) ?? []);
  const genuine = logs.filter(({ algorithm }) => algorithm === ED25519);
  return genuine.length === 0 ? undefined : { from: "first", policy: { ...known, logs: genuine } };
}

const NO_WITNESS: LogPolicy = { logs: [], witnesses: [], groups: [], quorum: "none" };

function policyOf(text: string): LogPolicy | undefined {
  const parsed = parsePolicy(text, sha256);
  return parsed.kind === "policy" ? parsed.policy : undefined;
}

/** Why a policy cannot be understood; undefined if it can. */
export function policyProblem(text: string): string | undefined {
  const parsed = parsePolicy(text, sha256);
  return parsed.kind === "policy" ? undefined : `${parsed.line}: ${parsed.reason}`;
}

export async function checkHead(note: string, trust: Trust): Promise<HeadCheck> {
  const bytes = new TextEncoder().encode(note);
  const checked = await withSignatures((verify) =>
    checkNote(bytes, trust.policy, { sha256, verify }),
  );
  return typeof checked === "string" ? { kind: "bad", reason: checked } : { kind: "good", checked };
}

export function checkEntry(entry: LogEntryView, head: HeadCheck | undefined): EntryCheck {
  if (entry.entry === null) return { kind: "bad", reason: "missing" };
  const leaf = leafHash(new TextEncoder().encode(entry.entry), sha256);
  if (head?.kind !== "good") return { kind: "bad", reason: "head", leaf };
  const { size, root } = head.checked.checkpoint;
  const proof = entry.proof.map((text) => fromBase64(text) ?? new Uint8Array(0));
  const holds = verifyInclusion(leaf, entry.index, size, proof, root, sha256);
  if (!holds) return { kind: "bad", reason: "misfit", leaf };
  if (parseCanonicalJson(entry.entry) === undefined) {
    return { kind: "bad", reason: "not-canonical", leaf };
  }
  return { kind: "proved", leaf };
}

/** The checkpoint's own words and its log agree with what the head says of itself. */
export function isOwnHead(head: LogHeadView, check: HeadCheck): boolean {
  if (check.kind !== "good") return false;
  const { origin, size } = check.checked.checkpoint;
  return origin === head.origin && size === head.size;
}

export function isContinued(
  before: { readonly size: number; readonly root: Uint8Array },
  now: { readonly size: number; readonly root: Uint8Array },
  hashes: readonly string[],
): boolean {
  const proof = hashes.map((text) => fromBase64(text) ?? new Uint8Array(0));
  return verifyConsistency(before.size, now.size, proof, before.root, now.root, sha256);
}

/** Undefined: it is no signed act. Else whether it holds, or why not. */
export async function checkAct(entry: string): Promise<true | string | undefined> {
  const leaf = parseCanonicalJson(entry);
  const isAct = typeof leaf === "object" && leaf !== null && "kind" in leaf;
  if (!leaf || !isAct || leaf.kind !== "action.signed") return undefined;
  return checkSigned(leaf);
}
