/**
 * A profile compiled for a web panel and one subject: the first rule that covers a request
 * decides. Only what a rule names is `observe`; a rule covers a request only if it names every
 * field that it carries, since old panels start pumps by a query.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { JSON_TYPE } from "../../protocols/http/json.ts";
import {
  isWebOperation,
  type Pair,
  type RequestOperation,
  type UploadedOperation,
  type UploadOperation,
  WEB_DEEDS,
  type WebOperation,
} from "../../protocols/http/operation.ts";
import type { EndpointLimits, Profile, Rule } from "../plant/model.ts";
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
  /** Messages on WebSockets count against its requests per second, of all sessions together. */
  readonly endpoint?: { readonly limits: Pick<EndpointLimits, "requestsPerSecond"> };
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
  readonly json: readonly FieldPattern[] | undefined;
  readonly contentTypes: ReadonlySet<string>;
  readonly messages: readonly Wildcard[] | undefined;
  readonly sizeMax: number;
}

/** Name that stands for the plant file. */
const PER_SECOND = "requests-per-second";
/** As many as a ledger remembers; what is more a second is counted in a part of one. */
const COUNTED_MAX = 100;

const ALL_BODIES = "*";
/** Bodies whose fields a rule can name. */
const FORMS: readonly string[] = ["", "application/x-www-form-urlencoded", "multipart/form-data"];

