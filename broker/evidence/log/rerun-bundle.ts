/**
 * With the key at hand: opens the recordings of a bundle that is proved, runs their guards again,
 * and compares what the log saw of a segment while it was still growing.
 */
import { createHash } from "node:crypto";
import type { Guard } from "../../../protocols/guard.ts";
import type { ProvedSession } from "../../../protocols/log/bundle-recording.ts";
import { type ProgressMember, parseProgress } from "../../../protocols/log/progress.ts";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { type Rerun, TapeRerun } from "../../../protocols/tape/rerun.ts";
import { parseIndex } from "../descriptions.ts";
import { openSealed, sha256Hex } from "../seal.ts";
import type { OpenBundle } from "./bundle-names.ts";

export type SessionRerun = { readonly session: string; readonly build: string } & (
  | { readonly kind: "run"; readonly rerun: Rerun }
  /** The key does not open it, or it cannot be read. */
  | { readonly kind: "not-run"; readonly reason: string }
  /** What is in it is not what the log saw while it was recorded. */
  | { readonly kind: "refused"; readonly fault: string }
);

/** @param identities secret `AGE-SECRET-KEY-1…` lines */
export async function rerunSession(
  bundle: OpenBundle,
  { session, open }: ProvedSession,
  identities: readonly string[],
  guardOf: (protocol: string, header: Header | undefined) => Guard | undefined,
): Promise<SessionRerun> {
  const build = typeof open.build === "string" ? open.build : "unknown";
  const folder = `recordings/${session}/`;
  let header: Header | undefined;
  const tape = new TapeRerun({ guardOf: (protocol) => guardOf(protocol, header), newHash });
  const members = await progressOf(bundle, `${folder}progress`);
  const hasIndex = bundle.names.includes(`${folder}index`);
  const { lines } = parseIndex(hasIndex ? await bundle.read(`${folder}index`) : new Uint8Array(0));
  for (const [at, { number, sha256 }] of lines.entries()) {
    const name = `${folder}segments/${number}.seg`;
    const sealed = await bundle.read(name);
    if (sha256Hex(sealed) !== sha256) {
      return { session, build, kind: "refused", fault: `${name} changed while it was read` };
    }
    const plain = await plainOf(sealed, identities);
    if (typeof plain === "string") {
      return { session, build, kind: "not-run", reason: `segment ${number}: ${plain}` };
    }
    const rewritten = (members.get(at) ?? []).find((member) => !wasSo(member, plain));
    if (rewritten) {
      const fault = `segment ${number} of ${session} does not begin as the log saw it`;
      return { session, build, kind: "refused", fault };
    }
    const read = readSegment(plain);
    if (read.kind === "malformed") {
      return { session, build, kind: "not-run", reason: `segment ${number}: ${read.reason}` };
    }
    header ??= read.header;
    for (const record of read.records) if (!tape.push(record)) break;
  }
  return { session, build, kind: "run", rerun: tape.result };
}

async function plainOf(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array | string> {
  try {
    return await openSealed(sealed, identities);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** By the place of the segment that was growing then. */
async function progressOf(
  bundle: OpenBundle,
  name: string,
): Promise<ReadonlyMap<number, readonly ProgressMember[]>> {
  if (!bundle.names.includes(name)) return new Map();
  const text = new TextDecoder().decode(await bundle.read(name));
  const members = text.split("\n").flatMap((line) => parseProgress(line)?.member ?? []);
  return Map.groupBy(members, ({ segments }) => segments);
}

function wasSo({ bytes, tail }: ProgressMember, plain: Uint8Array): boolean {
  return bytes <= plain.length && sha256Hex(plain.subarray(0, bytes)) === tail;
}

function newHash() {
  const hash = createHash("sha256");
  return {
    add: (bytes: Uint8Array) => void hash.update(bytes),
    digest: () => hash.copy().digest("hex"),
  };
}
