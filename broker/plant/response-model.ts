/** What can be unusual about a session, and the rules that answer it. Part of `model.ts`. */

/** `policy/risk/` finds them. */
export const FINDING_KINDS = [
  "first-asset",
  "first-operation",
  "hour",
  "network",
  "refusals",
  "change-rate",
  "value",
  "read-rate",
  "exceptions",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** A finding makes the person's sessions on the asset stand still, and somebody is asked. */
export interface ResponseRule {
  readonly id: string;
  readonly findings: readonly FindingKind[];
  /** Only assets in it or in a zone within it; absent: everywhere. */
  readonly zone?: string;
  readonly answerWithinMs: number;
  /** Where nobody answers by then: they stand still until they end, go on, or end. */
  readonly unanswered: "stay" | "release" | "end";
  /** People whom it stops within an hour; beyond it findings are only told. */
  readonly peopleMax: number;
  /** It only says what it would have done. */
  readonly trial: boolean;
}
