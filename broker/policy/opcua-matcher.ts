/**
 * A profile compiled for an OPC UA endpoint and one subject: the first rule that covers an
 * operation decides, then its limits, then the bounds of the tag, and last the rate.
 *
 * A rule that denies reading a node denies monitoring it and its history too: all three deliver
 * its value. Where a node lies, and which ids are one method, stands in the operation; where the
 * asset did not tell, rules that deny or hold count it in, and rules that permit leave it out.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { nodesIn } from "../../protocols/opcua/nodes-in.ts";
import {
  ATTRIBUTE_VALUE,
  isOpcUaOperation,
  type OpcUaOperation,
  type WriteOperation,
} from "../../protocols/opcua/operation.ts";
import type { OpcUaEndpoint, Profile, Rule } from "../plant/model.ts";
import type { NodeTag, OpcUaMatch } from "../plant/opcua-model.ts";
import type { Decision, Matcher, NeedsValues, RateLedger } from "./decision.ts";
import { type NodePattern, nodePatterns } from "./node-pattern.ts";
import { refuseStep, refuseValue } from "./opcua-limits.ts";
import { type NameNode, namesOf, opcUaDeed } from "./opcua-words.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { durationInWords } from "./point-words.ts";
import { speaksOf } from "./speaks-of.ts";
import { hasValueLimits } from "./value-limits.ts";

export interface OpcUaMatcherInput {
  readonly profile: Profile;
  readonly endpoint: OpcUaEndpoint;
  readonly subject: string;
  readonly ledger: RateLedger;
}

interface Compiled {
  readonly rule: Rule;
  readonly own: OpcUaMatch | undefined;
  readonly actions: ReadonlySet<string> | undefined;
  readonly nodes: NodePattern | undefined;
  /** Of the tags that it names on this endpoint. */
  readonly tagged: ReadonlySet<string> | undefined;
  readonly below: ReadonlySet<string> | undefined;
  readonly methods: NodePattern | undefined;
  readonly attributes: ReadonlySet<number> | undefined;
  /** The very same value each time: who records tells by it that nothing has changed. */
  readonly permit: Decision;
}

/** What delivers the value of a node, besides reading it. */
const READS_TOO: ReadonlySet<string> = new Set(["opcua:subscribe", "opcua:history-read"]);

