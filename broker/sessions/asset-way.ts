/** How sessions see the connections to an endpoint, whatever protocol it speaks. */
import type { Clock } from "../clock.ts";
import type { EndpointLimiter } from "../legs/endpoint-limiter.ts";
import type { Leg } from "../legs/leg.ts";
import type { OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { CredentialSource } from "../plant/credential.ts";
import type { Endpoint } from "../plant/model.ts";
import type { ShownIdentity, TrustedIdentities } from "../plant/shown-identity.ts";
import type { PointRange } from "../policy/decision.ts";
import type { PinnedAddress } from "./dial.ts";

/** A connection to the asset, as channels see it: shared by many, or one channel's own. */
export interface AssetWay {
  /** Its own end for one more channel of this session. */
  leg(session: string): Leg;
  /**
   * Connects for the first channel of this session before there is one, and signs in to nothing.
   * Absent where that saves no time. The returned function closes what no channel has taken.
   */
  warm?(session: string): () => void;
}

/** All connections to one endpoint, over all sessions. Lives as long as the process. */
export interface EndpointWays {
  /** The way for one more channel. Throws `SessionRefused` where the endpoint has no more. */
  connect(endpoint: Endpoint, to: PinnedAddress): AssetWay;
  close(reason: string): void;
}

/** An asset showed a key or certificate that is not trusted; `pinned`: another one is. */
export type StrangeKey = (
  session: string,
  endpoint: string,
  shown: ShownIdentity,
  pinned: boolean,
) => void;

export interface WaysParts {
  /** `ASSET/ENDPOINT` */
  readonly name: string;
  readonly limiter: EndpointLimiter;
  readonly clock: Clock;
  readonly credentials: CredentialSource;
  readonly strangeKey?: StrangeKey | undefined;
  /** What counts where the plant file pins nothing. */
  readonly trusted?: TrustedIdentities | undefined;
  /** Absent where no endpoint needs it. */
  readonly opcua?: OpcuaProcess | undefined;
}

/** The client's end of a channel of probes: asks as the subject `broker`. */
export interface Prober extends Leg {
  /** Calls back once, never synchronously; without values it says why. */
  read(
    ranges: readonly PointRange[],
    done: (values: readonly (readonly number[])[] | undefined, why: string) => void,
  ): void;
}

/** Whether one connection carries the channels of several sessions. */
export function isShared(endpoint: Endpoint): boolean {
  return endpoint.protocol === "modbus" && endpoint.connection === "shared";
}
