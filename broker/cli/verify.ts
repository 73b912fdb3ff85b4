/**
 * `sallyport verify BUNDLE --policy FILE [--key FILE]`: proves recordings offline. It needs no
 * network, no database and no broker, and believes nothing but the policy. With the key it also
 * runs the guards again, which gives a verdict of its own.
 */
import { readFileSync, statSync } from "node:fs";
import type { Guard } from "../../protocols/guard.ts";
import { type BundleVerdict, checkBundle } from "../../protocols/log/bundle.ts";
import { type LogPolicy, parsePolicy } from "../../protocols/log/policy.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { BundleUnreadable, type OpenBundle } from "../evidence/log/bundle-names.ts";
import { openBundle } from "../evidence/log/read-bundle.ts";
import { rerunSession, type SessionRerun } from "../evidence/log/rerun-bundle.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { verifyEd25519 } from "../evidence/log/signer.ts";
import type { Endpoint } from "../plant/model.ts";
import { newGuard } from "../sessions/protocol-road.ts";
import { readVersion } from "../version.ts";
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
}

/** Prints one screen, or one line of JSON. @returns the exit code */
export async function runVerify(asked: VerifyAsked, out: TextOutput): Promise<number> {
  const policy = readPolicy(asked.policy);
  const identities = asked.key === undefined ? undefined : readIdentities(asked.key);
  const found = await verify(asked.bundle, policy, identities);
  out.write(asked.json === true ? verdictJson(found) : verdictText(found));
  return found.verdict.kind === "proved" ? PROVED : REFUSED;
}

async function verify(
  place: string,
  policy: LogPolicy,
  identities: readonly string[] | undefined,
): Promise<Found> {
  const build = readVersion();
  let bundle: OpenBundle | undefined;
  try {
    bundle = await openBundle(place);
    const verdict = await checkBundle(bundle, policy, { sha256, verify: verifyEd25519 });
    const reruns = identities && (await rerunAll(bundle, verdict, identities));
    const rewritten = reruns?.flatMap((one) => (one.kind === "refused" ? [one.fault] : [])) ?? [];
    if (rewritten.length === 0) return { verdict, reruns, build };
    return { verdict: { kind: "refused", faults: rewritten }, reruns: undefined, build };
  } catch (error) {
    if (!(error instanceof BundleUnreadable)) throw error;
    const verdict = { kind: "refused", faults: [error.message] } as const;
    return { verdict, reruns: undefined, build };
  } finally {
    await bundle?.close();
  }
}

async function rerunAll(
  bundle: OpenBundle,
  verdict: BundleVerdict,
  identities: readonly string[],
): Promise<readonly SessionRerun[] | undefined> {
  if (verdict.kind !== "proved") return undefined;
  const reruns: SessionRerun[] = [];
  for (const session of verdict.bundle.sessions) {
    if (session.recording !== "whole") continue;
    reruns.push(await rerunSession(bundle, session, identities, guardOf));
  }
  return reruns;
}

function guardOf(protocol: string, header: Header | undefined): Guard | undefined {
  try {
    return newGuard({ protocol: protocol as Endpoint["protocol"] }, header);
  } catch {
    return undefined;
  }
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
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyUnreadable(`${what} cannot be read: ${reason}`);
  }
}
