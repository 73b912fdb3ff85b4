/** What a site asks of the state of a computer, and whether a report meets it. Pure. */
import { z } from "zod";
import type { DeviceReport, PostureFacts } from "../store/device.ts";

const answer = z.enum(["yes", "no", "unknown"]);

/** As reports carry them, whoever makes them. */
export const postureFacts = z.strictObject({
  os: z.strictObject({ name: z.string().min(1).max(60), version: z.string().max(80) }),
  diskEncryption: answer,
  screenLock: answer,
  endpointProtection: answer,
});

export const POSTURE_NEEDS = ["disk-encryption", "screen-lock", "endpoint-protection"] as const;
export type PostureNeed = (typeof POSTURE_NEEDS)[number];

export interface PostureRule {
  /** Each must be `yes`; `unknown` is not enough. */
  readonly needs: readonly PostureNeed[];
  /** An older report says nothing any more. */
  readonly ageMaxMs: number;
}

const ANSWER: Readonly<Record<PostureNeed, (facts: PostureFacts) => string>> = {
  "disk-encryption": ({ diskEncryption }) => diskEncryption,
  "screen-lock": ({ screenLock }) => screenLock,
  "endpoint-protection": ({ endpointProtection }) => endpointProtection,
};

/** Which needs are not met, by facts alone; whoever gives a verdict has looked at its own. */
export function failingNeeds(
  { facts, verdict }: Pick<DeviceReport, "facts" | "verdict">,
  needs: readonly PostureNeed[],
): readonly PostureNeed[] {
  if (verdict === "compliant") return [];
  return needs.filter((need) => ANSWER[need](facts) !== "yes");
}

/** Something that is asked for is missing, or whoever manages it says so. */
export function isBad(report: DeviceReport, needs: readonly PostureNeed[]): boolean {
  return report.verdict === "not-compliant" || failingNeeds(report, needs).length > 0;
}

export function isCompliant(
  report: DeviceReport | null,
  { needs, ageMaxMs }: PostureRule,
  nowMs: number,
): boolean {
  if (!report || isBad(report, needs)) return false;
  return nowMs - report.observedMs <= ageMaxMs;
}
