/** What whoever asks may do on each asset, for as long as the answer is being made. */
import type { Decisions } from "../access/decision-point.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { Right } from "../policy/rights.ts";

/** A list has the same assets over and over; an export may run for an hour, and rights go meanwhile. */
const KNOWN_MS = 1_000;

export function rightsAt(
  decisions: Pick<Decisions, "mayAt">,
  me: SignedIn,
  clock: Pick<Clock, "monotonicMs">,
): (right: Right, assetId: string) => boolean {
  const known = new Map<string, boolean>();
  let sinceMs = clock.monotonicMs();
  return (right, assetId) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - sinceMs >= KNOWN_MS) {
      known.clear();
      sinceMs = nowMs;
    }
    const key = `${right} ${assetId}`;
    const may = known.get(key) ?? decisions.mayAt(me, right, assetId);
    known.set(key, may);
    return may;
  };
}
