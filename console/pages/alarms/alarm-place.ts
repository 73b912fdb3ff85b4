/** The page where something can be done about an alarm. */
import type { AlarmView } from "../../../broker/api/shapes/alarms.ts";
import { text } from "../../text.ts";

export interface AlarmPlace {
  readonly path: string;
  readonly name: string;
}

const { pages } = text;

const PLACES: Readonly<Record<string, AlarmPlace>> = {
  "recorder-failed": { path: "/health", name: pages.health },
  "site-log-failed": { path: "/audit", name: pages.audit },
  "site-log-forked": { path: "/audit", name: pages.audit },
  "witness-behind": { path: "/audit", name: pages.audit },
  "volume-full": { path: "/audit", name: pages.audit },
  "volume-high": { path: "/audit", name: pages.audit },
  "volume-filling": { path: "/audit", name: pages.audit },
  "hold-waiting": { path: "/live", name: pages.live },
  "operation-refused": { path: "/live", name: pages.live },
  "break-glass-used": { path: "/live", name: pages.live },
  "break-glass-unreviewed": { path: "/break-glass", name: pages.breakGlass },
  "policy-error": { path: "/policy", name: pages.policy },
  "policy-invalid": { path: "/policy", name: pages.policy },
  "gateway-away": { path: "/gateways", name: pages.gateways },
  "gateway-opcua-failed": { path: "/gateways", name: pages.gateways },
  "gateway-refused": { path: "/gateways", name: pages.gateways },
  "gateway-distrusted": { path: "/gateways", name: pages.gateways },
  "integration-failing": { path: "/integrations", name: pages.integrations },
  "integration-dropped": { path: "/integrations", name: pages.integrations },
  "integrations-invalid": { path: "/integrations", name: pages.integrations },
  "plant-invalid": { path: "/health", name: pages.health },
  "passkey-counter": { path: "/people", name: pages.people },
  "workloads-invalid": { path: "/people", name: pages.people },
  "rare-act": { path: "/people", name: pages.people },
};

export function placeOf({ kind }: AlarmView): AlarmPlace {
  return PLACES[kind] ?? { path: "/events", name: pages.events };
}
