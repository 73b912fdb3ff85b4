/**
 * A profile compiled for a web panel and one subject: the first rule that covers a request
 * decides. Only what a rule names is `observe`; a rule covers a request only if it names every
 * field that it carries, since old panels start pumps by a query.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import {
  isWebOperation,
  type Pair,
  type RequestOperation,
  type WebOperation,
} from "../../protocols/http/operation.ts";
import type { Profile, Rule } from "../plant/model.ts";
import type { Decision, Matcher, RateLedger } from "./decision.ts";
import { type FieldPattern, fieldPattern, type Wildcard, wildcard } from "./field-pattern.ts";
import { pathGlob } from "./path-glob.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { durationInWords } from "./point-words.ts";
import { speaksOf } from "./speaks-of.ts";
import { webDeed } from "./web-words.ts";

export interface WebMatcherInput {
  readonly profile: Profile;
  readonly subject: string;
  readonly ledger: RateLedger;
}

interface Compiled {
  readonly rule: Rule;
  /** It says nothing of the web: it is about every operation of its classes. */
  readonly general: boolean;
  readonly actions: ReadonlySet<string>;
  readonly methods: ReadonlySet<string>;
  readonly paths: readonly ((path: string) => boolean)[] | undefined;
  readonly query: readonly FieldPattern[] | undefined;
  readonly form: readonly FieldPattern[] | undefined;
  readonly contentTypes: ReadonlySet<string>;
  readonly messages: readonly Wildcard[] | undefined;
  readonly sizeMax: number;
}

const ALL_BODIES = "*";
/** Bodies whose fields a rule can name. */
const FORMS: readonly string[] = ["", "application/x-www-form-urlencoded", "multipart/form-data"];

export class WebMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly subject: string;
  private readonly ledger: RateLedger;
  private readonly rules: readonly Compiled[];

  constructor({ profile, subject, ledger }: WebMatcherInput) {
    this.profile = profile;
    this.subject = subject;
    this.ledger = ledger;
    this.rules = profile.rules.filter((rule) => speaksOf(rule, "web")).map(compiled);
  }

  /** `observe` where a rule that names it says so, and no rule before that one decides it. */
  classed(operation: Operation): Operation {
    if (!isWebOperation(operation) || operation.class !== "operate") return operation;
    if (operation.action === "web:message") return operation;
    const named = this.rules.find((each) => !each.general && covers(each, operation));
    if (named === undefined || named.rule.verdict === "deny") return operation;
    const looks = named.rule.match.classes?.includes("observe") === true;
    return looks ? { ...operation, class: "observe" } : operation;
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isWebOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not an operation of panels`);
    }
    const found = this.rules.find((each) => inClass(each, operation) && covers(each, operation));
    if (found === undefined) return this.unmatched(operation);
    return this.decide(found, operation, nowMs);
  }

  private decide({ rule, sizeMax }: Compiled, operation: WebOperation, nowMs: number): Decision {
    const what = webDeed(operation);
    if (rule.verdict === "deny") return deny(rule.name, "operation", `this rule denies ${what}`);
    if ("size" in operation && operation.size > sizeMax) {
      const reason = `${what} carries more than the ${sizeMax} bytes that this rule permits`;
      return deny(rule.name, "value", reason);
    }
    if (rule.verdict === "hold") {
      return { kind: "hold", rule: rule.name, reason: `a person must agree to ${what}` };
    }
    return this.inTime(rule, operation, nowMs) ?? { kind: "permit", rule: rule.name };
  }

  private inTime({ name, limits }: Rule, operation: WebOperation, nowMs: number) {
    const { intervalMs, intervalCount = 1 } = limits;
    if (intervalMs === undefined) return undefined;
    const point = `${this.subject} ${name} ${operation.path}`;
    if (this.ledger.take([point], intervalMs, intervalCount, nowMs)) return undefined;
    const often = `${intervalCount} per ${durationInWords(intervalMs)}`;
    return deny(name, "busy", `this rule permits it ${often}; try again later`);
  }

  private unmatched(operation: WebOperation): Decision {
    const reason = `no rule of the profile "${this.profile.id}" permits ${webDeed(operation)}`;
    return deny(DEFAULT_DENY, "operation", reason);
  }
}

function compiled(rule: Rule): Compiled {
  const own = rule.match.own?.protocol === "web" ? rule.match.own : undefined;
  const denies = rule.verdict === "deny";
  const allActions = ["web:request", "web:socket", "web:message", "web:download"];
  const actionsIfNone = denies ? allActions : ["web:request"];
  const methodsIfNone = denies
    ? ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    : ["GET", "HEAD", "POST"];
  return {
    rule,
    general: own === undefined,
    actions: new Set(own?.actions ?? actionsIfNone),
    methods: new Set(own?.methods ?? methodsIfNone),
    paths: own?.paths?.map((glob) => (denies ? anyCase(glob) : inCase(glob))),
    query: own?.query?.map(fieldPattern),
    form: own?.form?.map(fieldPattern),
    contentTypes: new Set(own?.contentTypes),
    messages: own?.messages?.map(wildcard),
    sizeMax: own?.sizeMax ?? Number.POSITIVE_INFINITY,
  };
}

function inCase(glob: string): (path: string) => boolean {
  const pattern = pathGlob(glob);
  return (path) => pattern.test(path);
}

/** Panels on Windows CE do not tell `/Admin` from `/admin`: a denial does not either. */
function anyCase(glob: string): (path: string) => boolean {
  const pattern = pathGlob(glob.toLowerCase());
  return (path) => pattern.test(path.toLowerCase());
}

function inClass({ rule }: Compiled, operation: WebOperation): boolean {
  return rule.match.classes === undefined || rule.match.classes.includes(operation.class);
}

function covers(each: Compiled, operation: WebOperation): boolean {
  if (each.general) return true;
  if (!each.actions.has(operation.action)) return false;
  if (each.paths && !each.paths.some((glob) => glob(operation.path))) return false;
  switch (operation.action) {
    case "web:request":
      return each.methods.has(operation.method) && carries(each, operation);
    case "web:socket":
      return fieldsCovered(each, each.query, operation.query);
    case "web:message":
      return messageCovered(each, operation.text);
    case "web:download":
      return true;
  }
}

function carries(each: Compiled, operation: RequestOperation): boolean {
  if (!fieldsCovered(each, each.query, operation.query)) return false;
  if (!fieldsCovered(each, each.form, operation.form)) return false;
  const { contentTypes, rule } = each;
  if (contentTypes.size > 0) {
    return contentTypes.has(operation.contentType) || contentTypes.has(ALL_BODIES);
  }
  return rule.verdict === "deny" || FORMS.includes(operation.contentType);
}

/** A permit must name every field; a denial is about whatever carries one that it names. */
function fieldsCovered(
  { rule }: Compiled,
  patterns: readonly FieldPattern[] | undefined,
  pairs: readonly Pair[],
): boolean {
  const named = (pair: Pair) => patterns?.some((pattern) => pattern(pair)) === true;
  if (rule.verdict === "deny") return patterns === undefined || pairs.some(named);
  return pairs.every(named);
}

function messageCovered({ rule, messages }: Compiled, text: string | undefined): boolean {
  if (messages === undefined) return rule.verdict === "deny";
  if (text === undefined) return messages.some(({ any }) => any);
  return messages.some((pattern) => pattern.test(text));
}
