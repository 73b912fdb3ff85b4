/** Alarms about files that are scanned. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;

export const SCANNING_ALARM_KINDS = {
  "malware-found": {
    priority: "urgent",
    title: "Malware was in a file for an asset",
    consequence: "Nothing of it was sent; whoever sent it may not know what is on their machine.",
    action:
      "Talk to the person, and keep their machine away from the plant until it was looked into. The event says where the file is kept, sealed.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["file:malware"],
    source: "session",
  },
  "scanner-away": {
    priority: "high",
    title: "Files cannot be scanned",
    consequence: "Profiles that want files scanned let none through.",
    action:
      "See that clamd runs on this machine and that SALLYPORT_CLAMD names its socket, readable and writable for the broker. Files pass again by themselves.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["scanner:away"],
  },
} as const;
