/** Alarms about what assets show as their identity. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;

export const IDENTITY_ALARM_KINDS = {
  "asset-key-changed": {
    priority: "high",
    title: "An asset shows another key",
    consequence: "Sessions to it are refused: it was replaced, or somebody stands in its place.",
    action:
      "Ask whoever is responsible for the asset whether it was replaced or reset. If so, compare the new fingerprint on the spot and accept it on the asset's panel on Plant (or in the plant file, where it is pinned there); if not, look at the network between.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["asset:key-changed"],
    clearedBy: ["asset:trusted"],
    source: "endpoint",
  },
  "asset-key-unknown": {
    priority: "low",
    title: "An asset's key waits to be accepted",
    consequence: "Nobody can open a session to it.",
    action:
      "Compare the fingerprint on the asset's panel on Plant with what the asset itself prints, on the spot or by a call to who stands there, then accept it.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["asset:key-unknown"],
    clearedBy: ["asset:trusted"],
    source: "endpoint",
  },
} as const;
