/** A profile compiled for one endpoint and one subject, whatever protocol it speaks. */
import type { Endpoint, Profile } from "../plant/model.ts";
import type { Matcher, RateLedger } from "./decision.ts";
import { compileModbus } from "./modbus-matcher.ts";
import { OpcUaMatcher } from "./opcua-matcher.ts";
import { SshMatcher } from "./ssh-matcher.ts";
import { TcpMatcher } from "./tcp-matcher.ts";
import { VncMatcher } from "./vnc-matcher.ts";
import { WebMatcher } from "./web-matcher.ts";

export interface ProfileInput {
  readonly profile: Profile;
  readonly endpoint: Endpoint;
  /** Id of the subject: rates are counted for each alone. */
  readonly subject: string;
  /** The endpoint's, shared by all its sessions. */
  readonly ledger: RateLedger;
}

export function compileProfile({ endpoint, ...input }: ProfileInput): Matcher {
  switch (endpoint.protocol) {
    case "modbus":
      return compileModbus({ ...input, endpoint });
    case "ssh":
      return new SshMatcher(input);
    case "vnc":
      return new VncMatcher({ ...input, endpoint });
    case "opcua":
      return new OpcUaMatcher({ ...input, endpoint });
    case "tcp":
      return new TcpMatcher(input);
    case "web":
      return new WebMatcher({ ...input, endpoint });
  }
}
