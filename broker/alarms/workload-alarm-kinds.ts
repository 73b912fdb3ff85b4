/** What is wrong with services that prove themselves. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;
/** Once it is over it stays shown for a moment. */
const STEADY_MS = 5_000;

export const WORKLOAD_ALARM_KINDS = {
  "workloads-invalid": {
    priority: "high",
    title: "The file of workloads is not as it should be",
    consequence: "What was in force stays; with the file gone, no service can work here.",
    action: "Mend the file, or one that it names; it is read again when it is saved.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "workload-refused": {
    priority: "high",
    title: "A program did not prove that it is a workload",
    consequence: "Somebody tries certificates or tokens, or a service has lost its right ones.",
    action: "Open Events for what was wrong. Renew the service's, or find who else asks.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["workload:refused"],
  },
} as const;
