/** Words of the gateways page. */
import type { GatewayView } from "../../broker/api/shapes/gateways.ts";

export const gatewaysText = {
  title: "Gateways",
  failed: "The gateways could not be loaded",
  summary: (all: number, away: number) => {
    const count = all === 1 ? "1 gateway" : `${all} gateways`;
    return away === 0 ? `${count}, all connected` : `${count}, ${away} not connected`;
  },
  emptyTitle: "This broker reaches every asset itself",
  off: "Gateways reach assets from the plant's DMZ and dial out to here, so that no port is open towards the plant. To let them in, set SALLYPORT_GATEWAY_PORT and SALLYPORT_GATEWAY_LISTEN and restart.",
  none: "Let a machine in, then name it on the endpoints that it reaches: gateways: [NAME] in the plant file.",
  unknownTitle: "Named in the plant file, and not let in",
  unknown: (name: string, endpoints: readonly string[]) =>
    `${name}, for ${endpoints.join(", ")}: until it joins, only another gateway named there can reach it.`,
  states: {
    connected: "Connected",
    away: "Away",
    invited: "Waits for its machine",
  } satisfies Record<GatewayView["state"], string>,
  table: {
    label: "Gateways",
    name: "Name",
    state: "State",
    endpoints: "Reaches",
    sessions: "Sessions",
    build: "Version",
    seen: "Connected since",
  },
  lastSeen: "last",
  nothing: "nothing yet",
  never: "never",
  letIn: "Let a machine in",
  again: "New line",
  againOf: (name: string) => `New line for ${name}`,
  againAsk: (name: string) =>
    `Another machine, or the same one anew, can join as ${name}. Once it has, what the former one shows counts no more.`,
  name: "Name of the gateway",
  nameHelp: "As the plant file names it: small letters, digits, dots and hyphens",
  make: "Show its line",
  shownTitle: (name: string) => `The line for ${name}`,
  shown:
    "On the machine, as the user that runs the gateway, within half an hour. It works once and is not shown again.",
  command: (line: string) => `sallyport gateway join '${line}'`,
  what: "command",
  done: "Done",
  revoke: "Revoke",
  revokeOf: (name: string) => `Revoke ${name}`,
  revokeTitle: (name: string) => `Revoke the gateway ${name}?`,
  revokeAsk:
    "Its sessions end at once and it is not let in again. What it recorded and has not handed over stays on its own disk: revoke one that is only away when it will not come back.",
} as const;

/** Of one endpoint, on the Plant page. */
export const gatewayFactText = {
  fact: "Gateways",
  away: "Away",
  there: (carries: number) =>
    carries === 0
      ? "Connected"
      : carries === 1
        ? "Carries 1 session"
        : `Carries ${carries} sessions`,
  unreachable: "No gateway that reaches it is connected: it cannot be opened now.",
} as const;
