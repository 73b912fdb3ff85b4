/**
 * What a tape tells about operations of a protocol whose replies the index does not read: the
 * operation, the answer to it, and whether its bytes were taken back.
 */
import type { Judged, TapeRecord } from "../../../protocols/tape/record.ts";
import type { Settled } from "./make-row.ts";

/** Held and not answered; a guard parks far fewer. */
const HELD_MAX = 10_000;
/** Permitted lately: `withheld` follows its verdict closely. */
const RECENT_MAX = 1_000;

export class GenericHistory {
  private readonly mixes: boolean;
  private readonly brokers = new Set<number>();
  private readonly held = new Map<string, Pick<Settled, "sequence" | "wallMs">>();
  private readonly recent = new Map<string, readonly Settled[]>();

  /** @param mixes items of one request pass or not each by itself, as `Guard.mixes` says */
  constructor(mixes = false) {
    this.mixes = mixes;
  }

  push(record: TapeRecord): readonly Settled[] {
    if (record.kind === "channel" && record.by === "broker") this.brokers.add(record.channel);
    if (record.kind === "verdict") return this.verdict(record);
    if (record.kind !== "event" || record.event.kind !== "withheld") return [];
    const key = `${record.channel}/${record.event.decision}`;
    const rows = this.recent.get(key) ?? [];
    this.recent.delete(key);
    return rows.map((row) => ({ ...row, outcome: "withheld" as const }));
  }

  private verdict(record: TapeRecord & { readonly kind: "verdict" }): readonly Settled[] {
    const key = `${record.channel}/${record.decision}`;
    const before = this.held.get(key);
    const { sequence, wallMs } = before ?? record;
    // One of several that must wait is asked for again alone, and told then.
    const isApart = this.mixes && record.items.length > 1;
    const isHeld = !isApart && record.items.some(({ answer }) => answer.kind === "hold");
    if (isHeld) keep(this.held, HELD_MAX, key, { sequence, wallMs });
    else this.held.delete(key);
    const by = this.brokers.has(record.channel) ? "broker" : "subject";
    const told = record.items.map((judged, item) => ({
      ...({ id: `${key}/${item}`, sequence, item, wallMs, by, values: [], exception: 0 } as const),
      ...{ operation: judged.operation, rule: judged.rule, reason: judged.reason },
      ...{ verdict: judged.answer.kind, outcome: outcomeOf(judged, isHeld) },
    }));
    const rows = told.filter(({ verdict }) => !isApart || verdict !== "hold");
    if (!isHeld) keep(this.recent, RECENT_MAX, key, rows);
    return rows;
  }
}

function outcomeOf({ answer }: Judged, isHeld: boolean): Settled["outcome"] {
  if (isHeld) return "held";
  return answer.kind === "permit" ? "permitted" : "refused";
}

function keep<V>(map: Map<string, V>, max: number, key: string, value: V): void {
  if (map.size >= max) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}
