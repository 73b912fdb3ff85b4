/** Routes about the identities of assets. Part of `route-table.ts`. */
import type { TrustDesk } from "../trust/trust-desk.ts";
import {
  discardTrust,
  listIdentities,
  lookAtIdentity,
  signTrust,
  trustOptions,
} from "./identities/asset-identities.ts";
import { guarded, type Route } from "./route.ts";

export interface IdentityRouteParts {
  readonly trust: TrustDesk;
}

/** Which identity of an asset counts is part of what the plant is. */
export function identityRoutes({ trust }: IdentityRouteParts): readonly Route[] {
  const path = "/api/asset-identities";
  const right = "plant:change";
  return [
    guarded("GET", path, right, listIdentities(trust)),
    guarded("POST", `${path}/look`, right, lookAtIdentity(trust)),
    guarded("POST", `${path}/options`, right, trustOptions(trust)),
    guarded("POST", path, right, signTrust(trust)),
    guarded("POST", `${path}/discard`, right, discardTrust(trust)),
  ];
}
