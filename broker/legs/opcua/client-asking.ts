/** How a native client asks to be let in. */
import { UserTokenType } from "node-opcua-types";
import type { Leg } from "../leg.ts";
import { type ChannelSecurity, POLICY_URIS, type SecurityPolicyName } from "./security.ts";

/** A person, as their tool asks to be let in. Nothing but the password proves anything. */
export interface ClientAsking {
  /** What comes after host and port in the address that the tool was given, without slashes around it. */
  readonly path: string;
  readonly user: string;
  readonly password: string;
  /** `address:port` */
  readonly peer: string;
  /** What it calls itself. */
  readonly tool: string;
  readonly security: ChannelSecurity;
}

/** Where the client's requests go. */
export interface ClientAttaching {
  /** Adds a channel to the session; rejects where it takes no more. */
  attach(leg: Leg, peer: string): Promise<unknown>;
  /** Somebody did something: keeps idle away. */
  input?(): void;
}

/** A door of native clients, as the broker keeps it. */
export interface OpcuaDoorways {
  /** `opc.tcp://host:port` for clients that do not say by which address they came. */
  url(): string;
  /** Paths of assets that may be reached without security; true: all. */
  plain(): readonly string[] | true;
  /** Undefined where the ticket is not good; the tool is told nothing more. */
  signIn(asking: ClientAsking): Promise<ClientAttaching | undefined>;
}

/** A ticket is encrypted on every channel, also where nothing else is. */
export function ticketToken(channel: SecurityPolicyName) {
  const policy = channel === "None" ? "Basic256Sha256" : channel;
  return {
    policyId: `ticket_${policy}`,
    tokenType: UserTokenType.UserName,
    securityPolicyUri: POLICY_URIS[policy],
  };
}

/** What comes after host and port, for example `treatment-plc/opcua`. */
export function pathOf(url: string): string {
  const found = /^opc\.tcp:\/\/[^/]*\/(.*)$/i.exec(url);
  return found?.[1]?.replace(/^\/+|\/+$/g, "").replace(/[^\w.\-/]/g, "") ?? "";
}
