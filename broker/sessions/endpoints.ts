/**
 * What all sessions on one endpoint share, whoever they belong to: its limits, its connection,
 * the rates of its points and the locks on them. It lives as long as the process, so that
 * reconnecting dodges nothing.
 */
import type { PermitClaims } from "../access/permit.ts";
import type { Clock } from "../clock.ts";
import { EndpointLimiter } from "../legs/endpoint-limiter.ts";
import type { OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { CredentialSource } from "../plant/credential.ts";
import type { Endpoint } from "../plant/model.ts";
import type { TrustedIdentities } from "../plant/shown-identity.ts";
import { BoundedRateLedger } from "../policy/rate-ledger.ts";
import type { AssetWay, EndpointWays, StrangeKey } from "./asset-way.ts";
import type { PinnedAddress } from "./dial.ts";
import { PointLocks } from "./point-locks.ts";
import { openWays } from "./protocol-road.ts";
import { SessionRefused } from "./session.ts";

/** What is the same for all endpoints. */
export interface EndpointsParts {
  readonly clock: Clock;
  readonly credentials: CredentialSource;
  readonly opcua?: OpcuaProcess | undefined;
  readonly strangeKey?: StrangeKey | undefined;
  readonly trusted?: TrustedIdentities | undefined;
}

export class Endpoints {
  private readonly parts: EndpointsParts;
  private readonly byName = new Map<string, EndpointState>();

  constructor(parts: EndpointsParts) {
    this.parts = parts;
  }

  /** The state of the claims' endpoint, under the limits that these claims carry. */
  of({ asset, endpoint }: PermitClaims): EndpointState {
    const name = `${asset.id}/${endpoint.id}`;
    let state = this.byName.get(name);
    if (!state) {
      state = new EndpointState(name, endpoint, this.parts);
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
  private readonly parts: EndpointsParts;
  private ways: { readonly protocol: string; readonly open: EndpointWays } | undefined;
  private sessions = 0;

  constructor(name: string, endpoint: Endpoint, parts: EndpointsParts) {
    this.name = name;
    this.parts = parts;
    this.limiter = new EndpointLimiter(endpoint.limits, parts.clock);
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
  connection(endpoint: Endpoint, to: PinnedAddress): AssetWay {
    return this.waysFor(endpoint).connect(endpoint, to);
  }

  close(): void {
    this.ways?.open.close("the broker is stopping");
  }

  /** An edit of the plant file may give the same name to another protocol. */
  private waysFor(endpoint: Endpoint): EndpointWays {
    const { protocol } = endpoint;
    if (this.ways?.protocol === protocol) return this.ways.open;
    this.ways?.open.close("the endpoint speaks another protocol now");
    const { name, limiter } = this;
    const open = openWays(endpoint, { ...this.parts, name, limiter });
    this.ways = { protocol, open };
    return open;
  }

  private busy(why: string): SessionRefused {
    return new SessionRefused("endpoint-busy", `${this.name} takes no more: ${why}.`);
  }
}