export class WebMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly subject: string;
  private readonly ledger: RateLedger;
  private readonly rules: readonly Compiled[];
  private readonly perSecond: number;

  constructor({ profile, subject, ledger, endpoint }: WebMatcherInput) {
    this.perSecond = endpoint?.limits.requestsPerSecond ?? Number.POSITIVE_INFINITY;
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
    if (operation.action === "web:upload") return this.announced(operation);
    const found = this.rules.find((each) => inClass(each, operation) && covers(each, operation));
    if (found === undefined) return this.unmatched(operation);
    // It was held, if any rule holds such ones, before it began.
    if (operation.action === "web:uploaded" && found.rule.verdict === "hold") {
      return sizeRefusal(found, operation) ?? { kind: "permit", rule: found.rule.name };
    }
    const decision = this.decide(found, operation, nowMs);
    const passes = decision.kind === "permit" && operation.action === "web:message";
    return (passes && this.tooMany(nowMs)) || decision;
  }

  /** Requests wait for their turn; nothing answers a message, so one too many is refused. */
  private tooMany(nowMs: number): Decision | undefined {
    const { perSecond } = this;
    if (perSecond === Number.POSITIVE_INFINITY) return undefined;
    const count = Math.max(1, Math.min(COUNTED_MAX, Math.floor(perSecond)));
    if (this.ledger.take([PER_SECOND], (count / perSecond) * 1_000, count, nowMs)) return undefined;
    const reason = `the panel is sent ${perSecond} messages a second at most; try again later`;
    return deny(PER_SECOND, "busy", reason);
  }

  /**
   * The fields of an upload are not there yet: it may begin where some rule could cover it, and is
   * held where any of those does. Whether its fields are covered is decided at its end.
   */
  private announced(operation: UploadOperation): Decision {
    const able = this.rules.filter((each) => inClass(each, operation) && covers(each, operation));
    const until = able.findIndex(({ rule, form }) => rule.verdict === "deny" && !form);
    const [first] = able;
    if (first === undefined) return this.unmatched(operation);
    if (until === 0)
      return deny(first.rule.name, "operation", `this rule denies ${webDeed(operation)}`);
    const open = (until < 0 ? able : able.slice(0, until)).filter(
      ({ rule }) => rule.verdict !== "deny",
    );
    const [may] = open;
    if (may === undefined) return this.unmatched(operation);
    const roomy = open.find((each) => sizeRefusal(each, operation) === undefined);
    if (roomy === undefined) return sizeRefusal(may, operation) ?? this.unmatched(operation);
    const holds = open.find(({ rule }) => rule.verdict === "hold");
    if (!holds) return { kind: "permit", rule: roomy.rule.name };
    return { kind: "hold", rule: holds.rule.name, reason: mustAgree(operation) };
  }

  private decide(found: Compiled, operation: WebOperation, nowMs: number): Decision {
    const { rule } = found;
    const what = webDeed(operation);
    if (rule.verdict === "deny") return deny(rule.name, "operation", `this rule denies ${what}`);
    const tooLarge = sizeRefusal(found, operation);
    if (tooLarge) return tooLarge;
    if (rule.verdict === "hold") {
      return { kind: "hold", rule: rule.name, reason: mustAgree(operation) };
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

function mustAgree(operation: WebOperation): string {
  return `a person must agree to ${webDeed(operation)}`;
}

function sizeRefusal({ rule, sizeMax }: Compiled, operation: WebOperation): Decision | undefined {
  if (!("size" in operation) || operation.size <= sizeMax) return undefined;
  const what = webDeed(operation);
  const reason = `${what} carries more than the ${sizeMax} bytes that this rule permits`;
  return deny(rule.name, "value", reason);
}

function compiled(rule: Rule): Compiled {
  const own = rule.match.own?.protocol === "web" ? rule.match.own : undefined;
  const denies = rule.verdict === "deny";
  const actionsIfNone: readonly string[] = denies ? WEB_DEEDS : ["web:request"];
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
    json: own?.json?.map(fieldPattern),
    contentTypes: new Set(own?.contentTypes),
    messages: own?.messages?.map(wildcard),
    sizeMax: own?.sizeMax ?? Number.POSITIVE_INFINITY,
  };
}

function inCase(glob: string): (path: string) => boolean {
  const pattern = pathGlob(glob);
  return (path) => pattern.test(path);
}

/** Panels on Windows CE do not tell `/Admin` or `/admin.` from `/admin`: a denial does not either. */
function anyCase(glob: string): (path: string) => boolean {
  const pattern = pathGlob(glob.toLowerCase());
  return (path) => {
    const lower = path.toLowerCase();
    return pattern.test(lower) || pattern.test(lower.replace(/(?<![. ])[. ]+(?=\/|$)/g, ""));
  };
}

function inClass({ rule }: Compiled, operation: WebOperation): boolean {
  return rule.match.classes === undefined || rule.match.classes.includes(operation.class);
}

function covers(each: Compiled, operation: WebOperation): boolean {
  if (each.general) return true;
  if (!each.actions.has(DEED_OF[operation.action] ?? operation.action)) return false;
  if (each.paths && !each.paths.some((glob) => glob(operation.path))) return false;
  switch (operation.action) {
    case "web:upload":
      return (
        each.methods.has(operation.method) &&
        mayCarry(each, operation) &&
        jsonCovered(each, operation)
      );
    case "web:request":
    case "web:uploaded":
      return each.methods.has(operation.method) && carries(each, operation);
    case "web:socket":
      return fieldsCovered(each, each.query, operation.query);
    case "web:message":
      return messageCovered(each, operation.text);
    case "web:download":
      return true;
  }
}

/** What a rule calls it. */
const DEED_OF: Readonly<Record<string, string>> = {
  "web:upload": "web:request",
  "web:uploaded": "web:request",
};

function carries(each: Compiled, operation: RequestOperation | UploadedOperation): boolean {
  return (
    fieldsCovered(each, each.form, operation.form) &&
    mayCarry(each, operation) &&
    jsonCovered(each, operation)
  );
}

/**
 * What it says to be JSON and cannot be read as that may be anything: a permit is not about it,
 * unless it lets every body through; a denial of values in it is. So are uploads and bodies of
 * other types: none is read, and panels take what they like for JSON.
 */
function jsonCovered(
  each: Compiled,
  operation: RequestOperation | UploadOperation | UploadedOperation,
): boolean {
  const { json: patterns, contentTypes, rule } = each;
  const denies = rule.verdict === "deny";
  const isRequest = operation.action === "web:request";
  const pairs = isRequest ? operation.json : undefined;
  if (patterns === undefined) {
    return denies || !isRequest || !operation.unread || contentTypes.has(ALL_BODIES);
  }
  if (pairs !== undefined) return fieldsCovered(each, patterns, pairs);
  return denies && !FORMS.includes(operation.contentType);
}

/** As far as its head tells. */
function mayCarry(
  each: Compiled,
  operation: RequestOperation | UploadOperation | UploadedOperation,
): boolean {
  if (!fieldsCovered(each, each.query, operation.query)) return false;
  const { contentTypes, json, rule } = each;
  if (json !== undefined && contentTypes.size === 0 && rule.verdict !== "deny") {
    return operation.contentType === JSON_TYPE;
  }
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
