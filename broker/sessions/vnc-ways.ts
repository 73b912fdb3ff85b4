/** The connections to one screen: one for each channel. */
import type { Leg } from "../legs/leg.ts";
import { VncAssetLeg } from "../legs/vnc/vnc-asset-leg.ts";
import type { Endpoint, VncEndpoint } from "../plant/model.ts";
import { pinsOf } from "../plant/shown-identity.ts";
import type { AssetWay, EndpointWays, WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

export class VncWays implements EndpointWays {
  private readonly parts: WaysParts;
  private readonly legs = new Set<VncAssetLeg>();

  constructor(parts: WaysParts) {
    this.parts = parts;
  }

  connect(endpoint: Endpoint, to: PinnedAddress): AssetWay {
    if (endpoint.protocol !== "vnc") throw new Error("not a screen");
    const { name, limiter } = this.parts;
    if (this.legs.size >= limiter.limits.connectionsMax) {
      const why = `${this.legs.size} connections are open`;
      throw new SessionRefused("endpoint-busy", `${name} takes no more: ${why}.`);
    }
    return { leg: (session) => this.leg(session, endpoint, to) };
  }

  close(): void {
    for (const leg of [...this.legs]) leg.close();
  }

  private leg(session: string, endpoint: VncEndpoint, { address, port }: PinnedAddress): Leg {
    const { name, limiter, credentials } = this.parts;
    const leg: VncAssetLeg = new VncAssetLeg({
      ...{ address, port, host: endpoint.host },
      ...(endpoint.tls && { tls: endpoint.tls }),
      connectTimeoutMs: limiter.limits.connectTimeoutMs,
      credential: () => credentials.of(name),
      certificates: () => pinsOf(name, endpoint, this.parts.trusted),
      unknownCertificate: (shown, pinned) => this.parts.strangeKey?.(session, name, shown, pinned),
      over: () => this.legs.delete(leg),
    });
    this.legs.add(leg);
    return leg;
  }
}
