/**
 * Whether recordings are those that the site log tells of: whole, unaltered, and in a history
 * that witnesses have seen. Everything that counts comes from the auditor's policy; the bundle is
 * a stranger's word until it fits.
 *
 *     bundle.json                     {"files":{"log/checkpoint":"<sha256>",…},"format":2,"sessions":[…]}
 *     log/checkpoint                  the signed note that all proofs end in
 *     log/earlier                     `old SIZE`, consistency proof, and an earlier signed note
 *     log/<index>.json, .tlog-proof   a leaf as it is in the log, and its proof
 *     log/range                       of a range: the proof that all of its leaves are here …
 *     log/entries/<first>.ndjson      … and the leaves, a line each
 *     recordings/<session>/…          manifest.json, index, close.json, progress, segments/<n>.seg;
 *                                     of one deleted by policy: manifest.json, close.json, tombstone.json
 *     comments/<session>.ndjson       what people said about it: never part of the verdict
 *
 * A range shows that none was removed: every session that its leaves open, and that the scope
 * names, has its recording here, or its tombstone, or had not ended when the log was signed.
 */
import { encodeUtf8 } from "../tape/utf8.ts";
import { type BundleComments, commentsOf } from "./bundle-comments.ts";
import { BundleFiles, type BundlePlace, type BundleScope } from "./bundle-files.ts";
import {
  type ProvedLeaf,
  type ProvedLeaves,
  type ProvedRange,
  provedLeaves,
} from "./bundle-leaves.ts";
import { type ProvedSession, proveSession, type SessionLeaves } from "./bundle-recording.ts";
import { BundleRefused, type JsonObject, objectOf } from "./bundle-refused.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type CheckedNote, type Cosigned, checkNote, type Primitives } from "./checked-note.ts";
import { verifyConsistency } from "./merkle.ts";
import type { LogPolicy } from "./policy.ts";
import { PROGRESS_KIND } from "./progress.ts";
import { parseCheckpointRequest } from "./proof.ts";

export interface ProvedBundle {
  readonly origin: string;
  /** Leaves in the log at the checkpoint. */
  readonly size: number;
  readonly cosigned: readonly Cosigned[];
  readonly quorumNeeded: boolean;
  /** The beginning of the log before the sessions, as witnesses saw it; absent if not enclosed. */
  readonly earlier: { readonly size: number; readonly cosigned: readonly Cosigned[] } | undefined;
  /** Absent in a bundle of one recording. */
  readonly range: (ProvedRange & { readonly scope: BundleScope }) | undefined;
  readonly sessions: readonly ProvedSession[];
  /** Annotations, whatever they say: nothing about them is proved by the verdict. */
  readonly said: BundleComments;
}

export type BundleVerdict =
  | { readonly kind: "proved"; readonly bundle: ProvedBundle }
  /** At least one sentence about what does not fit. */
  | { readonly kind: "refused"; readonly faults: readonly string[] };

/** Rejects only for what `place` throws that is no fault of the bundle. */
export async function checkBundle(
  place: BundlePlace,
  policy: LogPolicy,
  pure: Primitives,
): Promise<BundleVerdict> {
  try {
    const files = await BundleFiles.open(place, pure.sha256);
    return { kind: "proved", bundle: await proveAll(files, policy, pure) };
  } catch (error) {
    if (error instanceof BundleRefused) return { kind: "refused", faults: [error.fault] };
    // JSON that has no canonical form: half a character, a number beyond all numbers.
    if (error instanceof RangeError) return { kind: "refused", faults: [error.message] };
    throw error;
  }
}

async function proveAll(
  files: BundleFiles,
  policy: LogPolicy,
  pure: Primitives,
): Promise<ProvedBundle> {
  const head = await checkpointOf(files, policy, pure);
  const proved = await provedLeaves(files, head, pure.sha256);
  const { range } = proved;
  const told = sessionsOf(proved, files, head.checkpoint.size);
  const progress = new Map(
    proved.leaves.flatMap(({ index, event }) =>
      event.kind === PROGRESS_KIND ? [[index, event] as const] : [],
    ),
  );
  mustBeOnlyTheirs(files);
  const sessions: ProvedSession[] = [];
  for (const [session, leaves] of told) {
    sessions.push(await proveSession(files, session, leaves, progress, pure.sha256));
  }
  const before = Math.min(range?.first ?? Number.MAX_SAFE_INTEGER, ...firstOpens(sessions));
  return {
    ...{ origin: head.checkpoint.origin, size: head.checkpoint.size, cosigned: head.cosigned },
    quorumNeeded: policy.quorum !== "none",
    earlier: await earlierOf(files, policy, head, before, pure),
    range: range && { ...range, scope: files.scope ?? {} },
    sessions,
    said: await commentsOf(files, proved.leaves, pure.sha256),
  };
}

function firstOpens(sessions: readonly ProvedSession[]): readonly number[] {
  const [first] = sessions;
  return first === undefined ? [] : [first.openIndex];
}

