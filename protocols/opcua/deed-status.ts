/** Statuses that an asset answered, put to the items that were permitted. */
import type { NodeDeed } from "./history.ts";

export function permitted(deeds: readonly NodeDeed[]): readonly NodeDeed[] {
  return deeds.filter(({ judged }) => judged.answer.kind === "permit");
}

/** One status of several items stands for all of them; several must be one for each. */
export function withStatus(
  deeds: readonly NodeDeed[],
  statuses: readonly number[],
): readonly NodeDeed[] {
  const asked = permitted(deeds);
  if (statuses.length !== 1 && statuses.length !== asked.length) return [];
  return asked.flatMap((deed, n) => {
    const status = statuses.length === 1 ? statuses[0] : statuses[n];
    return status === undefined ? [] : [{ ...deed, status }];
  });
}

export function statusesOf(
  results: readonly { readonly status: number }[] = [],
): readonly number[] {
  return results.map(({ status }) => status);
}
