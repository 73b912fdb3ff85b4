import type { HeldGrantView } from "../../../broker/api/shapes/requests.ts";
import { compareWords } from "../../components/table-order.ts";

/** What belongs to one asset together, in the order of its best grant; equals as people count. */
export function byAsset(grants: readonly HeldGrantView[]): readonly HeldGrantView[] {
  const groups = [...Map.groupBy(grants, ({ assetId }) => assetId).values()];
  return groups.sort(([a], [b]) => (a && b ? compareGrants(a, b) : 0)).flat();
}

/** As the broker puts them (live, most classes, longest), which knows nothing of names. */
function compareGrants(a: HeldGrantView, b: HeldGrantView): number {
  const untilMs = (grant: HeldGrantView) => grant.untilMs ?? Number.MAX_SAFE_INTEGER;
  return (
    Number(b.state === "live") - Number(a.state === "live") ||
    b.classes.length - a.classes.length ||
    untilMs(b) - untilMs(a) ||
    compareWords(a.assetName, b.assetName)
  );
}
