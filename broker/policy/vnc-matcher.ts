/**
 * A profile compiled for a screen and one subject: the first rule that covers an operation
 * decides. Clicks are judged by button and, where a rule names regions, by where they are on a
 * page that the screen shows at that moment. A picture does not say more than it shows: what lies
 * under the pointer may have changed before the click arrives there.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { isRfbOperation, type RfbOperation } from "../../protocols/rfb/operation.ts";
import { type Area, contains, type ScreenPage } from "../../protocols/rfb/screen-page.ts";
import type { Profile, Rule, VncEndpoint } from "../plant/model.ts";
import type { Decision, Matcher, RateLedger } from "./decision.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { durationInWords } from "./point-words.ts";
import { speaksOf } from "./speaks-of.ts";
import { vncDeed } from "./vnc-words.ts";

export interface VncMatcherInput {
  readonly profile: Profile;
  readonly subject: string;
  readonly ledger: RateLedger;
  readonly endpoint: Pick<VncEndpoint, "viewOnly" | "resize" | "pages">;
}

interface Compiled {
  readonly rule: Rule;
  readonly actions: ReadonlySet<string> | undefined;
  readonly keys: ReadonlySet<string> | undefined;
  readonly buttons: ReadonlySet<string> | undefined;
  readonly regions: readonly (Area & { readonly page: string })[] | undefined;
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
    const rules = input.profile.rules.filter((rule) => speaksOf(rule, "vnc"));
    this.rules = rules.map((rule) => compiled(rule, input.endpoint.pages));
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isRfbOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not an operation of VNC`);
    }
    const { endpoint, profile } = this.input;
    const { viewOnly, resize } = endpoint;
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

function compiled(rule: Rule, pages: readonly ScreenPage[]): Compiled {
  const own = rule.match.own?.protocol === "vnc" ? rule.match.own : undefined;
  return {
    rule,
    actions: own?.actions && new Set(own.actions),
    keys: own?.keys && new Set(own.keys),
    buttons: own?.buttons && new Set(own.buttons),
    regions: own?.regions && areasOf(new Set(own.regions), pages),
    clipboard: own?.clipboard,
    textMax: own?.textMax ?? Number.POSITIVE_INFINITY,
  };
}

function areasOf(names: ReadonlySet<string>, pages: readonly ScreenPage[]) {
  return pages.flatMap((page) =>
    page.regions
      .filter(({ name }) => names.has(`${page.name}/${name}`) || names.has(`${page.name}/*`))
      .map((region) => ({ ...region, page: page.name })),
  );
}

/**
 * A rule that names keys is about keys, one that names buttons about clicks, one that names
 * regions about clicks and what is dragged in them.
 */
function covers(each: Compiled, operation: RfbOperation): boolean {
  const { rule, actions, keys, buttons, regions, clipboard } = each;
  if (rule.match.classes && !rule.match.classes.includes(operation.class)) return false;
  if (actions && !actions.has(operation.action)) return false;
  if (keys && !(operation.action === "rfb:key" && keys.has(operation.chord))) return false;
  if (buttons && !(operation.action === "rfb:click" && buttons.has(operation.button))) return false;
  if (regions && !regions.some((region) => isIn(region, operation))) return false;
  if (clipboard === undefined) return true;
  return operation.action === "rfb:clipboard" && operation.direction === clipboard;
}

function isIn(region: Area & { readonly page: string }, operation: RfbOperation): boolean {
  if (operation.action !== "rfb:click" && operation.action !== "rfb:pointer") return false;
  const { x, y, page } = operation;
  if (x === undefined || y === undefined || page !== region.page) return false;
  return contains(region, x, y);
}
