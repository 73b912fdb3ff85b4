/**
 * The permit of the broker itself to let go of what a killed session left pressed on a screen: it
 * may see the screen, which a connection begins with, and nothing else. Letting go needs no right.
 * Pure.
 */
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import type { Asset, Endpoint, Plant, Rule } from "../plant/model.ts";
import { namedSite } from "../plant/plant-index.ts";
import { newId } from "../store/ids.ts";
import { BROKER_SUBJECT, type PermitClaims } from "./permit.ts";

/** For a slow name look-up, a slow handshake, and no more. */
const LET_GO_MS = 30_000;

const LOOK: Rule = {
  ...{ name: "let-go", verdict: "permit", limits: {} },
  match: { classes: ["observe"], own: { protocol: "vnc", actions: ["rfb:view"] } },
};

export function letGoClaims(
  plant: Plant,
  { asset, endpoint }: { readonly asset: Asset; readonly endpoint: Endpoint },
  leftDown: LeftDown,
  nowMs: number,
): PermitClaims {
  const untilMs = nowMs + LET_GO_MS;
  return {
    session: newId(),
    site: namedSite(plant, asset),
    subject: BROKER_SUBJECT,
    grant: { id: "let-go", untilMs },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint,
    profile: {
      id: "let-go",
      description: "Lets go of what a session that was killed left pressed.",
      onRecorderFailure: "stop",
      rules: [LOOK],
    },
    plantDigest: plant.digest,
    capabilities: ["observe"],
    leftDown,
    limits: { idleMs: LET_GO_MS, leaseMs: LET_GO_MS, renewMs: LET_GO_MS, untilMs },
    expiresMs: untilMs,
  };
}
