/**
 * What a session may do at this instant: the classes leased to it, less what keeps changes back
 * now; nothing once the lease has lapsed or the session is over.
 */
import type { Capabilities, Operation, OperationClass } from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { PermitClaims } from "../access/permit.ts";
import type { Clock } from "../clock.ts";
import type { Calm } from "./calm.ts";
import { classesOf, classMask, OBSERVE_MASK } from "./class-mask.ts";
import { denied } from "./desk.ts";
import type { Freeze } from "./freeze.ts";
import { LastLoss } from "./last-loss.ts";
import { RightsLease } from "./rights-lease.ts";
import type { Cause } from "./session.ts";

/** `renewMs`: how long a lease counts by itself. */
type Permitted = Pick<PermitClaims, "capabilities" | "basis"> & {
  readonly limits: Pick<PermitClaims["limits"], "renewMs">;
};

export class Rights {
  private readonly stillness: Freeze;
  private readonly time: RightsLease;
  private readonly calm: Calm;
  private over = false;
  leased: Capabilities;
  readonly loss: LastLoss;
  /** Classes that may pass, as bits; looked at before every send. */
  held: number;

  constructor(
    { capabilities: classes, limits: { renewMs }, basis }: Permitted,
    parts: { readonly clock: Clock; readonly stillness: Freeze; readonly calm: Calm },
  ) {
    this.loss = new LastLoss(basis);
    this.stillness = parts.stillness;
    this.calm = parts.calm;
    this.time = new RightsLease(parts.clock, renewMs);
    this.held = classMask(classes);
    this.leased = classesOf(this.held);
  }

  /** As people are told: while a person has frozen it or a condition is not met, only what observes. */
  get capabilities(): Capabilities {
    return this.stillness.isStill ? onlyObserving(this.leased) : this.leased;
  }

  /** @returns whether a class was lost */
  lease(classes: readonly OperationClass[], cause: Cause): boolean {
    const lost = [...this.leased].some((held) => !classes.includes(held));
    const before = this.leased;
    this.leased = classesOf(classMask(classes));
    this.loss.changed(before, this.leased, cause);
    this.time.renew();
    this.calm.end();
    this.update();
    return lost;
  }

  renew(): void {
    this.time.renew();
    this.calm.end();
  }

  /** The last instant at which they count without being leased anew, on both clocks. */
  get until(): { readonly untilMs: number; readonly untilWallMs: number } {
    return this.time;
  }

  /** @param nowMs on the monotonic clock */
  hasLapsed(nowMs: number, wallMs: number): boolean {
    return this.time.isOver(nowMs, wallMs);
  }

  /** After what keeps changes back has changed. */
  update(): void {
    if (this.over) return;
    const mask = classMask(this.leased);
    this.held = this.stillness.frozen ? mask & OBSERVE_MASK : mask;
  }

  end(): void {
    this.over = true;
    this.held = 0;
    this.calm.end();
  }
}

function onlyObserving(rights: Capabilities): Capabilities {
  return classesOf(classMask(rights) & OBSERVE_MASK);
}

export const NOT_RENEWED = "what this session may do was not confirmed in time";

/** How everything is refused once the lease has lapsed. */
export function notRenewed(operation: Operation): Judged {
  return denied(operation, "decision-expired", "busy", NOT_RENEWED);
}
