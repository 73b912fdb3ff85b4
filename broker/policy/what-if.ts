/**
 * One past session judged again by other rules: which of its operations would have become
 * something else, and which classes it would have held. Pure; fed the tape's records in order.
 *
 * What a session itself refused, since it was frozen or a person said no, is left as it was. A
 * rule that rests on a value of the plant is judged by the last one on the tape; where there is
 * none, that is said and nothing claimed.
 */
import type { Capabilities, Operation, OperationClass } from "../../protocols/guard.ts";
import { ModbusHistory } from "../../protocols/modbus/history.ts";
import {
  AWAITS_SCAN,
  awaitsPerson,
  type Judged,
  type TapeRecord,
} from "../../protocols/tape/record.ts";
import type { Endpoint, Profile } from "../plant/model.ts";
import type { AccessInput } from "./access-input.ts";
import { decideClass } from "./capabilities.ts";
import { compileProfile } from "./compile-profile.ts";
import type { Decision, Matcher, NeedsValues, PointRange, RateLedger } from "./decision.ts";
import { DEFAULT_DENY } from "./plain-decisions.ts";
import { areaOf } from "./points.ts";
import type { PolicySet } from "./policy-set.ts";
import { classesOf } from "./profile-reach.ts";
import { TAG_BOUNDS } from "./value-limits.ts";

export interface OtherRules {
  /** As the other plant file has them; undefined where it has none of that name any more. */
  readonly endpoint: Endpoint | undefined;
  readonly profile: Profile | undefined;
  /** Undefined: the policies as they were. */
  readonly policies: PolicySet | undefined;
  /** Shared by the sessions on the endpoint. */
  readonly ledger: RateLedger;
}

export interface PastSession {
  readonly subject: string;
  readonly profile: string;
}

export type Verdict = "permit" | "deny" | "hold";

export interface Ruled {
  readonly verdict: Verdict;
  readonly rule: string;
  readonly reason: string;
}

export interface Otherwise {
  readonly sequence: number;
  readonly wallMs: number;
  readonly operation: Operation;
  readonly before: Ruled;
  /** Unknown: it rests on values that the recording does not have. */
  readonly after: Ruled | (Omit<Ruled, "verdict"> & { readonly verdict: "unknown" });
}

/** Classes that the session would have held, or not, from this record on. */
export interface HeldOtherwise {
  readonly sequence: number;
  readonly wallMs: number;
  readonly lost: readonly OperationClass[];
  readonly won: readonly OperationClass[];
  readonly rule: string;
  readonly reason: string;
}

export interface Found {
  readonly operations: readonly Otherwise[];
  readonly held: readonly HeldOtherwise[];
}

const NOTHING: Found = { operations: [], held: [] };
/** Requests that wait at a time; a guard parks far fewer. */
const WAITING_MAX = 10_000;

export class WhatIf {
  private readonly past: PastSession;
  private readonly policies: PolicySet | undefined;
  private readonly matcher: Matcher | undefined;
  private readonly classes: readonly OperationClass[];
  private readonly values: LastValues | undefined;
  private readonly missing: string;
  private capabilities: Capabilities = new Set();
  private readonly brokers = new Set<number>();
  private readonly waiting = new Map<string, Set<number>>();
  /** What the scanner said is no rule's word. */
  private readonly scanned = new Set<string>();
  /** Operations judged so far. */
  judged = 0;

  constructor(past: PastSession, { endpoint, profile, policies, ledger }: OtherRules) {
    this.past = past;
    this.policies = policies;
    const { subject } = past;
    const both = endpoint && profile;
    this.matcher = both && compileProfile({ endpoint, profile, subject, ledger });
    this.classes = profile ? classesOf(profile) : [];
    const rests = profile?.rules.some(({ limits }) => limits.stepMax !== undefined || limits.while);
    this.values = rests && endpoint?.protocol === "modbus" ? new LastValues() : undefined;
    this.missing = endpoint
      ? `the profile ${past.profile} is not there`
      : "the endpoint is not there";
  }

  push(record: TapeRecord): Found {
    this.values?.push(record);
    if (record.kind === "channel" && record.by === "broker") this.brokers.add(record.channel);
    if (record.kind === "capabilities") return this.hold(record);
    if (record.kind !== "verdict" || this.brokers.has(record.channel)) return NOTHING;
    const key = `${record.channel}/${record.decision}`;
    const held = record.items.flatMap(({ answer }, n) => (answer.kind === "hold" ? [n] : []));
    if (held.length > 0) {
      this.await(key, record.items, held);
      return NOTHING;
    }
    const asked = this.waiting.get(key);
    this.waiting.delete(key);
    if (this.scanned.delete(key)) return NOTHING;
    const operations = record.items.flatMap((item, n) => {
      this.judged += 1;
      const found = this.judge(item, asked?.has(n) === true, record.wallMs);
      const { sequence, wallMs } = record;
      return found ? [{ sequence, wallMs, operation: item.operation, ...found }] : [];
    });
    return operations.length > 0 ? { operations, held: [] } : NOTHING;
  }

