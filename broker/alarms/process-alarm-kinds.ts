/** About processes that the broker keeps apart from itself. Part of the table in `alarm-kinds.ts`. */

/** One that is back must stay. */
const STEADY_MS = 5_000;

export const PROCESS_ALARM_KINDS = {
  "opcua-process-failed": {
    priority: "high",
    title: "The OPC UA process failed",
    consequence:
      "Every session of OPC UA ended with it; sessions of other protocols went on. The plant goes on by itself.",
    action:
      "It begins again by itself, and people can open their sessions again. If it fails again, the event says why: a tool or an asset that does it each time is found by who had a session then.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
} as const;
