/**
 * Why a session may do less than it could: what was taken last and has not come back, for a page
 * that was not there when it was told.
 */
import type { Capabilities, OperationClass } from "../../protocols/guard.ts";
import type { Cause } from "./session.ts";

export interface Loss {
  /** Empty where it was kept back from the beginning. */
  readonly lost: readonly OperationClass[];
  readonly cause: Cause;
}

export class LastLoss {
  now: Loss | undefined;

  /** @param basis canonical JSON of what its opening was decided on */
  constructor(basis: string | undefined) {
    const cause = keptBack(basis);
    this.now = cause && { lost: [], cause };
  }

  changed(before: Capabilities, after: Capabilities, cause: Cause): void {
    const lost = [...before].filter((each) => !after.has(each));
    if (lost.length > 0) this.now = { lost, cause };
    else if (this.now && isBack(this.now, before, after)) this.now = undefined;
  }
}

function isBack({ lost }: Loss, before: Capabilities, after: Capabilities): boolean {
  if (lost.length > 0) return lost.every((each) => after.has(each));
  return [...after].some((each) => !before.has(each));
}

/** What was asked of the person besides the policies, and was not there when it opened. */
function keptBack(basis: string | undefined): Cause | undefined {
  if (basis === undefined) return undefined;
  const read = JSON.parse(basis) as { readonly input?: { readonly unmet?: readonly Cause[] } };
  const [first] = read.input?.unmet ?? [];
  return first && { rule: first.rule, reason: first.reason };
}
