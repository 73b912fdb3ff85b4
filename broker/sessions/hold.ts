/** A held operation and its answer, as people and the rest of the broker see them. */
import type { Operation } from "../../protocols/guard.ts";
import type { Change } from "../policy/held-change.ts";

export interface Hold {
  readonly id: string;
  /**
   * `lapsed`: nobody answered; it may be permitted for when it is asked for again. `asked`: it is
   * not on its way yet, somebody asks that it may be.
   */
  readonly state: "waiting" | "lapsed" | "asked";
  readonly rule: string;
  readonly reason: string;
  /** The whole request, as it was asked for. */
  readonly operations: readonly Operation[];
  /** Raw values read when it was held; one list per operation, empty where there is nothing to read. */
  readonly current: readonly (readonly number[])[];
  readonly changes: readonly Change[];
  /** Wall clock; nobody can permit it from then on. */
  readonly untilMs: number;
  /** Why it lapsed. */
  readonly why: string;
}

export interface HoldAnswer {
  /** `permit-next`: of one that lapsed or was asked for beforehand, for the same operation asked for within `forMs`. */
  readonly kind: "permit" | "refuse" | "permit-next";
  readonly by: string;
  readonly name: string;
  /** The signed act, and the SHA-256 (hex) of its text, which was the passkey's challenge. */
  readonly actionId: string;
  readonly digest: string;
  readonly forMs?: number;
}

export interface HoldResult {
  /** `void`: permitted, but the plant or the session's rights had moved on. */
  readonly kind: "permitted" | "refused" | "void" | "kept";
  readonly reason: string;
}
