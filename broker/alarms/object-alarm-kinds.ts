/** About copies of recordings in an object store. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;
/** A store that is back must stay. */
const STEADY_MS = 5_000;

export const OBJECT_ALARM_KINDS = {
  "copies-late": {
    priority: "high",
    title: "Recordings wait for the object store",
    consequence:
      "Nothing is lost and sessions go on: what waits is on this machine alone, which keeps all of it until it is proven elsewhere. Its volume fills.",
    action:
      "Health says what the store answers. Mend the way there, its credentials or the store; what waits goes by itself, the oldest first.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "copy-parked": {
    priority: "high",
    title: "A recording does not come through to the object store",
    consequence:
      "Others do. This one stays on this machine, however full it gets, and is tried again once a day.",
    action:
      "The alarm says why. Where the recording itself is damaged, keep the folder as it is and verify it; else mend what the store refuses, and restart the broker to try at once.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "copy-differs": {
    priority: "urgent",
    title: "The object store gave back other bytes",
    consequence:
      "The store is broken, or somebody changed what lies there. What it gave was not used; what is still on this machine stays here.",
    action:
      "Keep the store as it is and find out who can write there. Compare the object's versions; with Object Lock the version that was proven is still among them.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["recording:copy-differs"],
  },
} as const;
