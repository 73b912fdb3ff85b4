/** The connections to one endpoint whose bytes nobody decodes: one for each channel. */
import type { Leg } from "../legs/leg.ts";
import { TcpAssetLeg } from "../legs/tcp-asset-leg.ts";
import type { Endpoint } from "../plant/model.ts";
import type { AssetWay, EndpointWays, WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

export class TcpWays implements EndpointWays {
  private readonly parts: WaysParts;
  private readonly legs = new Set<TcpAssetLeg>();

  constructor(parts: WaysParts) {
    this.parts = parts;
  }

  connect(_endpoint: Endpoint, to: PinnedAddress): AssetWay {
    const { name, limiter } = this.parts;
    if (this.legs.size >= limiter.limits.connectionsMax) {
      const why = `${this.legs.size} connections are open`;
      throw new SessionRefused("endpoint-busy", `${name} takes no more: ${why}.`);
    }
    return { leg: () => this.leg(to) };
  }

  close(): void {
    for (const leg of [...this.legs]) leg.close();
  }

  private leg({ address, port }: PinnedAddress): Leg {
    const leg: TcpAssetLeg = new TcpAssetLeg({
      ...{ address, port },
      connectTimeoutMs: this.parts.limiter.limits.connectTimeoutMs,
      over: () => this.legs.delete(leg),
    });
    this.legs.add(leg);
    return leg;
  }
}
