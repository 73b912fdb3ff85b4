/** The ways to one web panel: each session has its own cookies, sign-in and connections. */
import { PanelPlaces } from "../legs/web/panel-places.ts";
import { WebAssetLeg } from "../legs/web/web-asset-leg.ts";
import { WebSite } from "../legs/web/web-site.ts";
import type { Endpoint, WebEndpoint } from "../plant/model.ts";
import { pinsOf } from "../plant/shown-identity.ts";
import type { AssetWay, EndpointWays, WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";

interface Used {
  readonly site: WebSite;
  legs: number;
}

export class WebWays implements EndpointWays {
  private readonly parts: WaysParts;
  private readonly places: PanelPlaces;
  /** By session. */
  private readonly sites = new Map<string, Used>();

  constructor(parts: WaysParts) {
    this.parts = parts;
    this.places = new PanelPlaces(parts.limiter);
  }

  connect(endpoint: Endpoint, to: PinnedAddress): AssetWay {
    if (endpoint.protocol !== "web") throw new Error("not a web panel");
    return {
      leg: (session) => {
        const used = this.siteOf(session, endpoint, to);
        used.legs += 1;
        return new WebAssetLeg(used.site, () => this.left(session, used));
      },
    };
  }

  close(): void {
    for (const { site } of this.sites.values()) site.close();
    this.sites.clear();
  }

  private siteOf(session: string, endpoint: WebEndpoint, { address }: PinnedAddress): Used {
    const existing = this.sites.get(session);
    if (existing) return existing;
    const { name, credentials } = this.parts;
    const credential = () => credentials.of(name);
    const site = new WebSite({
      ...{ endpoint, address, credential, places: this.places.enter() },
      certificates: () => pinsOf(name, endpoint, this.parts.trusted),
      unknownCertificate: (shown, pinned) => this.parts.strangeKey?.(session, name, shown, pinned),
    });
    const used = { site, legs: 0 };
    this.sites.set(session, used);
    return used;
  }

  /** With its last lane a session forgets its cookies and closes its connections. */
  private left(session: string, used: Used): void {
    used.legs -= 1;
    if (used.legs > 0) return;
    used.site.close();
    if (this.sites.get(session) === used) this.sites.delete(session);
  }
}
