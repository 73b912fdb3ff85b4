/** About what findings found. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;

export const RISK_ALARM_KINDS = {
  "session-unusual": {
    priority: "high",
    title: "Something unusual is done in a session",
    consequence:
      "It may be somebody else, or other work than was agreed to. Where findings are enforced, what changes is kept back meanwhile.",
    action:
      "Watch the session on Live and call the person. End it if they cannot explain it. What was asked of them is lifted on Integrations.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    onlyMarked: true,
    raisedBy: ["risk:finding"],
    source: "session",
  },
} as const;
