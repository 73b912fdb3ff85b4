/** The connections to one SSH endpoint: one for each session, shared by its channels. */
import { SshAssetLeg } from "../legs/ssh/ssh-asset-leg.ts";
import { SshConnection } from "../legs/ssh/ssh-connection.ts";
import type { Endpoint, SshEndpoint } from "../plant/model.ts";
import { pinsOf } from "../plant/shown-identity.ts";
import type { AssetWay, EndpointWays, WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

/** An asset keeps a connection that does not sign in for so long, many for two minutes. */
export const WARM_MS = 30_000;

export class SshWays implements EndpointWays {
  private readonly parts: WaysParts;
  /** By session. */
  private readonly connections = new Map<string, SshConnection>();

  constructor(parts: WaysParts) {
    this.parts = parts;
  }

  connect(endpoint: Endpoint, to: PinnedAddress): AssetWay {
    if (endpoint.protocol !== "ssh") throw new Error("not an endpoint of SSH");
    return {
      leg: (session) => new SshAssetLeg(this.connectionOf(session, endpoint, to)),
      warm: (session) => this.warm(session, this.connectionOf(session, endpoint, to)),
    };
  }

  close(reason: string): void {
    for (const connection of this.connections.values()) connection.close(reason);
    this.connections.clear();
  }

  private warm(session: string, connection: SshConnection): () => void {
    connection.warm();
    const cool = () => {
      if (!connection.isFresh) return;
      connection.close("no channel was opened");
      this.connections.delete(session);
    };
    const stop = this.parts.clock.after(WARM_MS, cool);
    return () => {
      stop();
      cool();
    };
  }

  private connectionOf(session: string, endpoint: SshEndpoint, to: PinnedAddress): SshConnection {
    const existing = this.connections.get(session);
    // What failed before a channel came is told to that channel, and not tried twice for it.
    if (existing && (!existing.isOver || existing.isFresh)) return existing;
    for (const [other, { isOver, isFresh }] of this.connections) {
      if (isOver && !isFresh) this.connections.delete(other);
    }
    const { name, limiter, credentials, trusted } = this.parts;
    if (this.connections.size >= limiter.limits.connectionsMax) {
      const why = `${this.connections.size} connections are open`;
      throw new SessionRefused("endpoint-busy", `${name} takes no more: ${why}.`);
    }
    const { legacyAlgorithms } = endpoint;
    const hostKeys = pinsOf(name, endpoint, trusted);
    const connection = new SshConnection({
      ...{ name, ...to, hostKeys, legacyAlgorithms },
      connectTimeoutMs: limiter.limits.connectTimeoutMs,
      credential: () => credentials.of(name),
      unknownKey: (key) => this.parts.strangeKey?.(session, name, key, hostKeys.length > 0),
    });
    this.connections.set(session, connection);
    return connection;
  }
}
