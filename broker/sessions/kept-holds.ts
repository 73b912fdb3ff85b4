/**
 * What may be permitted for the next time: operations that were held and that nobody answered, and
 * those that somebody asked for beforehand. A permission is for one operation, the same to the
 * last value, asked for within minutes.
 */
import { canonicalJson, type JsonValue } from "../../protocols/log/canonical-json.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { Hold, HoldAnswer, HoldResult } from "./hold.ts";

/** What lapsed or was asked for is offered this long. */
export const KEPT_MS = 10 * 60_000;
const KEPT_MAX = 16;
/** Of one session, at a time. */
const APPROVED_MAX = 16;

interface Kept {
  readonly hold: Hold;
  readonly key: string;
  readonly keepUntilMs: number;
}

export interface Approved {
  readonly hold: Hold;
  readonly answer: HoldAnswer;
  readonly untilMs: number;
}

type Items = readonly Pick<Judged, "operation">[];

export class KeptHolds {
  private readonly clock: Clock;
  private readonly kept: Kept[] = [];
  /** By the exact operations. */
  private readonly approved = new Map<string, Approved>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  list(): readonly Hold[] {
    const nowMs = this.clock.monotonicMs();
    return this.kept.filter(({ keepUntilMs }) => keepUntilMs > nowMs).map(({ hold }) => hold);
  }

  keep(hold: Hold, items: Items): void {
    const keepUntilMs = this.clock.monotonicMs() + KEPT_MS;
    this.kept.unshift({ hold, key: keyOf(items), keepUntilMs });
    this.kept.length = Math.min(this.kept.length, KEPT_MAX);
  }

  find(id: string): Hold | undefined {
    return this.list().find((hold) => hold.id === id);
  }

  /** Undefined if it is not offered any more. */
  answer(id: string, answer: HoldAnswer): HoldResult | undefined {
    const nowMs = this.clock.monotonicMs();
    const at = this.kept.findIndex(
      ({ hold, keepUntilMs }) => hold.id === id && keepUntilMs > nowMs,
    );
    const found = this.kept[at];
    if (!found || answer.kind === "permit") return undefined;
    if (answer.kind === "permit-next" && this.approved.size >= APPROVED_MAX) return undefined;
    this.kept.splice(at, 1);
    if (answer.kind === "refuse") return { kind: "refused", reason: "" };
    const untilMs = nowMs + (answer.forMs ?? 0);
    this.approved.set(found.key, { hold: found.hold, answer, untilMs });
    return { kind: "kept", reason: "" };
  }

  /** Good for one operation. */
  takeApproved(items: Items): Approved | undefined {
    const key = keyOf(items);
    const known = this.approved.get(key);
    this.approved.delete(key);
    return known && known.untilMs > this.clock.monotonicMs() ? known : undefined;
  }

  clear(): void {
    this.kept.length = 0;
    this.approved.clear();
  }
}

function keyOf(items: Items): string {
  return canonicalJson(items.map(({ operation }) => plain(operation)));
}

/**
 * Bytes as numbers, and without what only recording needs. A tool may write one register by
 * function 6 or 16: it is the same write.
 */
function plain(operation: Judged["operation"]): JsonValue {
  const { key: _, ...rest } = operation;
  const given = Object.entries<unknown>({ ...rest })
    .filter(([name]) => name !== "function" || operation.action !== "modbus:write")
    .map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value]);
  return Object.fromEntries(given) as JsonValue;
}
