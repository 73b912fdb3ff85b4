/** What is wrong with gateways. Part of the table in `alarm-kinds.ts`. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** One that is back must stay. */
const STEADY_MS = 5_000;

export const GATEWAY_ALARM_KINDS = {
  "gateway-away": {
    priority: "high",
    title: "A gateway is away",
    consequence:
      "What only it reaches cannot be opened. Its sessions have ended; the plant goes on without them. What it recorded is on its own disk.",
    action:
      "Look at its machine and at the network between: its log says why it is not connected. It hands over what it recorded when it is back. One that is gone for good is revoked on the page Gateways.",
    returns: "condition",
    quietMs: STEADY_MS,
    clearedBy: ["gateway:revoked"],
  },
  "gateway-opcua-failed": {
    priority: "high",
    title: "A gateway's OPC UA process failed",
    consequence:
      "Every session of OPC UA over this gateway ended with it; its other sessions went on. The plant goes on by itself.",
    action:
      "It begins again by itself, and people can open their sessions again. If it fails again, the event says why: a tool or an asset that does it each time is found by who had a session then.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "gateway-refused": {
    priority: "high",
    title: "Somebody was not let in as a gateway",
    consequence:
      "A gateway with an old certificate, another site's, or somebody who tries: nothing was said to it.",
    action:
      "Open Events for the reason. If the machine is yours, let it join again with a new line; if it is not, find out who reaches the port for gateways.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["gateway:refused"],
  },
  "gateway-distrusted": {
    priority: "urgent",
    title: "A gateway said what cannot be",
    consequence:
      "It was cut off and its sessions have ended. It may be broken, or in somebody else's hands.",
    action:
      "Revoke it on the page Gateways, look at its machine, and let it join again only when you know what happened.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["gateway:distrusted"],
  },
} as const;
