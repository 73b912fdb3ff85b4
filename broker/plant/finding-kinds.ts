/** What can be unusual about a session: `policy/risk/` finds it, rules of the plant file answer it. */
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
