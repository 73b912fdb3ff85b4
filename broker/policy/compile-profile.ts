/** A profile compiled for one endpoint and one subject, whatever protocol it speaks. */
import type { Endpoint, Profile } from "../plant/model.ts";
import type { Matcher, RateLedger } from "./decision.ts";
import { compileModbus } from "./modbus-matcher.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";

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
      return NOTHING;
  }
}

/** Unknown is denied: a protocol whose rules cannot be judged yet. */
const NOTHING: Matcher = {
  judge(operation, capabilities) {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    return deny(DEFAULT_DENY, "operation", `no rule of the profile permits ${operation.action}`);
  },
};
