/** About what the broker could not put in order by itself. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;
/** A broker that came back to wait must stay. */
const STEADY_MS = 5_000;

export const UPKEEP_ALARM_KINDS = {
  "events-lost": {
    priority: "high",
    title: "Events are missing from the list",
    consequence:
      "While the database was away more happened than could be kept for it. What is missing stands in the log file of the broker alone.",
    action: "Keep a copy of the log file of that time, and find out why the database was away.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["store:events-lost"],
  },
  "site-restored": {
    priority: "high",
    title: "The site was put back to a backup",
    consequence:
      "What happened after it is not here: who was locked or lost a right meanwhile has it again.",
    action:
      "Ask who did it. Take back what was locked or revoked since, and compare the log's length with what a witness has seen: the difference is what is lost.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["site:restored"],
  },
  "standby-unseen": {
    priority: "low",
    title: "No other broker waits to take over",
    consequence: "If this one is lost nobody works through it until it is started again.",
    action:
      "Look at the other machine: its broker says on /readyz, in its log and by sallyport doctor what it lacks.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "plant-unkept": {
    priority: "low",
    title: "The plant in force is not in its history",
    consequence: "It counts, but nobody can compare or go back to this version later.",
    action:
      "Look at the data folder's disk and rights; sallyport doctor does. Then save the file again.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["plant:unkept"],
  },
  "log-key-left": {
    priority: "low",
    title: "A spent key of the site log is still there",
    consequence: "Whoever takes it could sign another history of the time before it was replaced.",
    action: "The event says where and why. Destroy it by hand in the file or token that is named.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["log-key:not-destroyed"],
  },
} as const;
