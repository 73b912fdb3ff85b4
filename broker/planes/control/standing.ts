/** What a session on a gateway may do, as control has decided it: the gateway is told the same. */
import type { Capabilities, OperationClass } from "../../../protocols/guard.ts";
import { LastLoss } from "../../sessions/last-loss.ts";
import type { Cause, Condition } from "../../sessions/session.ts";

export class Standing {
  private leased: Capabilities;
  private readonly unmet = new Map<string, Cause | undefined>();
  /** Who froze it, and why. */
  by: Cause | undefined;

  readonly loss: LastLoss;

  constructor(classes: readonly OperationClass[], basis: string | undefined) {
    this.leased = new Set(classes);
    this.loss = new LastLoss(basis);
  }

  get capabilities(): Capabilities {
    const isStill = this.by !== undefined || [...this.unmet.values()].some((cause) => cause);
    if (!isStill) return this.leased;
    return new Set([...this.leased].filter((each) => each === "observe"));
  }

  get conditions(): readonly Condition[] {
    return [...this.unmet].map(([name, unmet]) => ({ name, unmet: unmet ?? null }));
  }

  lease(classes: readonly OperationClass[], cause: Cause): void {
    const before = this.leased;
    this.leased = new Set(classes);
    this.loss.changed(before, this.leased, cause);
  }

  /** False if it was unmet for the same reason before. */
  lapse(condition: string, cause: Cause): boolean {
    const before = this.unmet.get(condition);
    this.unmet.set(condition, cause);
    return before?.rule !== cause.rule || before.reason !== cause.reason;
  }

  /** False if it was met before. */
  meet(condition: string): boolean {
    const before = this.unmet.get(condition);
    this.unmet.set(condition, undefined);
    return before !== undefined;
  }
}
