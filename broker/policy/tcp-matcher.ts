/**
 * A profile compiled for bytes that nobody decodes: only a rule that says `raw` speaks of them.
 * One that permits whole classes does not mean what it cannot see.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { isTcpOperation, RELAY } from "../../protocols/tcp/operation.ts";
import type { Profile, Rule } from "../plant/model.ts";
import type { Decision, Matcher } from "./decision.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";

const WHAT = "bytes that are not decoded";

export class TcpMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly rule: Rule | undefined;

  constructor({ profile }: { readonly profile: Profile }) {
    this.profile = profile;
    this.rule = profile.rules.find(
      ({ match: { own, classes } }) =>
        own?.protocol === "tcp" && (classes === undefined || classes.includes(RELAY.class)),
    );
  }

  judge(operation: Operation, capabilities: Capabilities): Decision {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    const { rule, profile } = this;
    if (!isTcpOperation(operation) || !rule) {
      const reason = `no rule of the profile "${profile.id}" names ${WHAT}`;
      return deny(DEFAULT_DENY, "operation", reason);
    }
    if (rule.verdict === "deny") return deny(rule.name, "operation", `this rule denies ${WHAT}`);
    if (rule.verdict === "permit") return { kind: "permit", rule: rule.name };
    return { kind: "hold", rule: rule.name, reason: `a person must agree to ${WHAT}` };
  }
}
