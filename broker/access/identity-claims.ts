/** The permit of the broker itself to see which key or certificate an asset shows. Pure. */
import type { Asset, Endpoint, Plant } from "../plant/model.ts";
import { namedSite } from "../plant/plant-index.ts";
import { newId } from "../store/ids.ts";
import { BROKER_SUBJECT, type PermitClaims } from "./permit.ts";

/** Used in the turn it is made; this is room for a slow name look-up. */
const PERMIT_MS = 30_000;

/** It permits no operation at all: a session under it could not even read. */
export function identityClaims(
  plant: Plant,
  { asset, endpoint }: { readonly asset: Asset; readonly endpoint: Endpoint },
  nowMs: number,
): PermitClaims {
  const untilMs = nowMs + PERMIT_MS;
  return {
    session: newId(),
    site: namedSite(plant, asset),
    subject: BROKER_SUBJECT,
    grant: { id: "identity", untilMs },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint,
    profile: {
      id: "identity",
      description: "Sees which key or certificate the asset shows.",
      onRecorderFailure: "stop",
      rules: [],
    },
    plantDigest: plant.digest,
    capabilities: [],
    limits: { idleMs: PERMIT_MS, leaseMs: PERMIT_MS, renewMs: PERMIT_MS, untilMs },
    expiresMs: untilMs,
  };
}