async function checkpointOf(
  files: BundleFiles,
  policy: LogPolicy,
  pure: Primitives,
): Promise<CheckedNote> {
  const head = checkNote(await files.read("log/checkpoint"), policy, pure);
  if (typeof head === "string") throw new BundleRefused(`the checkpoint is refused: ${head}`);
  if (head.quorum) return head;
  const seen = head.cosigned.map(({ witness }) => witness).join(", ") || "nobody";
  throw new BundleRefused(`the checkpoint lacks its quorum of witnesses (cosigned by ${seen})`);
}

/** The sessions that must be here, in the order of their beginnings, and that no other is. */
function sessionsOf(
  { leaves, range }: ProvedLeaves,
  files: BundleFiles,
  size: number,
): ReadonlyMap<string, SessionLeaves> {
  const told = new Map<string, SessionLeaves>();
  const bySession = Map.groupBy(leaves, ({ event }) => event.session);
  for (const leaf of leaves) {
    if (leaf.event.kind !== "session.open" || !isIn(leaf.event, files.scope)) continue;
    const { session } = leaf.event;
    if (typeof session !== "string") throw new BundleRefused(`entry ${leaf.index} names nobody`);
    if (told.has(session)) throw new BundleRefused(`session ${session} begins twice in the log`);
    told.set(session, { open: leaf, ...endOf(bySession.get(session) ?? [], session, leaf.index) });
  }
  const named = [...files.sessions].sort().join(" ");
  if (named !== [...told.keys()].sort().join(" ")) {
    throw new BundleRefused("bundle.json does not name the sessions that the log entries open");
  }
  if (!range) mustBeOne(told, leaves);
  const unfinished = [...told].find(([, { close }]) => !close);
  if (unfinished && range?.end !== size) {
    throw new BundleRefused(
      `there is no entry session.close or session.aborted of session ${unfinished[0]}`,
    );
  }
  return told;
}

/** In a bundle of one recording no leaf is about another session. */
function mustBeOne(told: ReadonlyMap<string, SessionLeaves>, leaves: readonly ProvedLeaf[]): void {
  const [session] = told.keys();
  if (session === undefined || told.size > 1) {
    throw new BundleRefused("there is no entry session.open of the session");
  }
  const other = leaves.find(
    ({ event }) => event.kind !== PROGRESS_KIND && event.session !== session,
  );
  if (other) throw new BundleRefused(`log entry ${other.index} is not about this session`);
}

function isIn(open: JsonObject, scope: BundleScope | undefined): boolean {
  const { asset, person } = scope ?? {};
  return (
    (asset === undefined || objectOf(open.asset)?.id === asset) &&
    (person === undefined || objectOf(open.subject)?.id === person)
  );
}

/** After a crash an end may stand there twice: then both say the same. */
function endOf(
  own: readonly ProvedLeaf[],
  session: string,
  opened: number,
): Pick<SessionLeaves, "close" | "deleted"> {
  const [close, ...more] = own.filter(
    ({ event: { kind } }) => kind === "session.close" || kind === "session.aborted",
  );
  const said = (leaf: ProvedLeaf | undefined) => canonicalJson({ ...leaf?.event, atMs: 0 });
  if (more.some((leaf) => said(leaf) !== said(close))) {
    throw new BundleRefused(`session ${session} ends in two ways in the log`);
  }
  if (close && close.index < opened) {
    throw new BundleRefused("the session ends before it begins in the log");
  }
  return { close, deleted: own.filter(({ event: { name } }) => name === "recording:deleted") };
}

/** No file of a recording that no leaf asks for. */
function mustBeOnlyTheirs(files: BundleFiles): void {
  const sessions = new Set(files.sessions);
  const strange = files.recorded.find((session) => !sessions.has(session));
  if (strange !== undefined) {
    throw new BundleRefused(`a recording of ${strange} is here, which is none of these sessions`);
  }
}

async function earlierOf(
  files: BundleFiles,
  policy: LogPolicy,
  head: CheckedNote,
  before: number,
  pure: Primitives,
): Promise<ProvedBundle["earlier"]> {
  if (!files.has("log/earlier")) return undefined;
  const request = parseCheckpointRequest(await files.text("log/earlier"));
  if (!request) throw new BundleRefused("the earlier checkpoint cannot be read");
  const earlier = checkNote(encodeUtf8(request.checkpoint), policy, pure);
  if (typeof earlier === "string") {
    throw new BundleRefused(`the earlier checkpoint is refused: ${earlier}`);
  }
  const { size, root, origin } = earlier.checkpoint;
  const { sha256 } = pure;
  const fits = origin === head.checkpoint.origin && size === request.old && size <= before;
  const { size: later, root: laterRoot } = head.checkpoint;
  if (!fits || !verifyConsistency(size, later, request.hashes, root, laterRoot, sha256)) {
    throw new BundleRefused("the earlier checkpoint is not a beginning of this log");
  }
  return { size, cosigned: earlier.cosigned };
}
