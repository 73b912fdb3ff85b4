/** The rights that stand, with their last use, as a file for a spreadsheet. */
import type { StandingRightView } from "../../broker/api/shapes/vendors.ts";
import { csvRows } from "./csv-rows.ts";

/** Times as ISO 8601 in UTC; empty where there is none. */
export function reviewCsv(rights: readonly StandingRightView[]): string {
  const head = [
    ...["who", "asset", "endpoint", "profile", "grant", "made_in", "until", "last_used"],
    ...["last_used_by", "unused_90_days"],
  ];
  const rows = rights.map(({ grant, lastUsedMs, lastUsedBy, unused }) => {
    const [asset = "", endpoint = ""] = grant.endpoint.split("/");
    return [
      ...[grant.subject, asset, endpoint, grant.profile, grant.id, grant.source],
      ...[timeOf(grant.untilMs), timeOf(lastUsedMs), lastUsedBy, unused ? "yes" : "no"],
    ];
  });
  return csvRows([head, ...rows]);
}

function timeOf(ms: number | null): string {
  return ms === null ? "" : new Date(ms).toISOString();
}
