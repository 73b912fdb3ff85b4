/**
 * What people said about moments of the recordings of a bundle: annotations beside the evidence,
 * never part of a verdict. Each names the recording it was made on by the SHA-256 of its
 * `close.json`; the site log has the SHA-256 of each, over the canonical JSON of `comment`.
 *
 *     comments/<session>.ndjson   {"author":"Ada","comment":{…},"of":"<sha256>"} a line
 */
import { encodeUtf8 } from "../tape/utf8.ts";
import type { BundleFiles } from "./bundle-files.ts";
import type { ProvedLeaf } from "./bundle-leaves.ts";
import { type JsonObject, objectOf } from "./bundle-refused.ts";
import { canonicalJson, parseCanonicalJson } from "./canonical-json.ts";
import { hexOf } from "./hex.ts";
import type { Sha256 } from "./merkle.ts";

export interface BundleComment {
  readonly session: string;
  /** Name of who said it, as the broker had it. */
  readonly author: string;
  readonly atMs: number;
  /** The record of the tape that it is about, and its time. */
  readonly sequence: number;
  readonly wallMs: number;
  /** Empty where it was withdrawn. */
  readonly text: string;
  readonly withdrawn: boolean;
  /** Made on the recording that is here. */
  readonly isOfThis: boolean;
  /** An entry of the log that is here has its SHA-256. */
  readonly inLog: boolean;
}

export interface BundleComments {
  readonly comments: readonly BundleComment[];
  /** Sessions of whose comments a line cannot be read. */
  readonly unreadable: readonly string[];
}

export const COMMENTED = "recording:commented";
const NAME = /^comments\/(.+)\.ndjson$/;
/** The broker takes a thousand on a recording, of two thousand signs each, from people with names. */
const LINES_MAX = 2_000;
const TEXT_MAX = 2_000;
const AUTHOR_MAX = 500;
/** In all of a bundle: what is more is as good as unreadable. */
const COMMENTS_MAX = 20_000;

/** @throws BundleRefused where a file is not as the inventory says */
export async function commentsOf(
  files: BundleFiles,
  leaves: readonly ProvedLeaf[],
  sha256: Sha256,
): Promise<BundleComments> {
  const inLog = digestsIn(leaves);
  const comments: BundleComment[] = [];
  const unreadable: string[] = [];
  for (const name of files.named(NAME)) {
    const session = NAME.exec(name)?.[1] ?? "";
    const lines = (await files.text(name)).split("\n", LINES_MAX + 1);
    const close = files.said(`recordings/${session}/close.json`);
    const read = lines.slice(0, -1).map((line) => commentOf(line, session, close, inLog, sha256));
    const whole = read.filter((comment) => comment !== undefined);
    const taken = whole.slice(0, COMMENTS_MAX - comments.length);
    comments.push(...taken);
    const isCut = lines.at(-1) !== "" || taken.length < read.length;
    if (isCut) unreadable.push(session);
  }
  return { comments, unreadable };
}

function digestsIn(leaves: readonly ProvedLeaf[]): ReadonlySet<string> {
  const digests = new Set<string>();
  for (const { event } of leaves) {
    if (event.name !== COMMENTED || typeof event.text !== "string") continue;
    const digest = /SHA-256 ([0-9a-f]{64})/.exec(event.text)?.[1];
    if (digest !== undefined) digests.add(`${String(event.session)} ${digest}`);
  }
  return digests;
}

function commentOf(
  line: string,
  session: string,
  close: string | undefined,
  inLog: ReadonlySet<string>,
  sha256: Sha256,
): BundleComment | undefined {
  const value = objectIn(line);
  const comment = objectOf(value?.comment);
  if (!value || !comment || comment.recording !== session) return undefined;
  const { author, of } = value;
  const { sequence, wallMs, text = "", atMs, withdrawnMs } = comment;
  if (typeof author !== "string" || author.length > AUTHOR_MAX) return undefined;
  if (typeof text !== "string" || text.length > TEXT_MAX) return undefined;
  const saidMs = atMs ?? withdrawnMs;
  if (typeof sequence !== "number" || typeof wallMs !== "number") return undefined;
  if (typeof saidMs !== "number") return undefined;
  const digest = hexOf(sha256(encodeUtf8(canonicalJson(comment))));
  return {
    ...{ session, author, atMs: saidMs, sequence, wallMs, text },
    withdrawn: withdrawnMs !== undefined,
    isOfThis: close !== undefined && of === close,
    inLog: inLog.has(`${session} ${digest}`),
  };
}

function objectIn(line: string): JsonObject | undefined {
  try {
    return objectOf(parseCanonicalJson(line));
  } catch {
    return undefined;
  }
}
