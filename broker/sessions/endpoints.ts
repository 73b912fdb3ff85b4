/**
 * What all sessions on one endpoint share, whoever they belong to: its limits, its connection,
 * the rates of its points and the locks on them. It lives as long as the process, so that
 * reconnecting dodges nothing.
 */
import type { PermitClaims } from "../access/permit.ts";
import type { Clock } from "../clock.ts";
import { EndpointLimiter } from "../legs/endpoint-limiter.ts";
import { ModbusConnection } from "../legs/modbus-connection.ts";
import type { ModbusEndpoint } from "../plant/model.ts";
import { BoundedRateLedger } from "../policy/rate-ledger.ts";
import type { PinnedAddress } from "./dial.ts";
import { PointLocks } from "./point-locks.ts";
import { SessionRefused } from "./session.ts";

export class Endpoints {
  private readonly clock: Clock;
  private readonly byName = new Map<string, EndpointState>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The state of the claims' endpoint, under the limits that these claims carry. */
  of({ asset, endpoint }: PermitClaims): EndpointState {
    const name = `${asset.id}/${endpoint.id}`;
    let state = this.byName.get(name);
    if (!state) {
      state = new EndpointState(name, endpoint, this.clock);
      this.byName.set(name, state);
    }
    state.limiter.limits = endpoint.limits;
    return state;
  }

  close(): void {
    for (const state of this.byName.values()) state.close();
  }
}

export class EndpointState {
  readonly ledger = new BoundedRateLedger();
  readonly locks = new PointLocks();
  readonly limiter: EndpointLimiter;
  private readonly name: string;
  private readonly clock: Clock;
  private readonly shared = new Map<string, ModbusConnection>();
  private readonly dedicated = new Set<ModbusConnection>();
  private sessions = 0;

  constructor(name: string, endpoint: ModbusEndpoint, clock: Clock) {
    this.name = name;
    this.clock = clock;
    this.limiter = new EndpointLimiter(endpoint.limits, clock);
  }

  /** Takes the place of a session, or throws `SessionRefused`. The returned function gives it back. */
  enter(): () => void {
    if (this.sessions >= this.limiter.limits.connectionsMax) {
      throw this.busy(`${this.sessions} sessions are open`);
    }
    this.sessions += 1;
    let here = true;
    return () => {
      if (here) this.sessions -= 1;
      here = false;
    };
  }

  /** The connection for one more channel. Throws `SessionRefused` where the endpoint has no more. */
  connection({ connection }: ModbusEndpoint, to: PinnedAddress): ModbusConnection {
    return connection === "shared" ? this.sharedTo(to) : this.dedicatedTo(to);
  }

  close(): void {
    const reason = "the broker is stopping";
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
    if (this.dedicated.size >= this.limiter.limits.connectionsMax) {
      throw this.busy(`${this.dedicated.size} connections are open`);
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
    return { address, port, limiter: this.limiter, clock: this.clock };
  }

  private busy(why: string): SessionRefused {
    return new SessionRefused("endpoint-busy", `${this.name} takes no more: ${why}.`);
  }
}
