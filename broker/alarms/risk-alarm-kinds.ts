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
  "response-waiting": {
    priority: "high",
    title: "A finding stopped sessions and waits for an answer",
    consequence:
      "The person can only look meanwhile. Unanswered, what the rule says is done: they stay stopped, go on, or end.",
    action:
      "Open Live, look at the moment that the finding is about, call the person, and let them go on or end it with your passkey.",
    returns: "condition",
    endsAnswered: true,
    quietMs: 0,
  },
  "response-unanswered": {
    priority: "high",
    title: "Nobody answered about a finding in time",
    consequence: "What the rule says for that was done: sessions stay stopped, go on, or ended.",
    action:
      "Look at the moment and call the person. Then ask why nobody answered: who was told, and who is on shift.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["response:unanswered"],
    source: "session",
  },
  "responses-bounded": {
    priority: "high",
    title: "A rule that answers findings has reached its bound",
    consequence:
      "For the rest of the hour it stops nobody more: findings are told, and what is enforced is asked.",
    action:
      "Look at the findings on Integrations. If they are ordinary work, the baseline fits no more: relearn it. If not, lock the asset or zone.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["response:bounded"],
  },
} as const;
