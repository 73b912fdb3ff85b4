/**
 * Proves recordings offline: it needs no network, no database and no broker, and believes nothing
 * but the policy. With the key it also runs the guards again, which gives a verdict of its own.
 */
import { readFileSync, statSync } from "node:fs";
import { type BundleVerdict, checkBundle } from "../../protocols/log/bundle.ts";
import type { ProvedSession } from "../../protocols/log/bundle-recording.ts";
import { type LogPolicy, parsePolicy } from "../../protocols/log/policy.ts";
import { BundleUnreadable, type OpenBundle } from "../evidence/log/bundle-names.ts";
import { openBundle } from "../evidence/log/read-bundle.ts";
import type { SessionRerun } from "../evidence/log/rerun-bundle.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { verifyEd25519 } from "../evidence/log/signer.ts";
import type { TextOutput } from "./plant-check.ts";
import { type Found, verdictJson, verdictText } from "./verify-text.ts";

/** Everything fits. Whether a run of the guards came out the same does not change it. */
export const PROVED = 0;
/** Something does not fit. */
export const REFUSED = 1;
/** The policy or the key cannot be read at all. */
export const UNREADABLE = 2;

const POLICY_BYTES_MAX = 1024 * 1024;
const KEY_BYTES_MAX = 64 * 1024;

export class PolicyUnreadable extends Error {
  override readonly name = "PolicyUnreadable";
}

export interface VerifyAsked {
  readonly bundle: string;
  readonly policy: string;
  /** File of age identities, as the site's key is. */
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
  /** What must be proved; absent: whatever is in the bundle. */
  readonly session?: string | undefined;
}

export interface Prover {
  /** Of this program. */
  readonly build: string;
  /** Runs the guard of a proved session again; absent where this program has no guards. */
  rerun?(
    bundle: OpenBundle,
    session: ProvedSession,
    identities: readonly string[],
  ): Promise<SessionRerun>;
}

/** Prints one screen, or one line of JSON. @returns the exit code @throws PolicyUnreadable */
export async function proveBundle(
  asked: VerifyAsked,
  prover: Prover,
  out: TextOutput,
): Promise<number> {
  const policy = readPolicy(asked.policy);
  const identities = asked.key === undefined ? undefined : readIdentities(asked.key);
  const found = await prove(asked, policy, identities, prover);
  out.write(asked.json === true ? verdictJson(found) : verdictText(found));
  return found.verdict.kind === "proved" ? PROVED : REFUSED;
}

async function prove(
  { bundle: place, session }: VerifyAsked,
  policy: LogPolicy,
  identities: readonly string[] | undefined,
  { build, rerun }: Prover,
): Promise<Found> {
  const refused = (faults: readonly string[]): Found => ({
    ...{ verdict: { kind: "refused", faults }, reruns: undefined, build },
  });
  let bundle: OpenBundle | undefined;
  try {
    bundle = await openBundle(place);
    const verdict = await checkBundle(bundle, policy, { sha256, verify: verifyEd25519 });
    if (isOfAnother(verdict, session)) {
      return refused([`it proves another session than ${JSON.stringify(session)}`]);
    }
    const reruns = identities && rerun && (await rerunAll(bundle, verdict, identities, rerun));
    const rewritten = reruns?.flatMap((one) => (one.kind === "refused" ? [one.fault] : [])) ?? [];
    return rewritten.length === 0 ? { verdict, reruns, build } : refused(rewritten);
  } catch (error) {
    if (!(error instanceof BundleUnreadable)) throw error;
    return refused([error.message]);
  } finally {
    await bundle?.close();
  }
}

/** Whoever hands out bundles may hand out a good one of something else. */
function isOfAnother(verdict: BundleVerdict, session: string | undefined): boolean {
  if (session === undefined || verdict.kind !== "proved") return false;
  return !verdict.bundle.sessions.some((each) => each.session === session);
}

async function rerunAll(
  bundle: OpenBundle,
  verdict: BundleVerdict,
  identities: readonly string[],
  rerun: NonNullable<Prover["rerun"]>,
): Promise<readonly SessionRerun[] | undefined> {
  if (verdict.kind !== "proved") return undefined;
  const reruns: SessionRerun[] = [];
  for (const session of verdict.bundle.sessions) {
    if (session.recording !== "whole") continue;
    reruns.push(await rerun(bundle, session, identities));
  }
  return reruns;
}

/** @throws PolicyUnreadable */
export function readPolicy(file: string): LogPolicy {
  const parsed = parsePolicy(readSmall(file, "the policy", POLICY_BYTES_MAX), sha256);
  if (parsed.kind === "policy") return parsed.policy;
  throw new PolicyUnreadable(`${file}:${parsed.line} ${parsed.reason}`);
}

/** @throws PolicyUnreadable */
function readIdentities(file: string): readonly string[] {
  const lines = readSmall(file, "the key", KEY_BYTES_MAX).split(/\r?\n/);
  const identities = lines
    .map((line) => line.trim())
    .filter((line) => /^AGE-SECRET-KEY-/.test(line));
  if (identities.length > 0) return identities;
  throw new PolicyUnreadable(`${file} holds no AGE-SECRET-KEY-1… line`);
}

function readSmall(file: string, what: string, bytesMax: number): string {
  try {
    if (statSync(file).size > bytesMax) throw new Error("it is too large");
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PolicyUnreadable(`${what} ${file} cannot be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error)) return error.message;
  if (error.code === "ENOENT") return "it does not exist";
  if (error.code === "EISDIR") return "it is a folder";
  return `the system says ${String(error.code)}`;
}
