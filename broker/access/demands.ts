/**
 * What is asked of a person besides what the policies say: the passkey again, somebody who
 * watches, or to look alone. Signals of other systems and findings put it here; it counts in the
 * turn in which it is put, and is written behind that. What gives something back is the other way
 * round: first on disk, then in force. Nothing in here ever gives a right.
 */
import type { Clock } from "../clock.ts";
import type { ContextInput } from "../policy/access-input.ts";
import type { UnmetDemand } from "../policy/unmet-demand.ts";
import {
  type Demand,
  deleteDemands,
  demandKey,
  listDemands,
  writeDemand,
} from "../store/demands.ts";
import type { Queries } from "../store/schema.ts";

/** What is known of the moment in which a person asks for something. */
export interface Met {
  /** Undefined where no passkey proved anybody. */
  readonly assertionAgeMs: number | undefined;
  readonly supervised: boolean;
}

/** Reasons that policies hear of at once. */
const REASONS_MAX = 8;

export class Demands {
  private readonly clock: Clock;
  private readonly byKey = new Map<string, Demand>();
  private readonly listeners = new Set<(personId: string) => void>();
  /** Who says how great the risk is; while nobody does, policies hear that. */
  private readonly assessing = new Set<string>();

  private constructor(clock: Clock, demands: readonly Demand[]) {
    this.clock = clock;
    for (const demand of demands) this.byKey.set(demandKey(demand), demand);
  }

  static async open(queries: Queries, clock: Clock): Promise<Demands> {
    return new Demands(clock, await listDemands(queries, clock.wallMs()));
  }

  /** From now on, or no more, it says how great the risk is. */
  assess(by: "signals" | "risk", does: boolean): void {
    if (does) this.assessing.add(by);
    else this.assessing.delete(by);
  }

  /** All that still count, newest first. */
  list(): readonly Demand[] {
    const nowMs = this.clock.wallMs();
    const all = [...this.byKey.values()].filter(({ untilMs }) => untilMs > nowMs);
    return all.toSorted((a, b) => b.atMs - a.atMs);
  }

  /** What is asked and not there. A walk over the few that there are. */
  unmet(personId: string, asset: string, met: Met): readonly UnmetDemand[] {
    if (this.byKey.size === 0) return [];
    return this.of(personId, asset).flatMap((demand) => {
      const { kind, reason, source } = demand;
      if (kind === "note" || this.isMet(demand, met)) return [];
      return [{ asks: kind, rule: `${ruleOf(source)}-${kind}`, reason }];
    });
  }

  /** @param asset undefined: of what counts everywhere */
  riskOf(personId: string, asset?: string): ContextInput["risk"] {
    const assessed = this.assessing.size > 0;
    if (this.byKey.size === 0) return { assessed, level: 0, reasons: [] };
    const all = this.of(personId, asset);
    const level = Math.max(0, ...all.map((demand) => demand.level));
    const sources = [...new Set(all.map(({ source }) => source))];
    return { assessed, level, reasons: sources.slice(0, REASONS_MAX) };
  }

  /** Counts when this returns. `keep` it in the same breath. */
  put(demand: Demand): void {
    this.byKey.set(demandKey(demand), demand);
    this.tell(demand.personId);
  }

  async keep(queries: Queries, demand: Demand): Promise<void> {
    await writeDemand(queries, demand);
  }

  /** On disk; `drop` them once that has committed. */
  async forget(queries: Queries, demands: readonly Demand[]): Promise<void> {
    await deleteDemands(queries, demands.map(demandKey));
  }

  drop(demands: readonly Demand[]): void {
    for (const demand of demands) {
      const key = demandKey(demand);
      // A newer one may have come meanwhile: that one stays.
      if (this.byKey.get(key) === demand) this.byKey.delete(key);
      this.tell(demand.personId);
    }
  }

  /** In the turn in which more or less is asked of somebody. Returns an unsubscribe function. */
  onChanged(listener: (personId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private of(personId: string, asset: string | undefined): readonly Demand[] {
    const nowMs = this.clock.wallMs();
    return [...this.byKey.values()].filter(
      (demand) =>
        demand.personId === personId &&
        demand.untilMs > nowMs &&
        (demand.asset === null || demand.asset === asset),
    );
  }

  private isMet({ kind, atMs }: Demand, { assertionAgeMs, supervised }: Met): boolean {
    if (kind === "supervisor") return supervised;
    if (kind !== "proof" || assertionAgeMs === undefined) return false;
    // In the same millisecond is not before it.
    return assertionAgeMs <= this.clock.wallMs() - atMs + 1;
  }

  private tell(personId: string): void {
    for (const listener of this.listeners) listener(personId);
  }
}

/** `signal okta` → `signal` */
function ruleOf(source: string): string {
  return source.split(" ")[0] ?? source;
}
