/**
 * `sallyport verify BUNDLE --policy FILE`: proves a recording offline. It needs no network, no
 * database and no broker, and believes nothing but the policy.
 */
import { readFileSync, statSync } from "node:fs";
import { type BundleVerdict, checkBundle } from "../../protocols/log/bundle.ts";
import { type LogPolicy, parsePolicy } from "../../protocols/log/policy.ts";
import { BundleUnreadable, readBundle } from "../evidence/log/read-bundle.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { verifyEd25519 } from "../evidence/log/signer.ts";
import type { TextOutput } from "./plant-check.ts";
import { verdictJson, verdictText } from "./verify-text.ts";

/** Everything fits. */
export const PROVED = 0;
/** Something does not fit. */
export const REFUSED = 1;
/** The policy or the folder cannot be read at all. */
export const UNREADABLE = 2;

const POLICY_BYTES_MAX = 1024 * 1024;

export class PolicyUnreadable extends Error {
  override readonly name = "PolicyUnreadable";
}

/** Prints one screen, or one line of JSON. @returns the exit code */
export async function runVerify(
  folder: string,
  policyFile: string,
  json: boolean,
  out: TextOutput,
): Promise<number> {
  const policy = readPolicy(policyFile);
  const verdict = await verify(folder, policy);
  out.write(json ? verdictJson(verdict) : verdictText(verdict));
  return verdict.kind === "proved" ? PROVED : REFUSED;
}

async function verify(folder: string, policy: LogPolicy): Promise<BundleVerdict> {
  try {
    const pure = { sha256, verify: verifyEd25519 };
    return checkBundle(await readBundle(folder), policy, pure);
  } catch (error) {
    if (!(error instanceof BundleUnreadable)) throw error;
    return { kind: "refused", faults: [error.message] };
  }
}

/** @throws PolicyUnreadable */
export function readPolicy(file: string): LogPolicy {
  let text: string;
  try {
    if (statSync(file).size > POLICY_BYTES_MAX) throw new Error("it is too large");
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PolicyUnreadable(`the policy cannot be read: ${reason}`);
  }
  const parsed = parsePolicy(text, sha256);
  if (parsed.kind === "policy") return parsed.policy;
  throw new PolicyUnreadable(`${file}:${parsed.line} ${parsed.reason}`);
}
