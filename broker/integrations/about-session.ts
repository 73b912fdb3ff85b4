/** What other systems are told of a session: where it goes and by which right. */
import type { PermitClaims } from "../access/permit.ts";
import type { EventAbout } from "../store/model.ts";

export function aboutSession({ asset, endpoint, grant, profile }: PermitClaims): EventAbout {
  return {
    ...{ asset: asset.id, assetName: asset.name, endpoint: `${asset.id}/${endpoint.id}` },
    ...{ grant: grant.id, profile: profile.id },
    ...{ host: endpoint.host, port: String(endpoint.port), protocol: endpoint.protocol },
  };
}
