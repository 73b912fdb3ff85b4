/** The connections to one Modbus endpoint: one for all sessions, or one for each channel. */
import { ModbusConnection } from "../legs/modbus-connection.ts";
import type { Endpoint } from "../plant/model.ts";
import { type EndpointWays, isShared, type WaysParts } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

export class ModbusWays implements EndpointWays {
  private readonly parts: WaysParts;
  private readonly shared = new Map<string, ModbusConnection>();
  private readonly dedicated = new Set<ModbusConnection>();

  constructor(parts: WaysParts) {
    this.parts = parts;
  }

  connect(endpoint: Endpoint, to: PinnedAddress): ModbusConnection {
    return isShared(endpoint) ? this.sharedTo(to) : this.dedicatedTo(to);
  }

  close(reason: string): void {
    for (const connection of [...this.shared.values(), ...this.dedicated]) connection.close(reason);
  }

  private sharedTo(to: PinnedAddress): ModbusConnection {
    const key = `${to.address}:${to.port}`;
    const existing = this.shared.get(key);
    if (existing) return existing;
    for (const [other, connection] of this.shared) {
      if (connection.isUnused) this.shared.delete(other);
    }
    const connection = new ModbusConnection({ ...this.options(to), dedicated: false });
    this.shared.set(key, connection);
    return connection;
  }

  private dedicatedTo(to: PinnedAddress): ModbusConnection {
    if (this.dedicated.size >= this.parts.limiter.limits.connectionsMax) {
      const why = `${this.dedicated.size} connections are open`;
      throw new SessionRefused("endpoint-busy", `${this.parts.name} takes no more: ${why}.`);
    }
    const connection = new ModbusConnection({
      ...this.options(to),
      dedicated: true,
      onUnused: () => this.dedicated.delete(connection),
    });
    this.dedicated.add(connection);
    return connection;
  }

  private options({ address, port }: PinnedAddress) {
    const { limiter, clock } = this.parts;
    return { address, port, limiter, clock };
  }
}
