/**
 * A profile compiled for a screen and one subject: the first rule that covers an operation
 * decides. Clicks are judged by button, not by what lies under the pointer: a picture does not
 * say what it shows. Who may click may click everything.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { isRfbOperation, type RfbOperation } from "../../protocols/rfb/operation.ts";
import type { Profile, Rule } from "../plant/model.ts";
import type { Decision, Matcher, RateLedger } from "./decision.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { durationInWords } from "./point-words.ts";
import { speaksOf } from "./speaks-of.ts";
import { vncDeed } from "./vnc-words.ts";

export interface VncMatcherInput {
  readonly profile: Profile;
  readonly subject: string;
  readonly ledger: RateLedger;
  /** The plant file says that nobody may do anything on this screen but look. */
  readonly viewOnly: boolean;
  /** The plant file says that its desktop may be resized. */
  readonly resize: boolean;
}

interface Compiled {
  readonly rule: Rule;
  readonly actions: ReadonlySet<string> | undefined;
  readonly keys: ReadonlySet<string> | undefined;
  readonly buttons: ReadonlySet<string> | undefined;
  readonly clipboard: string | undefined;
  readonly textMax: number;
}

/** Names that stand for the plant file. */
const VIEW_ONLY = "view-only";
const NO_RESIZE = "no-resize";

export class VncMatcher implements Matcher {
  private readonly input: VncMatcherInput;
  private readonly rules: readonly Compiled[];

  constructor(input: VncMatcherInput) {
    this.input = input;
    this.rules = input.profile.rules.filter((rule) => speaksOf(rule, "vnc")).map(compiled);
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isRfbOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not an operation of VNC`);
    }
    const { viewOnly, resize, profile } = this.input;
    if (viewOnly && operation.class !== "observe") {
      return deny(VIEW_ONLY, "operation", "the plant file lets this screen only be seen");
    }
    if (!resize && operation.action === "rfb:resize") {
      return deny(NO_RESIZE, "operation", "the plant file does not let this desktop be resized");
    }
    const found = this.rules.find((each) => covers(each, operation));
    if (found) return this.decide(found, operation, nowMs);
    const reason = `no rule of the profile "${profile.id}" permits ${vncDeed(operation)}`;
    return deny(DEFAULT_DENY, "operation", reason);
  }

  private decide({ rule, textMax }: Compiled, operation: RfbOperation, nowMs: number): Decision {
    const what = vncDeed(operation);
    if (rule.verdict === "deny") return deny(rule.name, "operation", `this rule denies ${what}`);
    if (operation.action === "rfb:clipboard" && operation.length > textMax) {
      const reason = `${what} is more than the ${textMax} bytes that this rule permits`;
      return deny(rule.name, "value", reason);
    }
    // A pointer that waits for a person at each move could not be used.
    if (rule.verdict === "hold" && operation.action !== "rfb:pointer") {
      return { kind: "hold", rule: rule.name, reason: `a person must agree to ${what}` };
    }
    return this.inTime(rule, operation, nowMs) ?? { kind: "permit", rule: rule.name };
  }

  private inTime({ name, limits }: Rule, operation: RfbOperation, nowMs: number) {
    const { intervalMs, intervalCount = 1 } = limits;
    const counted = operation.action !== "rfb:pointer" && operation.action !== "rfb:view";
    if (intervalMs === undefined || !counted) return undefined;
    const point = `${this.input.subject} ${name} ${operation.action}`;
    if (this.input.ledger.take([point], intervalMs, intervalCount, nowMs)) return undefined;
    const often = `${intervalCount} per ${durationInWords(intervalMs)}`;
    return deny(name, "busy", `this rule permits it ${often}; try again later`);
  }
}

function compiled(rule: Rule): Compiled {
  const own = rule.match.own?.protocol === "vnc" ? rule.match.own : undefined;
  return {
    rule,
    actions: own?.actions && new Set(own.actions),
    keys: own?.keys && new Set(own.keys),
    buttons: own?.buttons && new Set(own.buttons),
    clipboard: own?.clipboard,
    textMax: own?.textMax ?? Number.POSITIVE_INFINITY,
  };
}

/** A rule that names keys is about keys, one that names buttons about clicks. */
function covers(each: Compiled, operation: RfbOperation): boolean {
  const { rule, actions, keys, buttons, clipboard } = each;
  if (rule.match.classes && !rule.match.classes.includes(operation.class)) return false;
  if (actions && !actions.has(operation.action)) return false;
  if (keys && !(operation.action === "rfb:key" && keys.has(operation.chord))) return false;
  if (buttons && !(operation.action === "rfb:click" && buttons.has(operation.button))) return false;
  if (clipboard === undefined) return true;
  return operation.action === "rfb:clipboard" && operation.direction === clipboard;
}
