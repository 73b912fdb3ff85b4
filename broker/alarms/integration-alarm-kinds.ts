/** What is wrong with integrations. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;
/** One that works again must go on doing so. */
const STEADY_MS = 5_000;

export const INTEGRATION_ALARM_KINDS = {
  "integration-failing": {
    priority: "high",
    title: "An integration does not deliver",
    consequence: "A receiver (SIEM, mail, storage) does not hear what happens here.",
    action: "Open its page for the cause. What waits is kept on disk and sent in order.",
    returns: "condition",
    quietMs: STEADY_MS,
    raisedBy: ["integration:failing"],
    clearedBy: ["integration:recovered", "integration:forgotten"],
    source: "integration",
  },
  "integration-dropped": {
    priority: "high",
    title: "Events for an integration were dropped",
    consequence: "Its receiver was away for longer than the buffer lasts and will never get them.",
    action: "Tell who watches there which time they miss; the events themselves stand in Events.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["integration:dropped"],
    source: "integration",
  },
} as const;