export class OpcUaMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly endpoint: OpcUaEndpoint;
  private readonly subject: string;
  private readonly ledger: RateLedger;
  private readonly rules: readonly Compiled[];
  private readonly tags: ReadonlyMap<string, NodeTag>;
  private readonly name: NameNode;

  constructor({ profile, endpoint, subject, ledger }: OpcUaMatcherInput) {
    this.profile = profile;
    this.endpoint = endpoint;
    this.subject = subject;
    this.ledger = ledger;
    const speaking = profile.rules.filter((rule) => speaksOf(rule, "opcua"));
    this.rules = speaking.map((rule) => compiled(rule, endpoint.nodes));
    this.tags = new Map(endpoint.nodes.map((tag) => [tag.node, tag]));
    this.name = namesOf(endpoint.nodes);
  }

  /** A call counts as what the rule says that names its method: a restart is no operating. */
  classed(operation: Operation): Operation {
    if (!isOpcUaOperation(operation) || operation.action !== "opcua:call") return operation;
    for (const each of this.rules) {
      const [given, second] = each.rule.match.classes ?? [];
      if (!each.methods || given === undefined || second !== undefined) continue;
      if (given === "observe" || !isMethod(each, operation)) continue;
      if (isOn(operation.node, each) && isBelow(each, operation)) {
        return { ...operation, class: given };
      }
    }
    return operation;
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision | NeedsValues {
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isOpcUaOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not an operation of OPC UA`);
    }
    if (operation.action === "opcua:show") return this.judgeShow(operation.node);
    // Of the broker's own: what is about to be asked is judged when it is known.
    if (operation.action === "opcua:locate") return { kind: "permit", rule: "where-nodes-lie" };
    const found = this.rules.find((each) => covers(each, operation));
    if (found === undefined) return this.unmatched(operation);
    if (found.rule.verdict === "deny") return this.denied(found, operation);
    return this.limited(found, operation, nowMs);
  }

  /** A node that a browse found: shown, unless a rule hides it before another one permits it. */
  private judgeShow(node: string): Decision {
    for (const each of this.rules) {
      const { rule, own, nodes, tagged, below } = each;
      const named = (nodes !== undefined || tagged !== undefined) && below === undefined;
      if (!named || !isOn(node, each)) continue;
      if (own?.hide) return deny(rule.name, "unit", `this rule hides ${this.name(node)}`);
      if (rule.verdict !== "deny") return { kind: "permit", rule: rule.name };
    }
    return { kind: "permit", rule: "not-hidden" };
  }

  private denied({ rule, own }: Compiled, operation: OpcUaOperation): Decision {
    const what = opcUaDeed(operation, this.name);
    if (own?.hide) return deny(rule.name, "unit", `this rule hides it: ${what}`);
    return deny(rule.name, refusalOf(operation), `this rule denies ${what}`);
  }

  private limited(
    found: Compiled,
    operation: OpcUaOperation,
    nowMs: number,
  ): Decision | NeedsValues {
    const { rule } = found;
    if (operation.class === "observe") return this.verdict(found, operation);
    if (operation.action === "opcua:write") {
      const wrong = refuseValue(operation, this.aspects(found, operation));
      if (wrong) return deny(wrong.rule, wrong.refusal, wrong.reason);
      const stepped = rule.limits.stepMax !== undefined;
      if (stepped || rule.limits.while) return this.askValues(found, operation, stepped, nowMs);
    } else if (hasValueLimits(rule.limits)) {
      const reason = "this rule limits values, and this operation has none that could be judged";
      return deny(rule.name, "value", reason);
    } else if (rule.limits.while) {
      return this.askValues(found, operation, false, nowMs);
    }
    return this.counted(found, operation, nowMs);
  }

  private askValues(
    found: Compiled,
    operation: OpcUaOperation,
    stepped: boolean,
    nowMs: number,
  ): Decision | NeedsValues {
    const { rule } = found;
    const condition = rule.limits.while;
    const tag = condition && this.endpoint.nodes.find(({ name }) => name === condition.tag);
    if (condition && !tag) {
      const reason = `this rule depends on ${condition.tag}, which is not on this endpoint`;
      return deny(rule.name, "value", reason);
    }
    const own = stepped && "node" in operation ? operation.node : undefined;
    const wanted = [own, tag?.node].flatMap((node) => (node === undefined ? [] : [{ node }]));
    let settled = false;
    const settle = (values: readonly (readonly number[])[]): Decision => {
      if (settled) throw new Error("a decision is settled once");
      settled = true;
      if (values.length !== wanted.length) {
        return deny(rule.name, "value", "the current values could not be read");
      }
      const now = values.at(-1)?.[0];
      if (condition && now !== condition.is) {
        const reason = `${condition.tag} is ${now ?? "unknown"}, but must be ${condition.is}`;
        return deny(rule.name, "value", reason);
      }
      const wrong = stepped ? this.wrongStep(found, operation, values[0] ?? []) : undefined;
      if (wrong) return deny(wrong.rule, wrong.refusal, wrong.reason);
      return this.counted(found, operation, nowMs);
    };
    return { kind: "needs-values", rule: rule.name, ranges: wanted, settle };
  }

  private wrongStep(found: Compiled, operation: OpcUaOperation, current: readonly number[]) {
    if (operation.action !== "opcua:write") return undefined;
    return refuseStep(operation, current, this.aspects(found, operation));
  }

  private aspects({ rule, own }: Compiled, { node }: WriteOperation) {
    return { rule, own, tag: this.tags.get(node), name: this.name(node) };
  }

  /** The last gate: counted only if it may pass. Held ones are not. */
  private counted(found: Compiled, operation: OpcUaOperation, nowMs: number): Decision {
    const { rule } = found;
    const { intervalMs, intervalCount = 1 } = rule.limits;
    if (intervalMs === undefined || rule.verdict !== "permit") {
      return this.verdict(found, operation);
    }
    const point = [this.subject, "node" in operation ? operation.node : "", methodOf(operation)];
    if (this.ledger.take([JSON.stringify(point)], intervalMs, intervalCount, nowMs)) {
      return this.verdict(found, operation);
    }
    const often = intervalCount === 1 ? "once" : `${intervalCount} times`;
    const reason = `too soon: this is allowed ${often} in ${durationInWords(intervalMs)}; try again later`;
    return deny(rule.name, "busy", reason);
  }

  private verdict({ rule, permit }: Compiled, operation: OpcUaOperation): Decision {
    if (rule.verdict === "permit") return permit;
    const reason = `a person must agree to ${opcUaDeed(operation, this.name)}`;
    return { kind: "hold", rule: rule.name, reason };
  }

  private unmatched(operation: OpcUaOperation): Decision {
    const named = operation.action === "opcua:other" ? "; a rule must name it" : "";
    const what = opcUaDeed(operation, this.name);
    const reason = `no rule of the profile "${this.profile.id}" permits ${what}${named}`;
    return deny(DEFAULT_DENY, refusalOf(operation), reason);
  }
}

function compiled(rule: Rule, tags: readonly NodeTag[]): Compiled {
  const { own: given, tags: named } = rule.match;
  const own = given?.protocol === "opcua" ? given : undefined;
  const tagged = named && tags.filter(({ name }) => named.includes(name)).map(({ node }) => node);
  return {
    ...{ rule, own },
    actions: own?.actions && new Set(own.actions),
    nodes: own?.nodes && nodePatterns(own.nodes),
    tagged: tagged && new Set(tagged),
    below: own?.below && new Set(own.below),
    methods: own?.methods && nodePatterns(own.methods),
    attributes: own?.attributes && new Set(own.attributes),
    permit: { kind: "permit", rule: rule.name },
  };
}

function covers(compiled: Compiled, operation: OpcUaOperation): boolean {
  const { rule, nodes, tagged, below } = compiled;
  if (rule.match.classes && !rule.match.classes.includes(operation.class)) return false;
  if (!coversAction(compiled, operation)) return false;
  if (!isMethod(compiled, operation)) return false;
  const node = "node" in operation ? operation.node : undefined;
  if (node !== undefined) {
    if (!isOn(node, compiled) || !isBelow(compiled, operation)) return false;
    return coversAttribute(compiled, operation);
  }
  // A subscription may be opened where some node may be monitored: its items are decided each.
  if (operation.action === "opcua:subscribe" && rule.verdict !== "deny") return true;
  return nodes === undefined && tagged === undefined && below === undefined;
}

/** Under any of its ids. Where nobody knows them all, a rule that keeps back counts it in. */
function isMethod({ rule, methods }: Compiled, operation: OpcUaOperation): boolean {
  if (methods === undefined) return true;
  if (!isCall(operation)) return false;
  if (operation.unresolved && rule.verdict !== "permit") return true;
  return [operation.method, ...nodesIn(operation.same)].some(methods);
}

function isBelow({ rule, below }: Compiled, operation: OpcUaOperation): boolean {
  if (below === undefined) return true;
  if (!("node" in operation)) return false;
  if (nodesIn(operation.within).some((root) => below.has(root))) return true;
  return operation.unplaced === true && rule.verdict !== "permit";
}

function coversAction({ rule, actions }: Compiled, { action, ...rest }: OpcUaOperation): boolean {
  const denies = rule.verdict === "deny";
  if (actions === undefined) return denies || action !== "opcua:other";
  // Whoever may do anything to a node may have a short name for it.
  if (actions.has(action) || (action === "opcua:register" && !denies)) return true;
  const delivers = READS_TOO.has(action) && "node" in rest;
  return denies && delivers && actions.has("opcua:read");
}

/** A permit to write is one to write values, where it does not name attributes. */
function coversAttribute({ rule, attributes }: Compiled, operation: OpcUaOperation): boolean {
  if (!("attribute" in operation) || operation.attribute === undefined) {
    return attributes === undefined || rule.verdict !== "deny";
  }
  if (attributes !== undefined) return attributes.has(operation.attribute);
  if (rule.verdict === "deny" || operation.action !== "opcua:write") return true;
  return operation.attribute === ATTRIBUTE_VALUE;
}

function isOn(node: string, { nodes, tagged }: Compiled): boolean {
  return (nodes?.(node) ?? true) && (tagged?.has(node) ?? true);
}

function isCall(
  operation: OpcUaOperation,
): operation is Extract<OpcUaOperation, { readonly method: string }> {
  return operation.action === "opcua:call" || operation.action === "opcua:file";
}

/** The same for all ids of a method: a rate is not dodged by another one. */
function methodOf(operation: OpcUaOperation): string {
  if (!isCall(operation)) return "";
  return [operation.method, ...nodesIn(operation.same)].sort()[0] ?? "";
}

/** What has a node is refused for it; the rest is no operation here at all. */
function refusalOf(operation: OpcUaOperation) {
  return "node" in operation && operation.node !== undefined ? "address" : "operation";
}
