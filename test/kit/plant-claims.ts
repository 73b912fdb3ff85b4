/** Claims of a test grant for an endpoint of a plant file, without a sign-in. */
import { randomBytes } from "node:crypto";
import type { PermitClaims } from "../../broker/access/permit.ts";
import { systemClock } from "../../broker/clock.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { classesOf } from "../../broker/policy/profile-reach.ts";

const HOUR_MS = 3_600_000;

export interface PlantClaimsOptions {
  /** Text of the plant file, and where it stands. */
  readonly text: string;
  readonly file: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
}

/** A grant that holds every class the profile speaks of; each call is a session of its own. */
export function plantClaims(options: PlantClaimsOptions): () => PermitClaims {
  const { text, file } = options;
  const parsed = parsePlant(text, file);
  if (parsed.kind !== "plant") {
    throw new Error(`${file} is no plant file: ${JSON.stringify(parsed)}`);
  }
  const { plant } = parsed;
  const [assetId, endpointId] = options.endpoint.split("/");
  const asset = plant.assets.find(({ id }) => id === assetId);
  const endpoint = asset?.endpoints.find(({ id }) => id === endpointId);
  const profile = plant.profiles.find(({ id }) => id === options.profile);
  if (!asset || !endpoint) throw new Error(`no ${options.endpoint} in the plant`);
  if (!profile) throw new Error(`no profile ${options.profile} in the plant`);
  return () => {
    const nowMs = systemClock.wallMs();
    const untilMs = nowMs + 24 * HOUR_MS;
    return {
      session: randomBytes(12).toString("hex"),
      site: { id: plant.site.id, name: plant.site.name },
      subject: { id: "conduit", name: "Test instrument", roles: ["engineer"] },
      grant: { id: "conduit", untilMs },
      asset: { id: asset.id, name: asset.name, zone: asset.zone },
      endpoint,
      profile,
      plantDigest: plant.digest,
      capabilities: classesOf(profile),
      limits: { idleMs: 24 * HOUR_MS, leaseMs: 60_000, renewMs: 24 * HOUR_MS, untilMs },
      expiresMs: nowMs + 60_000,
    };
  };
}
