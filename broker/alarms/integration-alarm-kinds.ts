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
  "tickets-away": {
    priority: "high",
    title: "The ticket system cannot be asked",
    consequence:
      "Work under a ticket does not begin, or begins unchecked: as the integrations file says (when-away).",
    action:
      "See Health for the cause: the network, its certificate, or the token that the broker shows. Running sessions go on.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "signals-refused": {
    priority: "high",
    title: "Signals of another system are refused",
    consequence: "What it says of people and devices does not count, or somebody forges it.",
    action: "Open Integrations for the reason. Mend the stream, or find who else sends.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["signal:refused"],
    source: "integration",
  },
  "signals-stopped": {
    priority: "high",
    title: "Another system has stopped its signals",
    consequence: "What happens there to people and devices is not heard of here.",
    action: "Ask who runs it why the stream is paused or ended.",
    returns: "condition",
    quietMs: STEADY_MS,
    raisedBy: ["signal:stream-stopped"],
    clearedBy: ["signal:stream"],
    source: "integration",
  },
} as const;
