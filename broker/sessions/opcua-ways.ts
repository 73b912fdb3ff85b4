/** The connections to one OPC UA endpoint: one for each channel, shared with its probes. */
import type { Leg } from "../legs/leg.ts";
import { OpcuaAssetLeg } from "../legs/opcua/opcua-asset-leg.ts";
import { type AssetSessions, OpcuaConnection } from "../legs/opcua/opcua-connection.ts";
import type { Endpoint, OpcUaEndpoint } from "../plant/model.ts";
import { pinsOf } from "../plant/shown-identity.ts";
import type { AssetWay, EndpointWays, WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

export class OpcuaWays implements EndpointWays {
  private readonly parts: WaysParts;
  private readonly connections = new Set<OpcuaConnection>();

  constructor(parts: WaysParts) {
    this.parts = parts;
  }

  connect(endpoint: Endpoint, to: PinnedAddress): AssetWay {
    if (endpoint.protocol !== "opcua") throw new Error("not an endpoint of OPC UA");
    const { name, limiter } = this.parts;
    for (const each of this.connections) if (each.isOver) this.connections.delete(each);
    if (this.connections.size >= limiter.limits.connectionsMax) {
      const why = `${this.connections.size} connections are open`;
      throw new SessionRefused("endpoint-busy", `${name} takes no more: ${why}.`);
    }
    const session = { id: "" };
    const connection = new OpcuaConnection(() => this.sessions(endpoint, to, session));
    this.connections.add(connection);
    return {
      leg: (opener): Leg => {
        session.id = opener;
        return new OpcuaAssetLeg(connection, limiter);
      },
    };
  }

  close(reason: string): void {
    for (const connection of this.connections) connection.close(reason);
    this.connections.clear();
  }

  private async sessions(
    endpoint: OpcUaEndpoint,
    to: PinnedAddress,
    session: { readonly id: string },
  ): Promise<AssetSessions> {
    const { name, limiter, credentials, opcua } = this.parts;
    if (!opcua) throw new Error("this broker has no certificate for OPC UA");
    const { security, path } = endpoint;
    const certificates = pinsOf(name, endpoint, this.parts.trusted);
    return opcua.sessions({
      ...{ name, ...to, path, security, certificates },
      connectTimeoutMs: limiter.limits.connectTimeoutMs,
      credential: () => credentials.of(name),
      unknownCertificate: (shown) =>
        this.parts.strangeKey?.(session.id, name, shown, certificates.length > 0),
    });
  }
}