  /** Remembers which items a person was asked about; waiting for a value is no asking. */
  private await(key: string, items: readonly Judged[], held: readonly number[]): void {
    const asked = this.waiting.get(key) ?? new Set<number>();
    for (const n of held) {
      const item = items[n];
      if (item && awaitsPerson(item)) asked.add(n);
      if (item?.reason === AWAITS_SCAN) this.scanned.add(key);
    }
    if (this.waiting.size >= WAITING_MAX) this.waiting.clear();
    if (this.scanned.size >= WAITING_MAX) this.scanned.clear();
    this.waiting.set(key, asked);
  }

  private hold(record: TapeRecord & { readonly kind: "capabilities" }): Found {
    const before = new Set(record.classes);
    const input = this.policies && inputIn(record.basis);
    if (!this.policies || !input) {
      // Frozen and resumed, or by the policies as they were.
      this.capabilities = before;
      return NOTHING;
    }
    const { policies } = this;
    const rulings = this.classes.map((each) => [each, decideClass(policies, each, input)] as const);
    const after = new Set(rulings.flatMap(([each, ruling]) => (ruling.permitted ? [each] : [])));
    this.capabilities = after;
    const lost = [...before].filter((each) => !after.has(each));
    const won = [...after].filter((each) => !before.has(each));
    const [first] = [...lost, ...won];
    if (first === undefined) return NOTHING;
    const ruling = rulings.find(([each]) => each === first)?.[1];
    const { sequence, wallMs } = record;
    const why = { rule: ruling?.rule ?? "profile", reason: ruling?.reason ?? this.missing };
    return { operations: [], held: [{ sequence, wallMs, lost, won, ...why }] };
  }

  private judge(
    { operation, answer, rule, reason }: Judged,
    wasAsked: boolean,
    atMs: number,
  ): Pick<Otherwise, "before" | "after"> | undefined {
    if (answer.kind === "deny" && !wasAsked && !this.isOfProfile(rule)) return undefined;
    const before: Ruled = { verdict: wasAsked ? "hold" : answer.kind, rule, reason };
    const after = this.after(operation, atMs);
    return after.verdict === before.verdict ? undefined : { before, after };
  }

  private after(operation: Operation, atMs: number): Otherwise["after"] {
    if (!this.matcher) return { verdict: "deny", rule: DEFAULT_DENY, reason: this.missing };
    const asked = this.matcher.classed?.(operation) ?? operation;
    const decision = this.matcher.judge(asked, this.capabilities, atMs);
    if (decision.kind !== "needs-values") return ruled(decision);
    return this.settled(decision);
  }

  private settled({ rule, ranges, settle }: NeedsValues): Otherwise["after"] {
    const values = ranges.map((range) => this.values?.of(range));
    const known = values.flatMap((each) => (each ? [each] : []));
    if (known.length < ranges.length) {
      const reason = "it rests on a value of the plant that is not in the recording";
      return { verdict: "unknown", rule, reason };
    }
    return ruled(settle(known));
  }

  private isOfProfile(rule: string): boolean {
    const { profile } = this.past;
    return (
      rule.startsWith(`${profile}/`) || rule.startsWith(`${profile}#`) || OF_ENDPOINT.has(rule)
    );
  }
}

/** Rules that are not the profile's own and follow from plant file and policies all the same. */
const OF_ENDPOINT: ReadonlySet<string> = new Set([
  ...[DEFAULT_DENY, TAG_BOUNDS, "endpoint-units", "view-only", "no-resize", "capabilities"],
]);

function ruled(decision: Decision): Ruled {
  const { kind: verdict, rule } = decision;
  return { verdict, rule, reason: decision.kind === "permit" ? "" : decision.reason };
}

function inputIn(basis: string | undefined): AccessInput | undefined {
  if (basis === undefined) return undefined;
  try {
    const read = JSON.parse(basis) as { readonly input?: AccessInput };
    return read.input;
  } catch {
    return undefined;
  }
}

/** Raw values of registers and coils as the tape last told them. */
class LastValues {
  private readonly history = new ModbusHistory();
  private readonly known = new Map<number, number>();

  push(record: TapeRecord): void {
    for (const { unit, table, address, value } of this.history.push(record).points) {
      this.known.set(areaOf(unit, table) * ADDRESSES + address, value);
    }
  }

  /** Undefined unless all of it is known. */
  of(range: PointRange): readonly number[] | undefined {
    if ("node" in range) return undefined;
    const area = areaOf(range.unit, range.table) * ADDRESSES;
    const values: number[] = [];
    for (let at = range.address; at < range.address + range.count; at++) {
      const value = this.known.get(area + at);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}

const ADDRESSES = 65_536;
