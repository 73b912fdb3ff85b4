/**
 * What is unusual about a session, by a frozen baseline: each finding in a sentence that says why,
 * once for each cause. It weighs nothing and hides nothing: a finding is one comparison. Pure.
 */
import type { FindingKind } from "../../plant/response-model.ts";
import type { Asked } from "../unmet-demand.ts";
import {
  type Baseline,
  LastMinute,
  type SessionFacts,
  type Usual,
  usualKey,
  type Verdict,
} from "./baseline.ts";
import type { Deed } from "./deeds.ts";

export interface Finding {
  readonly kind: FindingKind;
  /** Why, as a clause after the person's name. */
  readonly why: string;
  /** Record of the tape at which it was found; undefined for what is of the session as a whole. */
  readonly sequence: number | undefined;
}

/** What each asks of the person where findings are enforced, and how great policies hear it is. */
export const ASKS: Readonly<
  Record<FindingKind, { readonly asks: Asked; readonly level: 1 | 2 | 3 }>
> = {
  "first-asset": { asks: "proof", level: 1 },
  "first-operation": { asks: "proof", level: 1 },
  hour: { asks: "proof", level: 1 },
  network: { asks: "proof", level: 2 },
  refusals: { asks: "view-only", level: 3 },
  "change-rate": { asks: "supervisor", level: 2 },
  value: { asks: "supervisor", level: 2 },
  "read-rate": { asks: "proof", level: 2 },
  exceptions: { asks: "proof", level: 2 },
};

/** Fewer in a row are slips of the hand. */
const REFUSALS_MIN = 5;
/** Faster by less than this is a busy day: twice the most that was seen, and some. */
const FACTOR = 2;
const CHANGES_SPARE = 5;
const READS_SPARE = 120;
/** A wrong address on a page that polls, until somebody has seen it. */
const EXCEPTIONS_SPARE = 20;
/** Of the span that was seen: a little beyond it is drift. */
const VALUE_MARGIN = 0.1;
/**
 * Of one kind in one session: what goes on being unusual is told by then. Each kind by itself, or
 * many small things would hide a greater one.
 */
const FINDINGS_MAX = 20;

export class SessionRisk {
  private readonly baseline: Baseline;
  private readonly facts: SessionFacts;
  private readonly usual: Usual | undefined;
  private readonly deeds: ReadonlySet<string>;
  private readonly found = new Map<FindingKind, Set<string>>();
  private readonly changes = new LastMinute();
  private refused = 0;

  constructor(baseline: Baseline, facts: SessionFacts) {
    this.baseline = baseline;
    this.facts = facts;
    this.usual = baseline.usual[usualKey(facts.person.id, facts.asset.id)];
    this.deeds = new Set(this.usual?.deeds);
  }

  /** Of the session as a whole, when it opens. */
  opened(): readonly Finding[] {
    const { usual, facts } = this;
    const { asset, hour, network } = facts;
    if (!usual) return this.once("first-asset", "", `has not worked on ${asset.name} before`);
    const near = [hour, (hour + 1) % 24, (hour + 23) % 24];
    const isUsualHour = near.some((each) => usual.hours.includes(each));
    const isUsualNetwork = network === "" || usual.networks.includes(network);
    return [
      ...(isUsualHour
        ? []
        : this.once("hour", "", `has never worked on ${asset.name} around ${hour}:00 before`)),
      ...(isUsualNetwork
        ? []
        : this.once("network", "", `has never come to ${asset.name} from ${network} before`)),
    ];
  }

  /** One operation that changes something, or was refused. */
  judged(deed: Deed, verdict: Verdict, atMs: number, sequence: number): readonly Finding[] {
    if (verdict === "hold") return [];
    if (verdict === "deny") return this.wasRefused(sequence);
    this.refused = 0;
    return [
      ...this.isFirst(deed, sequence),
      ...deed.values.flatMap(({ point, value }) => this.isOutside(point, value, sequence)),
      ...this.isFast(atMs, sequence),
    ];
  }

  /** @param reads in the last minute, by the session's own counter */
  reading(reads: number): readonly Finding[] {
    const most = this.usual?.readsPerMinute;
    if (most === undefined || reads <= FACTOR * most + READS_SPARE) return [];
    const why = `reads ${reads} times a minute; the most so far were ${most}`;
    return this.once("read-rate", "", why);
  }

  /** @param errors answers of the asset in the last minute that were errors */
  declined(errors: number): readonly Finding[] {
    const most = this.usual?.exceptionsPerMinute;
    if (most === undefined || errors <= FACTOR * most + EXCEPTIONS_SPARE) return [];
    const why = `was answered ${errors} errors in a minute by ${this.facts.asset.name}; the most so far were ${most}`;
    return this.once("exceptions", "", why);
  }

  private wasRefused(sequence: number): readonly Finding[] {
    this.refused += 1;
    const most = Math.max(REFUSALS_MIN, this.usual?.refusedInARow ?? 0);
    if (this.refused <= most) return [];
    const why = `was refused ${this.refused} times in a row`;
    return this.once("refusals", "", why, sequence);
  }

  private isFirst({ words }: Deed, sequence: number): readonly Finding[] {
    if (!this.usual || this.deeds.has(words)) return [];
    const why = `has never done this on ${this.facts.asset.name} before: ${words}`;
    return this.once("first-operation", words, why, sequence);
  }

  private isOutside(point: string, value: number, sequence: number): readonly Finding[] {
    const range = this.baseline.values[`${this.facts.asset.id} ${point}`];
    // What nobody has set is new as an operation, if it is new for this person.
    if (!range) return [];
    const room = (range.max - range.min) * VALUE_MARGIN;
    if (value >= range.min - room && value <= range.max + room) return [];
    const why = `wanted to set ${point} to ${short(value)}; so far it was between ${short(range.min)} and ${short(range.max)}`;
    return this.once("value", point, why, sequence);
  }

  private isFast(atMs: number, sequence: number): readonly Finding[] {
    const now = this.changes.add(atMs);
    const most = this.usual?.changesPerMinute ?? 0;
    if (!this.usual || now <= FACTOR * most + CHANGES_SPARE) return [];
    const why = `changes ${now} things a minute; the most so far were ${most}`;
    return this.once("change-rate", "", why, sequence);
  }

  private once(
    kind: FindingKind,
    what: string,
    why: string,
    sequence?: number,
  ): readonly Finding[] {
    const found = this.found.get(kind) ?? new Set();
    if (found.has(what) || found.size >= FINDINGS_MAX) return [];
    this.found.set(kind, found.add(what));
    return [{ kind, why, sequence }];
  }
}

const DIGITS = 6;

function short(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}
